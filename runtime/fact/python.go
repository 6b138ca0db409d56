package fact

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"

	"pbc/ir/value"
)

// python is what an interpreter said about itself.
type python struct {
	Executable string
	Version    [5]string // major, minor, micro, level, serial
	Type       string
	SSL        bool
	// Distro is "new" when it can import a module distro that reads /etc/debian_version, as 1.7 and
	// later do, "old" for another one, "" without: Ansible prefers it to its own copy, which is old in dialect classic.
	Distro string
}

func (y *python) text() string {
	v := strings.Join(y.Version[:3], ".")
	if y.Version[3] != "final" { // platform.python_version's form: 3.13.0rc2
		v += map[string]string{"alpha": "a", "beta": "b", "candidate": "rc"}[y.Version[3]] + y.Version[4]
	}
	return v
}

// pythonQuestions prints one answer a line. Finding a module costs less than importing it, or than
// importing importlib.util to find it with.
const pythonQuestions = `import sys
print(sys.executable)
for v in sys.version_info: print(v)
print(getattr(sys,'subversion',[getattr(getattr(sys,'implementation',None),'name','')])[0])
try:
 from _frozen_importlib_external import PathFinder
 has=lambda m:PathFinder.find_spec(m)
except ImportError:
 import imp
 def has(m):
  try: return imp.find_module(m)
  except ImportError: return None
print(int('_ssl' in sys.builtin_module_names or bool(has('_ssl'))))
d=has('distro')
v=''
if d:
 v='old'
 for f in (d.origin,d.origin.replace('__init__','distro')):
  try:
   if '_debian_version(' in open(f).read(): v='new'
  except Exception: pass
print(v)
`

// fallbacks are the interpreters looked for where there is no /usr/bin/python3.
//
// Ansible docs: "INTERPRETER_PYTHON_FALLBACK".
var fallbacks = []string{"python3.11", "python3.10", "python3.9", "python3.8", "python3.7", "python3.6",
	"python3.5", "python3", "platform-python", "python2.7", "python"}

// interpreter returns what the host's Python says, or nil when there is none.
func (g *gathering) interpreter() *python {
	return g.python.get(func() *python { return g.sys.findPython(g.ctx) })
}

// findPython asks the interpreter that Ansible's modules would run in; nil when there is none.
func (s *System) findPython(ctx context.Context) *python {
	for _, exe := range s.interpreters() {
		if y := parsePython(s.run(ctx, []string{exe, "-c", pythonQuestions})); y != nil {
			return y
		}
	}
	return nil
}

func (s *System) interpreters() []string {
	if s.Python != "" {
		if filepath.IsAbs(s.Python) {
			return []string{s.Python}
		}
		return []string{s.look(s.Python)}
	}
	var r []string
	for _, p := range []string{"/usr/libexec/platform-python", "/usr/bin/python3"} {
		if s.exists(p) {
			r = append(r, p)
		}
	}
	for _, f := range fallbacks {
		if p := s.look(f, "/usr/libexec"); p != "" && len(r) == 0 {
			r = append(r, p)
		}
	}
	return r
}

func parsePython(out output) *python {
	l := splitLines(out.Stdout)
	if out.Code != 0 || len(l) < 9 {
		return nil
	}
	return &python{Executable: l[0], Version: [5]string(l[1:6]), Type: l[6], SSL: l[7] == "1", Distro: l[8]}
}

func pythonFacts(p *probe) (*value.Dict, error) {
	y := p.interpreter()
	if y == nil {
		return value.NewDict(), nil
	}
	num := func(i int) value.Value {
		n, _ := strconv.ParseInt(y.Version[i], 10, 64)
		return n
	}
	version := value.DictOf("major", num(0), "minor", num(1), "micro", num(2),
		"releaselevel", y.Version[3], "serial", num(4))
	info := value.NewList(num(0), num(1), num(2), y.Version[3], num(4))
	d := value.DictOf("version", version, "version_info", info, "executable", y.Executable,
		"has_sslcontext", y.SSL, "type", y.Type)
	return value.DictOf("python", d), nil
}
