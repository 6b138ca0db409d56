package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"pbc/transport/transporttest"
)

// work is a playbook, and the same as shell commands where that means something.
type work struct {
	name     string
	playbook string
	shell    string            // empty: nothing comparable
	files    map[string]string // beside the playbook
	hosts    int               // 0 is one
}

func tasks(n int, task string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(task, "@", fmt.Sprint(i)))
	}
	return b.String()
}

const head = "- hosts: all\n  gather_facts: no\n  tasks:\n"

func allWork() []work {
	copies := map[string]string{}
	for i := range 50 {
		copies[fmt.Sprintf("files/f%d", i)] = strings.Repeat(fmt.Sprintf("file %d\n", i), 200)
	}
	const folder = "    - file: {path: '{{ site }}', state: directory}\n"
	return []work{
		{
			name:     "command100",
			playbook: head + tasks(100, "    - name: step @\n      command: hostname\n"),
			shell:    strings.Repeat("hostname\n", 100),
		},
		{
			name:     "copy50",
			playbook: head + folder + tasks(50, "    - name: copy @\n      copy: {src: f@, dest: '{{ site }}/f@'}\n"),
			files:    copies,
		},
		{
			name: "template50",
			playbook: "- hosts: all\n  gather_facts: no\n  vars: {words: [a, b, c]}\n  tasks:\n" + folder +
				tasks(50, "    - name: template @\n      template: {src: t.j2, dest: '{{ site }}/t@'}\n      vars: {n: @}\n"),
			files: map[string]string{"t.j2": "{% for x in words %}\nserver {{ x }} {{ n }};\n{% endfor %}\n{% if n > 10 %}\nbig {{ n | string | upper }}\n{% endif %}\n"},
		},
		{
			name: "python100", // a module of a collection, which is not native: files of sudo's rules
			playbook: head + folder + tasks(100, "    - name: rule @\n      community.general.sudoers: {name: rule@, user: joe, commands: /bin/true, "+
				"sudoers_path: '{{ site }}', validation: absent}\n"),
		},
		{name: "hosts20", hosts: 20, playbook: head + tasks(20, "    - name: step @\n      command: hostname\n")},
		{name: "facts", playbook: "- hosts: all\n  tasks:\n    - debug: var=ansible_distribution\n"},
	}
}

func chosenWork(names string) ([]work, error) {
	all := allWork()
	if names == "all" {
		return all, nil
	}
	var out []work
	for n := range strings.SplitSeq(names, ",") {
		found := false
		for _, w := range all {
			if w.name == n {
				out, found = append(out, w), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no work named %q", n)
		}
	}
	return out, nil
}

// host is the machine that all hosts of a playbook are, as a contestant sees it.
type host struct {
	server *transporttest.SSHD
	line   *relay
	dir    string // of the contestant: playbook, inventory
	sites  string // what playbooks write to
}

// sshArgs make every contestant trust the server's key, whatever the relay's port.
func (h host) sshArgs() string {
	return "-o UserKnownHostsFile=" + h.server.Known + " -o StrictHostKeyChecking=no"
}

func (h host) prepare(w work) error {
	var inventory strings.Builder
	for i := range max(w.hosts, 1) {
		fmt.Fprintf(&inventory, "h%d ansible_host=127.0.0.1 ansible_port=%d ansible_user=%s ansible_ssh_private_key_file=%s ansible_ssh_common_args='%s' ansible_python_interpreter=/usr/bin/python3 site=%s\n",
			i, h.line.port(), h.server.User, h.server.Key, h.sshArgs(), h.sites)
	}
	files := map[string]string{"site.yml": w.playbook, "hosts": inventory.String()}
	for n, text := range w.files {
		files[n] = text
	}
	for n, text := range files {
		f := filepath.Join(h.dir, n)
		if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(f, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// reset makes the host as it was before the first run; a cached agent stays unless cold.
func (h host) reset(cold bool) error {
	if err := os.RemoveAll(h.sites); err != nil {
		return err
	}
	if cold {
		return os.RemoveAll(filepath.Join(h.server.Home, ".cache"))
	}
	return nil
}

// contestant is a way to get the work done.
type contestant struct {
	name string
	cold bool
	// command returns what to start and its input; nil when it cannot do this work.
	command func(h host, w work) (argv []string, stdin string)
	config  string // lines for [defaults] of ansible.cfg
}

// environ writes the contestant's ansible.cfg and returns the environment that names it.
func (c contestant) environ(h host) []string {
	cfg := filepath.Join(h.dir, "ansible.cfg")
	text := "[defaults]\nforks=50\n" + c.config + "[ssh_connection]\npipelining=True\n" +
		"ssh_args=-o ControlMaster=auto -o ControlPersist=60s\ncontrol_path_dir=" + h.dir + "/cp\n"
	os.WriteFile(cfg, []byte(text), 0o644)
	return []string{"ANSIBLE_CONFIG=" + cfg, "ANSIBLE_NOCOLOR=1"}
}

func contestants(p *place, o options) ([]contestant, error) {
	want := func(n string) bool { return o.only == "" || strings.Contains(","+o.only+",", ","+n+",") }
	var out []contestant
	if want("ssh") {
		out = append(out, contestant{name: "one `ssh host sh`", command: viaSSH})
	}
	if want("pbc") {
		bin, err := pbcBinary(p, o.pbc)
		if err != nil {
			return nil, err
		}
		run := func(h host, _ work) ([]string, string) {
			return []string{bin, "playbook", "-i", "hosts", "site.yml"}, ""
		}
		out = append(out, contestant{name: "pbc, agent cached", command: run}, contestant{name: "pbc, agent sent", command: run, cold: true})
	}
	ansible, err := exec.LookPath("ansible-playbook")
	if err != nil {
		return out, nil
	}
	play := func(host, work) ([]string, string) { return []string{ansible, "-i", "hosts", "site.yml"}, "" }
	if dir := mitogen(); dir != "" && want("mitogen") {
		out = append(out, contestant{name: "Mitogen", command: play, config: "strategy_plugins=" + dir + "\nstrategy=mitogen_linear\n"})
	}
	if want("ansible") {
		out = append(out, contestant{name: "ansible-playbook", command: play})
	}
	return out, nil
}

func viaSSH(h host, w work) ([]string, string) {
	if w.shell == "" {
		return nil, ""
	}
	argv := append([]string{"ssh"}, strings.Fields(h.sshArgs())...)
	return append(argv, "-i", h.server.Key, "-p", fmt.Sprint(h.line.port()), h.server.User+"@127.0.0.1", "sh"), w.shell
}

// mitogen finds the strategy plugins of Mitogen for Ansible.
func mitogen() string {
	for _, pattern := range []string{
		"/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy",
		"/usr/local/lib/python3*/*-packages/ansible_mitogen/plugins/strategy",
	} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

func pbcBinary(p *place, given string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	dir := p.TempDir()
	bin := filepath.Join(dir, "pbc")
	for _, argv := range [][]string{
		{"go", "run", "./internal/mkagents", "-o", filepath.Join(dir, "agents"), "-platforms", "linux/amd64,linux/arm64"},
		{"go", "build", "-trimpath", "-tags", "embed_agents", "-overlay", filepath.Join(dir, "agents/overlay.json"), "-ldflags=-s -w", "-o", bin, "./cmd/pbc"},
	} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out)
		}
	}
	return bin, nil
}
