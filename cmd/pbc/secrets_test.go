package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pbc/compiler/vault"
)

// canaries are secrets, each named for the place that it is planted in.
const canary = "CANARY-"

// sealed is a canary as ansible-vault makes it, for a file or indented for YAML.
func sealed(t *testing.T, text, indent string) string {
	t.Helper()
	b, err := vault.Encrypt([]byte(text), vault.Secret{ID: "default", Password: []byte(canary + "password")}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return indent + strings.ReplaceAll(strings.TrimSuffix(string(b), "\n"), "\n", "\n"+indent) + "\n"
}

// plant lays out a playbook with a canary in every place that can hold a secret.
func plant(t *testing.T, dir string) {
	t.Helper()
	files := map[string]string{
		"pw":          canary + "password\n",
		"become":      canary + "become\n",
		"connect":     canary + "connect\n",
		"c.yml":       sealed(t, "web: {hosts: {c: {ansible_connection: local, in_inventory: CANARY-closed, ansible_become_password: CANARY-variable}}}\n", ""),
		"hosts":       "[web]\na ansible_connection=local\nb ansible_connection=local ansible_password=CANARY-inventory\n",
		"extra.yml":   sealed(t, "from_extra: CANARY-extra\n", ""),
		"whole.yml":   sealed(t, "from_file: CANARY-file\n", ""),
		"secret.txt":  sealed(t, "CANARY-copied\n", ""),
		"secret.j2":   sealed(t, "CANARY-template {{ inventory_hostname }}\n", ""),
		"tasks.yml":   sealed(t, "- shell: echo CANARY-task >> out\n  no_log: yes\n", ""),
		"ansible.cfg": "[defaults]\nlog_path = run.log\nretry_files_enabled = yes\ncallbacks_enabled = junit, tree\nfact_caching = jsonfile\nfact_caching_connection = facts\n",

		"group_vars/web.yml":        "in_group: !vault |\n" + sealed(t, "CANARY-group", "  "),
		"host_vars/b.yml":           sealed(t, "in_host: CANARY-host\n", ""),
		"roles/r/vars/main.yml":     "in_role: !vault |\n" + sealed(t, "CANARY-role", "  "),
		"roles/r/defaults/main.yml": "by_default: !vault |\n" + sealed(t, "CANARY-defaults", "  "),
		"roles/r/handlers/main.yml": "- name: told\n  command: echo {{ by_default }}\n  no_log: yes\n",
		"roles/r/tasks/main.yml":    "- copy: {content: '{{ in_role }}{{ by_default }}', dest: out}\n  no_log: yes\n  notify: told\n",
		"later.yml":                 sealed(t, "included: CANARY-included\n", ""),
		"site.yml": `- hosts: web
  gather_facts: no
  vars:
    in_play: !vault |
` + sealed(t, "CANARY-play", "      ") + `
  vars_files: [whole.yml]
  vars_prompt: [{name: asked, prompt: x, default: x, private: yes}]
  roles: [r]
  tasks:
    - shell: "echo CANARY-args {{ in_group }} {{ in_play }} {{ from_file }} {{ from_extra }} > out"
      environment: {TOKEN: CANARY-environment}
      no_log: yes
      register: kept
    - command: "false {{ in_host | default('CANARY-default') }}"
      no_log: yes
      ignore_errors: yes
      loop: ["CANARY-item"]
    - copy: {src: secret.txt, dest: out}
      no_log: yes
    - template: {src: secret.j2, dest: out}
      no_log: yes
    - include_tasks: tasks.yml
    - include_vars: later.yml
    - set_fact: {fact: "{{ included }}{{ in_inventory | default('') }}", cacheable: no}
      no_log: yes
    - name: retried
      shell: "echo {{ fact }}; false"
      no_log: yes
      retries: 1
      delay: 0
      until: not kept
      ignore_errors: yes
    - command: "echo {{ fact }}"
      async: 5
      poll: 0
      no_log: yes
    - command: "echo {{ fact }}"
      delegate_to: b
      no_log: yes
      loop: ["{{ fact }}"]
      loop_control: {label: "{{ fact }}"}
    - block:
        - command: "echo {{ nosuch }}{{ fact }}"
        - lineinfile: {path: out, line: "{{ fact }}", regexp: "("}
      rescue:
        - lineinfile: {path: out, line: "{{ fact }}"}
        - copy: {content: "{{ fact }}", dest: out}
        - command: {cmd: cat, stdin: "{{ fact }}"}
      no_log: yes
    - debug: {msg: "{{ fact }}"}
      no_log: yes
    - set_stats: {data: {fact: "{{ fact | length }}"}}
    - assert: {that: "fact == 'x'"}
      no_log: yes
      ignore_errors: yes
    - shell: "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -E '^.?.?CANARY.(password|become|connect)' > processes"
      failed_when: no
    - fail: {msg: "{{ kept.stdout }}{{ in_group | length }}"}
      when: in_play == 'x'
    - debug: {msg: "{{ in_group | hash('sha1') }} {{ nope | default('fine') }}"}
    - command: "false"
`,
	}
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSecretsAreWrittenNowhere greps everything that pbc writes for canaries: plans, output, logs, the event log, retry files, the fact
// cache, temporary files.
func TestSecretsAreWrittenNowhere(t *testing.T) {
	for _, how := range []struct{ name, verbose, dialect, stdout string }{
		{"plain", "--diff", "classic", "default"}, {"verbose", "-vvvv", "classic", "default"},
		{"tagged", "-vvvv", "tagged", "default"}, {"json", "--diff", "tagged", "json"}, {"minimal", "-vvvv", "classic", "minimal"},
		{"oneline", "--diff", "classic", "oneline"}, {"yaml", "-vvvv", "classic", "yaml"},
	} {
		t.Run(how.name, func(t *testing.T) {
			t.Parallel()
			env := []string{"PBC_DIALECT=" + how.dialect, "ANSIBLE_STDOUT_CALLBACK=" + how.stdout}
			dir := t.TempDir()
			plant(t, dir)
			planted := filesOf(t, dir)
			vaulted := []string{"--vault-password-file", "pw"}
			given := append(vaulted, "-i", "hosts", "-i", "c.yml", "-e", "@extra.yml", "--become-password-file", "become", "--connection-password-file", "connect", how.verbose)
			runPBC(t, dir, env, 0, append([]string{"compile", "-o", "plan.bin", "site.yml"}, vaulted...)...)
			runPBC(t, dir, env, 2, append([]string{"playbook", "site.yml"}, given...)...)
			runPBC(t, dir, env, 2, append([]string{"run", "plan.bin"}, given...)...)
			for name, content := range filesOf(t, dir) {
				if _, mine := planted[name]; mine || name == "out" || strings.HasPrefix(name, "home/.ansible_async/") {
					continue // a job keeps its result for who asks for it, as Ansible's does
				}
				for _, found := range found(content) {
					if inClear[found] && (name == "plan.bin" || how.dialect == "tagged") {
						continue // the playbook itself has it in the clear; errors of dialect tagged show its lines
					}
					t.Errorf("%s holds %s", name, found)
				}
			}
		})
	}
}

// inClear are the canaries that the playbook's own text has: a plan carries that text.
var inClear = map[string]bool{"CANARY-args": true, "CANARY-environment": true, "CANARY-default": true, "CANARY-item": true}

// found are the canaries in a text.
func found(content []byte) []string {
	var out []string
	for at := 0; ; {
		i := bytes.Index(content[at:], []byte(canary))
		if i < 0 {
			return out
		}
		end := at + i + len(canary)
		for end < len(content) && content[end] >= 'a' && content[end] <= 'z' {
			end++
		}
		out = append(out, string(content[at+i:end]))
		at = end
	}
}

// runPBC runs pbc with a home and temporary files of its own in dir, and keeps its output there, too.
func runPBC(t *testing.T, dir string, env []string, code int, args ...string) {
	t.Helper()
	pbc, err := exec.LookPath("pbc")
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range []string{"home", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(pbc, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir + "/home", "TMPDIR=" + dir + "/tmp", "PBC_EVENT_LOG=" + dir + "/" + args[0] + ".events",
		"JUNIT_OUTPUT_DIR=" + dir + "/junit", "ANSIBLE_CALLBACK_TREE_DIR=" + dir + "/tree", "LANG=C.UTF-8"}
	cmd.Env = append(cmd.Env, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("pbc %s: exit code %d, want %d:\n%s", strings.Join(args, " "), got, code, out.String())
	}
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("output of %s", args[0])), out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// filesOf are the contents of all files below a folder, by path.
func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err == nil {
			out[rel], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
