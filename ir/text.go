package ir

import "strconv"

var opNames = [...]string{
	OpTask: "task", OpInclude: "include", OpMeta: "meta", OpFlush: "flush", OpBlock: "block",
	OpBody: "body-end", OpRescued: "rescue-end", OpAlways: "always-end", OpRoleDone: "role-done",
}

// String is the operation's name in assembly.
func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return "op" + strconv.Itoa(int(o))
}
