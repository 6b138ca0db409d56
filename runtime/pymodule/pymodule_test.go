package pymodule

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// bundle packs files as compiler/payload does.
func bundle(files map[string]string) []byte {
	var buf bytes.Buffer
	z := zlib.NewWriter(&buf)
	for p, s := range files {
		for _, b := range []string{p, s} {
			_, _ = z.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b))))
			_, _ = z.Write([]byte(b))
		}
	}
	_ = z.Close()
	return buf.Bytes()
}

var base = bundle(map[string]string{
	"ansible/__init__.py":              "",
	"ansible/module_utils/__init__.py": "",
	"ansible/module_utils/basic.py":    "import json, sys\n_ANSIBLE_ARGS = None\nseen = []\ntry:\n  import extra\nexcept ImportError:\n  extra = None\ndef args(): return json.loads(_ANSIBLE_ARGS.decode())['ANSIBLE_MODULE_ARGS']\n",
})

// testHost runs modules whose source is given by the name of their blob.
func testHost(t *testing.T, sources map[string]string) *Host {
	t.Helper()
	h := New(Options{Fetch: func(_ context.Context, digest string) ([]byte, error) {
		if digest == "base" {
			return base, nil
		}
		src, ok := sources[digest]
		if !ok {
			return nil, errors.New("no such blob")
		}
		return bundle(map[string]string{"ansible/modules/__init__.py": "", "ansible/modules/m.py": "from ansible.module_utils import basic\nimport os, sys\n" + src}), nil
	}})
	t.Cleanup(h.Close)
	return h
}

func pythonCall(t *testing.T, own string, args *value.Dict) *module.Call {
	t.Helper()
	return &module.Call{Name: "m", Args: args, RemoteTmp: t.TempDir(), Interpreter: "python3", Env: map[string]string{"PBC_TEST": "é"},
		Payload: &ir.Payload{Name: "m", Module: "ansible.modules.m", File: "m.py", Style: ir.StylePython, Interpreter: []string{"/usr/bin/python"}, Base: "base", Own: own}}
}

func TestPython(t *testing.T) {
	sources := map[string]string{
		"echo":  "print('{\"a\": \"%s%s\"}' % (str(basic.args()['a']), os.environ['PBC_TEST']))\nsys.exit(0)",
		"state": "basic.seen.append(1)\nos.environ['LEFT'] = 'x'\nprint('{\"seen\": %d}' % len(basic.seen))\nsys.exit(0)",
		"left":  "print('{\"left\": %d}' % ('LEFT' in os.environ))\nsys.exit(0)",
		"exits": "sys.exit(7)",
		"falls": "pass",
		"stdin": "print('{\"in\": \"%s\"}' % sys.stdin.read())\nsys.exit(0)",
		"kill":  "os.kill(os.getpid(), 9)",
	}
	tests := []struct {
		name string
		own  string
		want *value.Dict
	}{
		{"arguments and environment", "echo", value.DictOf("a", "vé")},
		{"first", "state", value.DictOf("seen", int64(1))},
		{"nothing is left in the modules", "state", value.DictOf("seen", int64(1))},
		{"nothing is left in the environment", "left", value.DictOf("left", int64(0))},
		{"standard input is empty", "stdin", value.DictOf("in", "")},
		{"leaves without a word", "exits", value.DictOf("failed", true, "module_stdout", "", "module_stderr", "",
			"msg", "MODULE FAILURE\nSee stdout/stderr for the exact error", "rc", int64(7))},
		{"does not leave", "falls", value.DictOf("msg", "New-style module did not handle its own exit", "failed", true)},
		{"a signal", "kill", value.DictOf("failed", true, "module_stdout", "", "module_stderr", "Killed\n",
			"msg", "MODULE FAILURE\nSee stdout/stderr for the exact error", "rc", int64(137))},
		{"a blob that is not there", "none", value.DictOf("failed", true, "changed", false, "msg", "no such blob")},
		{"others go on", "echo", value.DictOf("a", "vé")},
	}
	inEach(t, func(t *testing.T, python string) {
		h := testHost(t, sources)
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				c := pythonCall(t, test.own, value.DictOf("a", "v"))
				c.Interpreter = python
				if d := cmp.Diff(text(t, test.want), text(t, h.Run(t.Context(), c))); d != "" {
					t.Error(d)
				}
			})
		}
	})
}

// TestUnfitPython has a Python that cannot import what every module needs: each module fails as Ansible's would, and says why.
func TestUnfitPython(t *testing.T) {
	unfit := bundle(map[string]string{"ansible/__init__.py": "", "ansible/module_utils/__init__.py": "", "ansible/module_utils/basic.py": "raise SystemExit('too old')"})
	h := New(Options{Fetch: func(_ context.Context, digest string) ([]byte, error) {
		return map[string][]byte{"base": unfit, "own": bundle(map[string]string{"ansible/modules/m.py": ""})}[digest], nil
	}})
	t.Cleanup(h.Close)
	for _, name := range []string{"first", "again"} {
		t.Run(name, func(t *testing.T) {
			got := h.Run(t.Context(), pythonCall(t, "own", value.NewDict()))
			said, _ := value.Text(get(got, "module_stderr"))
			if rc := get(got, "rc"); rc != int64(1) || !strings.HasSuffix(said, "SystemExit: too old\n") {
				t.Errorf("got %v, %q", rc, said)
			}
		})
	}
}

func TestJobHasNoShell(t *testing.T) {
	h := testHost(t, map[string]string{"kill": "os.kill(os.getpid(), 9)"})
	got := h.Job(t.Context(), pythonCall(t, "kill", value.DictOf("a", "v")), "j1.2")
	if err, _ := got.GetStr("stderr"); err != "" {
		t.Errorf("a job that a signal ended says %q, where there is no shell to say it", err)
	}
}

