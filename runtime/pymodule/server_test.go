package pymodule

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/value"
	"pbc/runtime/module"
)

// supported are the versions of Python that modules run with, in one dialect or both.
var supported = []string{"2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"}

// pythonsHere are the Pythons of this machine that modules may be run with, by their version; there is one at least. Standard error is
// told which of the supported ones are not here.
var pythonsHere = sync.OnceValue(func() map[string]string {
	home, _ := os.UserHomeDir()
	found := map[string]string{}
	candidates, _ := filepath.Glob(filepath.Join(home, ".pyenv/versions/*/bin/python"))
	for _, version := range supported {
		candidates = append(candidates, "python"+version)
	}
	for _, python := range append(candidates, "/usr/bin/python3", "python3") {
		out, err := exec.Command(python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").Output()
		if err == nil {
			found[strings.TrimSpace(string(out))] = python
		}
	}
	missing := slices.DeleteFunc(slices.Clone(supported), func(v string) bool { return found[v] != "" })
	if len(missing) > 0 {
		fmt.Fprintf(os.Stderr, "MODULES ARE NOT TESTED WITH PYTHON %s: NOT INSTALLED\n", strings.Join(missing, ", "))
	}
	return found
})

// inEach runs a test with each Python.
func inEach(t *testing.T, test func(t *testing.T, python string)) {
	if len(pythonsHere()) == 0 {
		t.Fatal("there is no Python")
	}
	for version, python := range pythonsHere() {
		t.Run(version, func(t *testing.T) { test(t, python) })
	}
}

// olderThan says whether a version of Python is older than 3.minor.
func olderThan(version string, minor int) bool {
	major, rest, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(rest)
	return major == "2" || n < minor
}

func TestEndings(t *testing.T) {
	tests := []struct {
		name, piece, want string
	}{
		{"nothing left", "", "at once"},
		{"a failure", "code = 1", "at once"},
		{"no code", "code = None", "at once"},
		{"a text instead of a code", "code = 'bad'", "in full"},
		{"a code that is too great", "code = 256", "in full"},
		{"a file with something to write", "f = open('a', 'w'); f.write('x')", "in full"},
		{"a file in a cycle", "c = [open('a', 'w')]; c.append(c); del c", "in full"},
		{"a closed file", "f = open('a', 'w'); f.close()", "at once"},
		{"text in memory", "import io; f = io.StringIO(); f.write('x')", "at once"},
		{"a generator with work to do", "def g():\n  try:\n    yield\n  finally:\n    print('x')\ni = g(); next(i)", "in full"},
		{"a generator at its end", "i = (x for x in ()); list(i)", "at once"},
		{"a coroutine", "async def f(): pass\nc = f()", "in full"},
		{"an object with a finalizer", "class A:\n  def __del__(self): pass\na = A()", "in full"},
		{"an object of a subclass", "class A:\n  def __del__(self): pass\nclass B(A): pass\na = B()", "in full"},
		{"an object that is not collected", "class A:\n  __slots__ = ()\n  def __del__(self): pass\na = A()", "in full"},
		{"an archive", "import zipfile; z = zipfile.ZipFile('z', 'w'); z.writestr('a', 'b')", "in full"},
		{"a socket", "import socket; s = socket.socket()", "at once"},
		{"a process", "import subprocess; p = subprocess.Popen(['true']); p.wait()", "at once"},
		{"a weak reference", "import weakref\nclass A: pass\na = A(); r = weakref.ref(a)", "at once"},
		{"a weak dictionary", "import weakref\nclass A: pass\na = A(); r = weakref.WeakValueDictionary(b=a)", "at once"},
		{"a weak reference that tells", "import weakref\nclass A: pass\na = A(); r = weakref.ref(a, lambda r: print('x'))", "in full"},
		{"a thread", "import threading, time; threading.Thread(target=time.sleep, args=(9,), daemon=True).start()", "in full"},
		{"a library", "import ctypes; l = ctypes.CDLL(None)", "in full"},
		{"an extension", "import _multiprocessing", "in full"},
		{"a registered function", "import atexit; atexit.register(lambda: print('bye'))", "at once"},
		{"a registered function that leaves something", "import atexit; atexit.register(lambda: globals().update(f=open('a', 'w')))", "in full"},
		{"a registered function that fails", "import atexit, sys; sys.stderr = sys.__stderr__ = open('err', 'w', 1); atexit.register(lambda: 1 / 0)", "in full"},
		{"another standard output", "import io, sys; sys.stdout = io.StringIO()", "in full"},
		{"a standard output that is closed", "import sys; sys.stdout.close()", "in full"},
		{"warnings that are wanted", "import sys; sys.warnoptions.append('default')", "in full"},
		{"a class of each kind", "import enum, collections\nclass E(enum.Enum): a = 1\nN = collections.namedtuple('N', 'x')", "at once"},
	}
	inEach(t, func(t *testing.T, python string) {
		if strings.HasSuffix(t.Name(), "/2.7") {
			return // always ends in full; the pieces are Python 3
		}
		args := []string{"testdata/endings.py", program, t.TempDir()}
		whole := exec.Command(python, "-c", "import gc; gc.freeze").Run() != nil // what is left cannot be told from what was there
		want := ""
		for _, test := range tests {
			args = append(args, test.piece)
			if whole {
				test.want = "in full"
			}
			want += test.name + ": " + test.want + "\n"
		}
		var stderr bytes.Buffer
		cmd := exec.Command(python, args...)
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, stderr.Bytes())
		}
		got := ""
		for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			got += tests[i].name + ": " + line + "\n"
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

// counting has a server write down, in the file that is named in its environment, what it compiles, imports and starts.
const counting = `
def count(what, function):
    def counted(*args, **named):
        with open(os.environ['PBC_COUNT'], 'a') as f:
            f.write(what + '\n')
        return function(*args, **named)
    return counted


Child.__init__ = count('process', Child.__init__)
Source.__init__ = count('bundle', Source.__init__)
compile_file = count('compiled', compile)
compile = lambda text, *args, **named: compile_file(text, *args, **named) if text else builtins_compile(text, *args, **named)
`

// counts runs modules one after the other in one interpreter, and returns how often it did what.
func counts(t *testing.T, python string, modules []string, sources map[string]string, more string) map[string]int {
	t.Helper()
	served, file := program, filepath.Join(t.TempDir(), "count")
	program = strings.Replace(program, "\nif __name__ ==", "\nbuiltins_compile = compile\n"+counting+more+"\nif __name__ ==", 1)
	defer func() { program = served }()
	h := testHost(t, sources)
	for _, own := range modules {
		c := pythonCall(t, own, value.DictOf("a", "v"))
		c.Interpreter, c.Env["PBC_COUNT"] = python, file
		if got := text(t, h.Run(t.Context(), c)); got != "{'ran': '"+own+"'}" {
			t.Fatalf("%s: got %s", own, got)
		}
	}
	h.Close()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for line := range strings.Lines(string(b)) {
		out[strings.TrimSpace(line)]++
	}
	return out
}

// ran are modules that tell their names.
var ran = map[string]string{"one": "print('{\"ran\": \"one\"}')\nsys.exit(0)", "two": "print('{\"ran\": \"two\"}')\nsys.exit(0)"}

func TestWork(t *testing.T) {
	tests := []struct {
		name    string
		modules []string
		want    map[string]int
	}{
		// What is compiled: the files of the base and of the module that are not empty.
		{"one alone needs one process", []string{"one"}, map[string]int{"bundle": 2, "compiled": 2, "process": 1}},
		{"the same again is not compiled again; from the second on one process is made ahead", []string{"one", "one", "one", "one", "one"},
			map[string]int{"bundle": 2, "compiled": 2, "process": 6}},
		{"a process made ahead does not know a module that comes later", []string{"one", "one", "two", "one"}, map[string]int{"bundle": 3, "compiled": 3, "process": 6}},
	}
	inEach(t, func(t *testing.T, python string) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				if d := cmp.Diff(test.want, counts(t, python, test.modules, ran, "")); d != "" {
					t.Error(d)
				}
			})
		}
	})
}

