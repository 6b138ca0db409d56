package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"pbc/agent"
	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module"
	"pbc/transport/wire"
)

// liar is the agent of a host that somebody else controls. It begins a task of its batch, asks one question, and takes its answer
// for the end of the play.
type liar struct {
	task  int
	ask   *event.Need
	tell  *event.Event
	reply *event.Answer // what it was answered, nil for nothing
}

func (l *liar) serve(raw io.ReadWriteCloser) {
	sess := wire.Server(raw, wire.Options{})
	defer sess.Close()
	stream, err := sess.Accept()
	if err != nil {
		return
	}
	frames := wire.NewFrames(stream)
	send := func(kind uint8, body any) {
		if b, err := event.Encode(kind, body); err == nil && frames.WriteFrame(b) == nil {
			_ = frames.Flush()
		}
	}
	send(event.KindHello, &event.Hello{Version: ir.FormatVersion})
	if _, err := frames.ReadFrame(); err != nil {
		return
	}
	addr := ir.Address{l.task}
	send(event.KindEvent, &event.Event{Kind: event.Started, Task: l.task, Addr: addr})
	if l.tell != nil {
		own := *l.tell
		own.Task, own.Addr = l.task, addr
		send(event.KindEvent, &own)
	}
	if l.ask != nil {
		own := *l.ask
		own.ID, own.Task, own.Addr = 1, l.task, addr
		send(event.KindNeed, &own)
		l.hear(frames)
	}
	send(event.KindEvent, &event.Event{Kind: event.Done})
	<-sess.Done()
}

func (l *liar) hear(frames *wire.Frames) {
	for {
		b, err := frames.ReadFrame()
		if err != nil {
			return
		}
		kind, body, err := event.Open(b)
		var a event.Answer
		if err == nil && kind == event.KindAnswer && msgpack.Unmarshal(body, &a) == nil {
			l.reply = &a
			return
		}
	}
}

// tempted is a playbook that asks for a little of everything.
const tempted = `
- hosts: all
  gather_facts: no
  strategy: free
  vars:
    folder: texts
  tasks:
    - name: looks up
      command: echo {{ lookup('pipe', 'echo constant') }} {{ lookup('file', folder ~ '/' ~ inventory_hostname) }} {{ hostvars['a'].shown }} {{ lookup('template', 'outer.j2') }}
    - name: copies
      copy: {src: "{{ folder }}/{{ inventory_hostname }}", dest: x}
    - name: delegates
      command: echo {{ inventory_hostname }}
      delegate_to: localhost
    - name: includes
      include_tasks: "{{ inventory_hostname }}.yml"
    - name: loads
      include_vars: "vars_{{ inventory_hostname }}.yml"
`

