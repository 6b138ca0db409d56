package diag

import (
	"strings"

	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// Told is d as the ansible-playbook of a dialect words it: see Ansible and Chain.
func Told(d *Diagnostic, dialect expr.Dialect, read ReadFile) string {
	if dialect == expr.Tagged {
		return Chain(d).Text(failure.ReadFile(read))
	}
	return Ansible(d, read)
}

// taggedClasses are the classes of what YAML gives, as either dialect names them.
var taggedClasses = strings.NewReplacer(
	"ansible.parsing.yaml.objects.AnsibleMapping", "ansible.module_utils._internal._datatag._AnsibleTaggedDict",
	"ansible.parsing.yaml.objects.AnsibleSequence", "ansible.module_utils._internal._datatag._AnsibleTaggedList",
	"ansible.parsing.yaml.objects.AnsibleUnicode", "ansible.module_utils._internal._datatag._AnsibleTaggedStr",
	"<class 'int'>", "<class 'ansible.module_utils._internal._datatag._AnsibleTaggedInt'>",
	"<class 'float'>", "<class 'ansible.module_utils._internal._datatag._AnsibleTaggedFloat'>",
)

// NotFound is what dialect tagged tells of a file that is not there.
func NotFound(file string) *failure.Failure {
	f := failure.Failure{Msg: "Unable to retrieve file contents.\nCould not find or access '" + file + "' on the Ansible Controller.\n" +
		"If you are using a module and expect the file to exist on the remote, see the remote_src option"}
	return f.Because(failure.New("[Errno 2] No such file or directory: '" + file + "'"))
}

// Chain is d as dialect tagged tells it.
func Chain(d *Diagnostic) *failure.Failure {
	if d.Tagged != nil {
		return d.Tagged
	}
	f := failure.New(taggedClasses.Replace(d.Msg))
	if d.Pos.File != "" && d.Kind != Deprecated {
		f.At = &value.Origin{File: d.Pos.File, Line: d.Pos.Line, Col: d.Pos.Col}
	}
	return f
}
