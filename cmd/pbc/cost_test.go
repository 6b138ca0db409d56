package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"pbc/compiler"
	"pbc/compiler/cli"
	"pbc/compiler/config"
	"pbc/compiler/link"
	"pbc/ir/expr"
	"pbc/runtime/controller"
)

// trips counts how often a stream turned from reading to writing: each turn is one round trip at least.
type trips struct {
	io.ReadWriteCloser
	mu    sync.Mutex
	wrote bool // the batch: what the agent says before it, its hello, nobody waits for
	read  bool
	turns int
}

func (c *trips) Read(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Read(p)
	c.mu.Lock()
	c.read = c.read || n > 0 && c.wrote
	c.mu.Unlock()
	return n, err
}

func (c *trips) Write(p []byte) (int, error) {
	c.mu.Lock()
	// Acknowledgements of the multiplexer are 8 and 16 bytes long and wait for nothing.
	if len(p) > 16 {
		if c.read {
			c.turns++
		}
		c.wrote, c.read = true, false
	}
	c.mu.Unlock()
	return c.ReadWriteCloser.Write(p)
}

// newTestSession is a session for a playbook in a folder of its own, with what it prints thrown away.
func newTestSession(t *testing.T, files map[string]string, args ...string) *session {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	out, errs := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = null, null
	t.Cleanup(func() { os.Stdout, os.Stderr = out, errs; null.Close() })
	return openTestSession(t, args...)
}