// answer is what a module prints under "a".
func answer(t *testing.T, h *Host, c *module.Call) string {
	t.Helper()
	res := h.Run(t.Context(), c)
	s, ok := res.GetStr("a")
	if !ok {
		t.Fatalf("got %s", text(t, res))
	}
	a, err := value.ToStr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What a module before changed in the ground that Python stands on, the next one sees as with a Python of its own.
func TestGround(t *testing.T) {
	const extra = "import site\nprint('{\"a\": \"%s %s\"}' % (basic.extra is not None, site.getusersitepackages()))\nsys.exit(0)"
	inEach(t, func(t *testing.T, python string) {
		h, env := testHost(t, map[string]string{"extra": extra}), map[string]string{"PYTHONPATH": t.TempDir(), "HOME": t.TempDir()}
		see := func() (bool, string) {
			c := pythonCall(t, "extra", value.NewDict())
			c.Interpreter, c.Env = python, env
			there, folder, _ := strings.Cut(answer(t, h, c), " ")
			return there == "True", folder
		}
		write := func(folder string) string {
			file := filepath.Join(folder, "extra.py")
			if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(file, nil, 0o644)); err != nil {
				t.Fatal(err)
			}
			return file
		}
		there, site := see()
		if there {
			t.Fatal("it is there before it was written")
		}
		for _, folder := range []string{env["PYTHONPATH"], site} {
			file := write(folder)
			if there, _ := see(); !there {
				t.Errorf("what is new in %s is not seen", folder)
			}
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if there, _ := see(); there {
				t.Errorf("what is gone from %s is still seen", folder)
			}
		}
		if n := len(h.running); n != 1 {
			t.Errorf("%d interpreters are kept", n)
		}
	})
}