// TestHostileNeeds has one of three hosts ask the controller for what its play does not ask for: that host is lost for it, the others
// come to their end, and nothing of it was done.
func TestHostileNeeds(t *testing.T) {
	lookup := func(name string, terms ...value.Value) *event.Need {
		return &event.Need{Ask: event.Lookup, Name: name, Args: ir.Val{V: value.DictOf("terms", &value.List{V: terms}, "options", value.NewDict())}}
	}
	call := func(name string, args *value.Dict, more ...value.Value) *value.Dict {
		d := value.DictOf("name", name, "action", "command", "args", args)
		d.Update(value.DictOf(more...))
		return d
	}
	work := func(host string, route, call *value.Dict) *event.Need {
		return &event.Need{Ask: event.Delegate, Args: ir.Val{V: value.DictOf("host", host, "route", route, "call", call)}}
	}
	touch, echo := value.DictOf("_raw_params", "touch marker"), value.DictOf("_raw_params", "echo b")
	none := value.NewDict()
	local := value.DictOf("ansible_connection", "local")
	lazy := value.DictOf("x", &value.Tmpl{Src: "{{ lookup('pipe', 'touch marker') }}"})
	const looks, copies, delegates, includes, loads = 0, 1, 2, 3, 4
	for _, c := range []struct {
		name string
		task int
		need *event.Need
		why  string // "" when it is answered
	}{
		{"the lookup that the play calls", looks, lookup("pipe", "echo constant"), ""},
		{"its own file", looks, lookup("file", "texts/b"), ""},
		{"a command", looks, lookup("pipe", "touch marker"), "it asked the lookup pipe for 'touch marker', which the play does not ask for"},
		{"a command by its full name", looks, lookup("ansible.builtin.pipe", "touch marker"), "it asked the lookup ansible.builtin.pipe"},
		{"lines of a command", looks, lookup("lines", "touch marker"), "it asked for the lookup lines"},
		{"a secret by lookup", looks, lookup("file", "/etc/shadow"), "it asked the lookup file for '/etc/shadow'"},
		{"another host's file", looks, lookup("file", "texts/a"), "it asked the lookup file for 'texts/a'"},
		{"the environment", looks, lookup("env", "HOME"), "it asked for the lookup env"},
		{"a template it calls", looks, lookup("template", "outer.j2"), ""},
		{"another template", looks, lookup("template", "../secret"), "it asked the lookup template for '../secret'"},
		{"a template that has more variables", looks, &event.Need{Ask: event.Lookup, Name: "template", Args: ir.Val{V: value.DictOf("terms", value.NewList("outer.j2"),
			"options", value.DictOf("template_vars", lazy))}}, "with the option template_vars"},
		{"the variable that the play reads", looks, &event.Need{Ask: event.HostVar, Name: "shown", Args: ir.Val{V: "a"}}, ""},
		{"another variable of another host", looks, &event.Need{Ask: event.HostVar, Name: "secret", Args: ir.Val{V: "a"}}, "it asked for the variable 'secret' of 'a'"},
		{"all variables of another host", looks, &event.Need{Ask: event.HostVar, Args: ir.Val{V: "a"}}, "it asked for the variable '' of 'a'"},
		{"its own file to copy", copies, &event.Need{Ask: event.FindFile, Name: "texts/b", Args: ir.Val{V: "files"}}, ""},
		{"a secret to copy", copies, &event.Need{Ask: event.FindFile, Name: "/etc/shadow", Args: ir.Val{V: "files"}}, "it asked for the file '/etc/shadow'"},
		{"a secret as a template", copies, &event.Need{Ask: event.FindFile, Name: "texts/b", Args: ir.Val{V: value.DictOf("kind", "templates")}}, "it asked for the file 'texts/b'"},
		{"a file for a task that copies none", looks, &event.Need{Ask: event.FindFile, Name: "texts/b", Args: ir.Val{V: "files"}}, "it asked for the file"},
		{"a file that no template includes", looks, &event.Need{Ask: event.TemplateFile, Name: "/etc/shadow", Args: ir.Val{V: ""}}, "it asked for the template '/etc/shadow'"},
		{"a file beside another", looks, &event.Need{Ask: event.TemplateFile, Name: "shadow", Args: ir.Val{V: "/etc/hosts"}}, "it asked for a template beside '/etc/hosts'"},
		{"its own variables", loads, &event.Need{Ask: event.LoadVars, Args: ir.Val{V: value.DictOf("_raw_params", "vars_b.yml")}}, ""},
		{"another file of variables", loads, &event.Need{Ask: event.LoadVars, Args: ir.Val{V: value.DictOf("_raw_params", "vars_a.yml")}}, "it asked for 'vars_a.yml'"},
		{"a folder of variables", loads, &event.Need{Ask: event.LoadVars, Args: ir.Val{V: value.DictOf("dir", "/etc")}}, "it asked for '/etc'"},
		{"variables for another task", looks, &event.Need{Ask: event.LoadVars, Args: ir.Val{V: value.DictOf("_raw_params", "vars_b.yml")}}, "it asked for what only the module 'include_vars' does"},
		{"another file of tasks", includes, &event.Need{Ask: event.Fragments, Args: ir.Val{V: value.NewList(value.DictOf("name", "a.yml"))}}, "it asked to include 'a.yml'"},
		{"an include of a task that is none", looks, &event.Need{Ask: event.Fragments, Args: ir.Val{V: value.NewList(value.DictOf("name", "b.yml"))}}, "it asked for the files of"},
		{"a place to store a file", looks, &event.Need{Ask: event.StoreFile, Args: ir.Val{V: value.DictOf("source", "x", "data", []byte("x"))}}, "'fetch'"},
		{"a new host", looks, &event.Need{Ask: event.Inventory, Args: ir.Val{V: value.DictOf("name", "evil")}}, "'add_host'"},
		{"a pause", looks, &event.Need{Ask: event.Pause, Args: ir.Val{V: value.DictOf("seconds", nil)}}, "'pause'"},
		{"a filter in Python", looks, &event.Need{Ask: event.Plugin, Name: "evil", Args: ir.Val{V: none}}, "the filter or test evil"},
		{"an action plugin", looks, &event.Need{Ask: event.Action, Name: "evil"}, "it asked for the action 'evil'"},
		{"another action", looks, &event.Need{Ask: event.Rename, Name: "shell"}, "it asked for the action 'shell'"},
		{"a vault opened", looks, &event.Need{Ask: event.Parse, Name: "$ANSIBLE_VAULT;1.1;AES256\n00", Args: ir.Val{V: int64(eval.ParseVault)}}, "a vaulted text"},
		{"the work that the play delegates", delegates, work("localhost", none, call("ansible.builtin.command", echo)), ""},
		{"other work for localhost", delegates, work("localhost", none, call("ansible.builtin.command", touch)), "with _raw_params='touch marker'"},
		{"another module for localhost", delegates, work("localhost", none, call("ansible.builtin.copy", touch)), "it asked for the module 'copy' on localhost"},
		{"an argument more", delegates, work("localhost", none, call("ansible.builtin.command", value.DictOf("_raw_params", "echo b", "chdir", "/etc"))), "with chdir='/etc'"},
		{"a program of its own", delegates, work("localhost", none, call("ansible.builtin.command", echo, "payload", []byte{0x80})), "a program of its own"},
		{"an environment", delegates, work("localhost", none, call("ansible.builtin.command", echo, "env", value.DictOf("LD_PRELOAD", "x"))), "'LD_PRELOAD'"},
		{"a program that changes the user", delegates, work("localhost", none, call("ansible.builtin.command", echo, "become", value.NewList("root", "sudo", "", "/tmp/x", "", ""))), "become_exe '/tmp/x'"},
		{"a way to change the user of another shape", delegates, work("localhost", none, call("ansible.builtin.command", echo, "become", value.NewList("root", "sudo"))), "it asked for become with"},
		{"work for another host", delegates, work("a", none, call("ansible.builtin.command", echo)), "not delegated to a"},
		{"work that is not delegated", looks, work("localhost", none, call("ansible.builtin.command", touch)), "not delegated to localhost"},
		{"its own work, here", looks, work("", local, call("ansible.builtin.command", touch)), "a connection with ansible_connection='local'"},
		{"a connection through a program", delegates, work("localhost", value.DictOf("ansible_ssh_common_args", "-o ProxyCommand=touch"), call("ansible.builtin.command", echo)),
			"a connection with ansible_ssh_common_args='-o ProxyCommand=touch'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &liar{task: c.task + 1, ask: c.need} // the first one gathers facts
			r := runWithLiar(t, l)
			if c.why != "" {
				r.lost(t, c.why)
				return
			}
			if l.reply == nil || l.reply.Error != "" || r.code != 0 {
				t.Errorf("it was answered %v, exit code %d:\n%s", l.reply, r.code, r.shown)
			}
		})
	}
}

