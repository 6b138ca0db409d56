package module

import (
	"strconv"

	"pbc/ir/value"
	"pbc/runtime/module/posix"
)

// TempError says that a task's temporary folder could not be made in Base. Who returns it has made one elsewhere. Exit is what the
// command would have ended with, 0 for 1.
type TempError struct {
	Base string
	Exit int
}

// Error is Ansible's message, with the command that would have failed.
//
// Observed: ansible-core 2.14 and 2.19.
func (e *TempError) Error() string {
	name := posix.TaskDir()
	dir := posix.Join(e.Base, name)
	return "Failed to create temporary directory. In some cases, you may have been able to authenticate and did not have permissions on the target directory. " +
		"Consider changing the remote tmp path in ansible.cfg to a path rooted in \"/tmp\", for more error information use -vvv. " +
		"Failed command was: ( umask 77 && mkdir -p \"` echo " + e.Base + " `\"&& mkdir \"` echo " + dir + " `\" && echo " + name + "=\"` echo " + dir + " `\" ), exited with result " + strconv.Itoa(e.Exit)
}

// Result is that of a task for which the folder was needed.
func (e *TempError) Result() *value.Dict {
	return value.DictOf("unreachable", true, "changed", false, "msg", e.Error())
}