// openTestSession is a session for site.yml in the working folder.
func openTestSession(t *testing.T, args ...string) *session {
	t.Helper()
	conf, err := config.Load(os.LookupEnv, "2.14.18")
	if err != nil {
		t.Fatal(err)
	}
	req, err := cli.ParsePlaybook(append(args, "site.yml"), conf, cli.Terminal{Columns: 80})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSession(req, conf, coreOf(expr.Classic, nil), nil)
	if err == nil {
		err = s.secrets()
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func compiled(t *testing.T, s *session) *compiler.Unit {
	t.Helper()
	u, err := s.compile()
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// turnsOf runs a playbook of a thing done n times on one host and counts the round trips.
func turnsOf(t *testing.T, d expr.Dialect, task string, n int) int {
	play := "- hosts: all\n  gather_facts: no\n  tasks:\n" + strings.Repeat(task, n)
	files := map[string]string{"site.yml": play, "hosts": "one ansible_connection=local\n", "t.j2": "{{ inventory_hostname }}\n"}
	s := newTestSession(t, files, "-i", "hosts")
	s.like = coreOf(d, nil)
	var c *trips
	s.observe = func(rw io.ReadWriteCloser) io.ReadWriteCloser {
		c = &trips{ReadWriteCloser: rw}
		return c
	}
	code, err := s.play(compiled(t, s))
	if err != nil || code != 0 {
		t.Fatalf("run: code %d, %v", code, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turns
}

func TestAPlayOnOneHostIsOneBatch(t *testing.T) {
	const values = "    - command: \"true\"\n      register: r\n    - set_fact: {x: \"{{ r.rc }}\"}\n    - copy: {content: \"{{ x }}\", dest: out}\n"
	for _, c := range []struct {
		name, task string
		dialect    expr.Dialect
	}{
		{"values", values, expr.Classic},
		{"values, tagged", values, expr.Tagged},
		{"templates", "    - template: {src: t.j2, dest: out}\n      vars: {x: 1}\n", expr.Classic},
		{"templates, tagged", "    - template: {src: t.j2, dest: out}\n      vars: {x: 1}\n", expr.Tagged},
	} {
		t.Run(c.name, func(t *testing.T) {
			one, hundred := turnsOf(t, c.dialect, c.task, 1), turnsOf(t, c.dialect, c.task, 100)
			if one != hundred {
				t.Errorf("done once it took %d round trips, a hundred times %d: want as many", one, hundred)
			}
		})
	}
}

// TestDelegatedTasks counts what a host asks for a task of another host that is the same machine: all that is to be known of that one, at once.
func TestDelegatedTasks(t *testing.T) {
	const delegated, local = "      delegate_to: other\n", "      vars: {ansible_connection: local}\n"
	for _, c := range []struct {
		name, task string
		want       int
	}{
		{"a command", "    - command: \"true\"\n" + delegated + local, 1},
		{"a file", "    - file: {path: x, state: touch}\n" + delegated + local, 1},
		{"what needs no host", "    - debug:\n" + delegated, 0},
	} {
		for dialect, d := range map[string]expr.Dialect{"classic": expr.Classic, "tagged": expr.Tagged} {
			t.Run(c.name+", "+dialect, func(t *testing.T) {
				two, hundred := turnsOf(t, d, c.task, 2), turnsOf(t, d, c.task, 100)
				if each := float64(hundred-two) / 98; each != float64(c.want) {
					t.Errorf("it took %g round trips each, want %d", each, c.want)
				}
			})
		}
	}
}

// TestSecretsStayAway plants secrets where a host has no business with them, and looks at what would be
// sent to it.
func TestSecretsStayAway(t *testing.T) {
	files := map[string]string{
		"site.yml": `- hosts: web
  gather_facts: no
  vars: {unused_play: CANARY-play}
  vars_files: [secrets.yml, vaulted.yml]
  roles: [r]
  tasks:
    - debug: msg="{{ used }} {{ chained }}"
`,
		"secrets.yml":               "unused_file: CANARY-file\n",
		"vaulted.yml":               sealed(t, "unused_vault: CANARY-vault\n", ""),
		"extra.yml":                 sealed(t, "unused_extra: CANARY-vaulted-extra\n", ""),
		"group_vars/web.yml":        "unused_sealed: !vault |\n" + sealed(t, "CANARY-sealed", "  "),
		"host_vars/a.yml":           sealed(t, "unused_host: CANARY-host\n", ""),
		"pw":                        canary + "password\n",
		"become":                    canary + "become\n",
		"connect":                   canary + "connect\n",
		"roles/r/tasks/main.yml":    "- debug: msg={{ role_used }}\n",
		"roles/r/vars/main.yml":     "role_used: seen\nrole_unused: CANARY-role\n",
		"roles/r/defaults/main.yml": "role_default: CANARY-default\n",
		"hosts": "[web]\na ansible_connection=local used=seen unused=CANARY-a ansible_password=CANARY-pw\nb ansible_connection=local used=seen other=CANARY-b\n" +
			"[web:vars]\nchained='{{ deeper }}'\ndeeper=seen\nunread='{{ also }}'\nalso=CANARY-group\n",
		"group_vars/all.yml": "everywhere: CANARY-all\n",
		"host_vars/b.yml":    "token: CANARY-token\n",
	}
	s := newTestSession(t, files, "-i", "hosts", "-e", "extra=CANARY-extra", "-e", "@extra.yml", "--vault-password-file", "pw",
		"--become-password-file", "become", "--connection-password-file", "connect")
	u := compiled(t, s)
	inv, err := s.inventory(u.Program.Basedir)
	if err != nil {
		t.Fatal(err)
	}
	l := link.New(u.Program, s.linkOptions(inv, u, known{controller.NewMemory()}))
	for _, host := range []string{"a", "b"} {
		b, _, err := l.Batch(0, host, []string{"a", "b"})
		if err != nil {
			t.Fatal(err)
		}
		sent, err := msgpack.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(sent, []byte("seen")) {
			t.Errorf("the batch of %s lacks what it uses", host)
		}
		for at := 0; ; {
			i := bytes.Index(sent[at:], []byte(canary))
			if i < 0 {
				break
			}
			at += i + len(canary)
			t.Errorf("the batch of %s holds %s", host, fmt.Sprintf("%.20q", sent[at-len(canary):]))
		}
	}
}

// TestLookupsAnsweredAhead counts what lookups ask of the controller.
func TestLookupsAnsweredAhead(t *testing.T) {
	t.Setenv("COST_TEST", "from env")
	for _, tt := range []struct {
		name, vars, msg string
		asks            bool
	}{
		{"nothing is looked up", "", "text", false},
		{"environment", "", "{{ lookup('env', 'COST_TEST') }} {{ query('ansible.builtin.env', 'COST_TEST', 'NONE') }} {{ lookup('env', 'NONE', default='d') }}", false},
		{"environment by a variable that the task reads", "v: \"{{ lookup('env', 'COST_TEST') }}\"", "{{ v }}", false},
		{"settings", "", "{{ lookup('config', 'DEFAULT_FORKS') }}", false},
		{"lookups that need no controller", "", "{{ lookup('dict', {'a': 1}) }} {{ query('sequence', 'end=3') }} {{ lookup('vars', 'inventory_hostname') }}", false},
		{"a name that is built while running", "n: COST_TEST", "{{ lookup('env', n) }}", true},
		{"a file, which may change", "", "{{ lookup('file', 'hosts') }}", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play := "- hosts: all\n  gather_facts: no\n  vars:\n    unread: x\n    " + tt.vars + "\n  tasks:\n    - debug:\n        msg: " + fmt.Sprintf("%q", tt.msg) + "\n"
			s := newTestSession(t, map[string]string{"site.yml": play, "hosts": "one ansible_connection=local\n"}, "-i", "hosts")
			var c *trips
			s.observe = func(rw io.ReadWriteCloser) io.ReadWriteCloser {
				c = &trips{ReadWriteCloser: rw}
				return c
			}
			if code, err := s.play(compiled(t, s)); err != nil || code != 0 {
				t.Fatalf("run: code %d, %v", code, err)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			if got := c.turns > 0; got != tt.asks {
				t.Errorf("took %d round trips, wants some: %v", c.turns, tt.asks)
			}
		})
	}
}