// TestTrustedHosts has the user let hosts ask for anything: what is refused otherwise is answered.
func TestTrustedHosts(t *testing.T) {
	t.Setenv("PBC_TRUST_HOSTS", "1")
	l := &liar{task: 1, ask: &event.Need{Ask: event.HostVar, Name: "secret", Args: ir.Val{V: "a"}}}
	r := runWithLiar(t, l)
	if l.reply == nil || l.reply.Value.V == nil || r.code != 0 {
		t.Errorf("it was answered %v, exit code %d:\n%s", l.reply, r.code, r.shown)
	}
}

// TestHostileTells has the host tell what no task of its play says.
func TestHostileTells(t *testing.T) {
	pipe := value.DictOf("x", jinja.Defaults(expr.Classic).Value("{{ lookup('fileglob', '*') }}"))
	for _, c := range []struct {
		name string
		tell *event.Event
		why  string
	}{
		{"an error that ends the run", &event.Event{Kind: event.Message, Level: "error", Name: "all is over"}, "it ended the run: all is over"},
		{"a crash", &event.Event{Kind: event.Message, Level: "crash", Name: "all is over"}, "it ended the run: all is over"},
		{"a result that looks up", &event.Event{Kind: event.Finished, Result: ir.Val{V: pipe}}, "it sent a template with the lookup fileglob"},
		{"a label that looks up", &event.Event{Kind: event.Item, Label: ir.Val{V: pipe}}, "it sent a template with the lookup fileglob"},
	} {
		t.Run(c.name, func(t *testing.T) { runWithLiar(t, &liar{task: 1, tell: c.tell}).lost(t, c.why) })
	}
}