func text(t *testing.T, d *value.Dict) string {
	t.Helper()
	s, err := value.Repr(d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPythonEndsWithItsTime(t *testing.T) {
	h := testHost(t, map[string]string{"hang": "import time\ntime.sleep(600)", "fine": "print('{}')\nsys.exit(0)"})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	res := h.Run(ctx, pythonCall(t, "hang", value.NewDict()))
	if failed, _ := res.GetStr("failed"); failed != true {
		t.Errorf("got %s", text(t, res))
	}
	if got := text(t, h.Run(t.Context(), pythonCall(t, "fine", value.NewDict()))); got != "{}" {
		t.Errorf("after that: got %s", got)
	}
}

func TestNoInterpreter(t *testing.T) {
	h := testHost(t, map[string]string{"m": ""})
	c := pythonCall(t, "m", value.NewDict())
	c.Interpreter = "/no/such/python"
	res := h.Run(t.Context(), c)
	msg, _ := res.GetStr("msg")
	if want := "The module failed to execute correctly, you probably need to set the interpreter.\nSee stdout/stderr for the exact error"; msg != want {
		t.Errorf("got %s, want the message %q", text(t, res), want)
	}
}

func TestObject(t *testing.T) {
	tests := []struct {
		name, out, text, junk, fault string
	}{
		{"alone", "{\"a\": 1}\n", `{"a": 1}`, "", ""},
		{"between other lines", "x\n {\n}\ny\n", " {\n}", "y", ""},
		{"blank lines behind", "{}\n\n  \n", "{}", "", ""},
		{"a list", "[1]\n", "", "", "No start of json char found"},
		{"not closed", "{\n", "", "", "No end of json char found"},
		{"nothing", "", "", "", "No start of json char found"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text, junk, err := object(test.out)
			fault := ""
			if err != nil {
				fault = err.Error()
			}
			if text != test.text || junk != test.junk || fault != test.fault {
				t.Errorf("got %q, %q, %q, want %q, %q, %q", text, junk, fault, test.text, test.junk, test.fault)
			}
		})
	}
}

func TestDiscover(t *testing.T) {
	debian := "ID=debian\nVERSION_ID=\"12\"\n"
	tests := []struct {
		name          string
		d             discovery
		release       string
		there         []string
		path, warning string
	}{
		{"the distribution's", discovery{Mode: "auto", Host: "h"}, debian, []string{"/usr/bin/python3.11", "/usr/bin/python3"}, "/usr/bin/python3", ""},
		{"an old distribution", discovery{Mode: "auto", Host: "h"}, "ID='rhel'\nVERSION_ID=8.4\n", []string{"/usr/bin/python3", "/usr/libexec/platform-python"}, "/usr/libexec/platform-python", ""},
		{"not the distribution's", discovery{Mode: "auto", Host: "h", Version: "2.14"}, debian, []string{"/usr/bin/python3.9"}, "/usr/bin/python3.9",
			"Distribution debian 12 on host h should use /usr/bin/python3, but is using /usr/bin/python3.9, since the discovered platform python interpreter was not present. " +
				"See https://docs.ansible.com/ansible-core/2.14/reference_appendices/interpreter_discovery.html for more information."},
		{"silent", discovery{Mode: "auto_silent", Host: "h"}, debian, []string{"/usr/bin/python3.9"}, "/usr/bin/python3.9", ""},
		{"legacy", discovery{Mode: "auto_legacy", Host: "h", Version: "2.14"}, debian, []string{"/usr/bin/python3", "/usr/bin/python"}, "/usr/bin/python",
			"Distribution debian 12 on host h should use /usr/bin/python3, but is using /usr/bin/python for backward compatibility with prior Ansible releases. " +
				"See https://docs.ansible.com/ansible-core/2.14/reference_appendices/interpreter_discovery.html for more information"},
		{"unknown distribution", discovery{Mode: "auto", Host: "h", Version: "2.14"}, "ID=alpine\nVERSION_ID=3.2\n", []string{"/usr/bin/python3"}, "/usr/bin/python3",
			"Platform linux on host h is using the discovered Python interpreter at /usr/bin/python3, but future installation of another Python interpreter could change the " +
				"meaning of that path. See https://docs.ansible.com/ansible-core/2.14/reference_appendices/interpreter_discovery.html for more information."},
		{"none", discovery{Mode: "auto", Host: "h", Fallback: []string{"python9"}}, debian, nil, "/usr/bin/python", "No python interpreters found for host h (tried ['python9'])"},
		{"from 2.19 on", discovery{Mode: "auto", Host: "h", Tagged: true, Version: "2.19"}, debian, []string{"/usr/bin/python3.11", "/usr/bin/python3"}, "/usr/bin/python3.11",
			"Host 'h' is using the discovered Python interpreter at '/usr/bin/python3.11', but future installation of another Python interpreter could cause a different " +
				"interpreter to be discovered. See https://docs.ansible.com/ansible-core/2.19/reference_appendices/interpreter_discovery.html for more information."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := test.d.in(system{platform: "Linux", path: "/usr/bin:/bin", release: test.release, runs: func(p string) bool { return contains(test.there, p) }})
			warning := strings.Join(f.Warnings, "")
			if f.Said != nil {
				warning += f.Said.Text(nil)
			}
			if f.Path != test.path || warning != test.warning {
				t.Errorf("got %s, %q\nwant %s, %q", f.Path, warning, test.path, test.warning)
			}
		})
	}
}