// killing has a server lose the process that it made ahead for the third run.
const killing = `
gives, give = [], Child.give


def lost(child, message, parts):
    gives.append(child)
    if len(gives) == 3:
        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    return give(child, message, parts)


Child.give = lost
`

// A process that was made ahead may be ended by anybody.
func TestProcessMadeAheadIsKilled(t *testing.T) {
	want := map[string]int{"bundle": 2, "compiled": 2, "process": 6} // as for one run more
	if d := cmp.Diff(want, counts(t, "python3", slices.Repeat([]string{"one"}, 4), ran, killing)); d != "" {
		t.Error(d)
	}
}

// A file that is no Python is found before the module starts, as Ansible finds it on the controller. For a Python that is older than any
// controller's it may be too new: that fails where it is imported.
func TestNoPython(t *testing.T) {
	sources := map[string]string{"bad": "x = = 1"}
	inEach(t, func(t *testing.T, python string) {
		h := testHost(t, sources)
		c := pythonCall(t, "bad", value.NewDict())
		c.Interpreter = python
		for range 2 {
			res := h.Run(t.Context(), c)
			msg, _ := value.Text(get(res, "msg"))
			stderr, _ := value.Text(get(res, "module_stderr"))
			if olderThan(filepath.Base(t.Name()), 9) {
				if !strings.HasPrefix(msg, "MODULE FAILURE\n") || !strings.HasSuffix(stderr, "SyntaxError: invalid syntax\n") {
					t.Errorf("got %s", text(t, res))
				}
			} else if want := "Unable to import m due to invalid syntax"; msg != want || get(res, "_ansible_raised") != true {
				t.Errorf("got %s, want %s", text(t, res), want)
			}
		}
	})
}