// TestHostileVariables has the host give a template that the controller evaluates a variable of its own: that asks for no more than
// the host may itself.
func TestHostileVariables(t *testing.T) {
	for _, c := range []struct {
		name string
		said value.Value
		want string // the answer, or its error
	}{
		{"a text", "mine", "mine"},
		{"a text that looks up", "{{ lookup('pipe', 'touch marker') }}", "it asked the lookup pipe for 'touch marker'"},
		{"a template that looks up", jinja.Defaults(expr.Classic).Value("{{ lookup('pipe', 'touch marker') }}"), "it asked the lookup pipe for 'touch marker'"},
		{"a text that makes one that looks up", `{{ "{{ look" ~ "up('pipe', 'touch marker') }}" }}`, "{{ lookup('pipe', 'touch marker') }}"},
		{"what the play looks up", "{{ lookup('pipe', 'echo constant') }}", "constant"},
		{"a file", "{% include 'secret' %}", "it asked for the template 'secret'"},
		{"another host", "{{ hostvars['a'].secret }}", "it asked for the variable 'secret' of 'a'"},
		{"what the play reads of it", "{{ hostvars['a'].shown }}", "shown by a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &liar{task: 1, ask: &event.Need{Ask: event.Lookup, Name: "template", Args: ir.Val{V: value.DictOf("terms", value.NewList("outer.j2"),
				"options", value.NewDict(), "vars", value.DictOf("outer", c.said))}}}
			r := runWithLiar(t, l)
			if l.reply == nil || r.code != 0 {
				t.Fatalf("not answered:\n%s", r.shown)
			}
			text, _ := value.ToStr(l.reply.Value.V)
			if got := text + l.reply.Error; !strings.Contains(got, c.want) {
				t.Errorf("answered %q, want %q", got, c.want)
			}
			if _, err := os.Stat("marker"); err == nil {
				t.Error("a command ran")
			}
		})
	}
}

// lied is what came of a run with a liar.
type lied struct {
	shown string
	code  int
	calls []string // what localhost was asked to run
}

// lost asserts that the liar was lost for a reason, and nobody else.
func (r lied) lost(t *testing.T, why string) {
	t.Helper()
	if r.code != 4 {
		t.Errorf("exit code %d, want 4", r.code)
	}
	for _, want := range []string{"fatal: [b]: UNREACHABLE! => ", "the host sent what makes no sense", why, "a                          : ok=6 ", "c                          : ok=6 ", "unreachable=1"} {
		if !strings.Contains(r.shown, want) {
			t.Errorf("no %q in\n%s", want, r.shown)
		}
	}
	if _, err := os.Stat("marker"); err == nil {
		t.Error("a command ran")
	}
	for _, c := range r.calls {
		if !strings.HasPrefix(c, "echo ") {
			t.Errorf("localhost ran %q", c)
		}
	}
}

// runWithLiar runs the playbook on the honest hosts a and c, and on b.
func runWithLiar(t *testing.T, l *liar) lied {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"hosts": "a shown='shown by a' secret=hidden\nb\nc\n", "site.yml": tempted, "outer.j2": "{{ outer | default('none') }}", "secret": "x"}
	for _, h := range []string{"a", "b", "c"} {
		files["texts/"+h], files[h+".yml"], files["vars_"+h+".yml"] = "text\n", "- debug: msg=included\n", "loaded: yes\n"
	}
	if err := os.Mkdir(filepath.Join(dir, "texts"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := sessionIn(t, dir, "-i", "hosts")
	var mu sync.Mutex
	r := lied{}
	s.agents = func(host string) io.ReadWriteCloser {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			if host == "b" {
				l.serve(far)
				return
			}
			_ = agent.Serve(far, agent.Options{Local: true, Modules: func(_ context.Context, c *module.Call) *value.Dict {
				mu.Lock()
				defer mu.Unlock()
				if host == "localhost" {
					v, _ := c.Args.GetStr("_raw_params")
					r.calls = append(r.calls, fmt.Sprint(v))
				}
				return value.DictOf("changed", true)
			}})
		}()
		return near
	}
	code, err := s.play(compiled(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.out.Close(); err != nil {
		t.Fatal(err)
	}
	shown, err := os.ReadFile("out")
	if err != nil {
		t.Fatal(err)
	}
	r.shown, r.code = string(shown), code
	return r
}
