package machine

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"pbc/ir/failure"
	"pbc/ir/value"
)

// strict refuses, in dialect tagged, the result of a module in which a string is no UTF-8.
//
// Ansible docs: "MODULE_STRICT_UTF8_RESPONSE".
func (x *taskRun) strict(res *value.Dict) error {
	if !x.tagged() || x.m.code.Settings.LenientUTF8 || withoutJSON[x.t.Module] || strings.HasPrefix(x.t.Module, "pbc.") {
		return nil
	}
	if diffByAction[x.t.Module] && has(res, "diff") {
		res = res.Copy()
		res.Del("diff")
	}
	bad, ok := malformed(res)
	if !ok {
		return nil
	}
	f := failure.Failure{Msg: "Refusing to deserialize an invalid UTF8 string value.",
		Help: "This check can be disabled with the `MODULE_STRICT_UTF8_RESPONSE` setting."}
	return &taggedFault{chain: f.Because(failure.New(unencodable(bad)))}
}

// withoutJSON are the modules whose output no module wraps.
var withoutJSON = map[string]bool{"ansible.builtin.raw": true, "ansible.builtin.script": true}

// diffByAction are the modules whose difference is no module's: the action plugin makes it on the controller.
var diffByAction = map[string]bool{"ansible.builtin.copy": true, "ansible.builtin.template": true, "ansible.builtin.assemble": true}

// malformed is the first string in v that is no UTF-8.
func malformed(v value.Value) (string, bool) {
	switch t := v.(type) {
	case string:
		return t, !utf8.ValidString(t)
	case *value.Str:
		return t.S, !utf8.ValidString(t.S)
	case *value.List:
		for _, e := range t.V {
			if s, ok := malformed(e); ok {
				return s, true
			}
		}
	case *value.Dict:
		for i := range t.V {
			if s, ok := malformed(t.V[i]); ok {
				return s, true
			}
		}
	}
	return "", false
}

// unencodable is what Python says of a string whose bytes are no UTF-8: each of them stands for a surrogate.
func unencodable(s string) string {
	first, last, shown := -1, 0, byte(0)
	for i, n := 0, 0; i < len(s); n++ {
		r, size := utf8.DecodeRuneInString(s[i:])
		bad := r == utf8.RuneError && size == 1
		if bad && first < 0 {
			first, shown = n, s[i]
		}
		if first >= 0 && !bad {
			break
		}
		last, i = n, i+size
	}
	if last > first {
		return fmt.Sprintf("'utf-8' codec can't encode characters in position %d-%d: surrogates not allowed", first, last)
	}
	return fmt.Sprintf(`'utf-8' codec can't encode character '\udc%02x' in position %d: surrogates not allowed`, shown, first)
}
