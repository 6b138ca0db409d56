package pymodule

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pythonsHere are the Pythons of this machine that modules may be run with, by their version; there is one at least.
func pythonsHere(t *testing.T) map[string]string {
	t.Helper()
	home, _ := os.UserHomeDir()
	found := map[string]string{}
	candidates, _ := filepath.Glob(filepath.Join(home, ".pyenv/versions/3.*/bin/python"))
	for minor := 5; minor < 20; minor++ {
		candidates = append(candidates, fmt.Sprintf("python3.%d", minor))
	}
	for _, python := range append(candidates, "python3") {
		out, err := exec.Command(python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])").Output()
		if err == nil {
			found[strings.TrimSpace(string(out))] = python
		}
	}
	if len(found) == 0 {
		t.Fatal("there is no Python")
	}
	return found
}

// inEach runs a test with each Python.
func inEach(t *testing.T, test func(t *testing.T, python string)) {
	for version, python := range pythonsHere(t) {
		t.Run(version, func(t *testing.T) { test(t, python) })
	}
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
