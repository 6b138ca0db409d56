package playbook

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/diag"
)

// runner goes through a play as Ansible would on one host where every task succeeds, and notes what it meets.
type runner struct {
	t     *testing.T
	l     *Loader
	lines []string
	ran   map[*Role]bool
	done  map[*Role]bool
}

func (r *runner) check(diags diag.List) {
	r.t.Helper()
	for _, d := range diags.Items {
		r.t.Error(d)
	}
}

func (r *runner) blocks(list []*Block) {
	for _, b := range list {
		r.steps(b.Body)
		r.steps(b.Always)
	}
}

func (r *runner) steps(list []Step) {
	for _, s := range list {
		if b, ok := s.(*Block); ok {
			r.blocks([]*Block{b})
		} else {
			r.task(s.(*Task))
		}
	}
}

func (r *runner) task(t *Task) {
	if t.Kind == Meta && t.Implicit {
		if raw, _ := t.Args.Get("_raw_params").Text(); raw == "role_complete" && r.ran[t.Role] {
			r.done[t.Role] = true
		}
		return
	}
	if t.Role != nil {
		if r.done[t.Role] && !t.Role.AllowDuplicates {
			return
		}
		r.ran[t.Role] = true
	}
	r.lines = append(r.lines, t.DisplayName())
	switch t.Kind {
	case IncludeTasks:
		name, _ := t.Include.File.Text()
		if c := r.l.Candidates(t); !slices.Contains(c, r.l.abs(r.l.ResolveInclude(t, name))) {
			r.t.Errorf("%s: %s is not among the candidates %q", t.Pos, name, c)
		}
		file, blocks, diags := r.l.LoadTasks(t, name, nil)
		r.check(diags)
		r.lines = append(r.lines, "included: "+file)
		r.blocks(blocks)
	case IncludeRole:
		ask := RoleAsk{AllowDuplicates: true, From: map[string]string{}}
		ask.Name, _ = t.Include.RoleName.Text()
		for part, f := range t.Include.From {
			ask.From[part], _ = f.Text()
		}
		in, diags := r.l.LoadRole(t, ask)
		r.check(diags)
		r.blocks(in.Blocks)
	}
}

func TestIncludesAreAnsibles(t *testing.T) {
	files, err := filepath.Glob("testdata/includes/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		order, cases, want := caseFiles(t, file)
		for _, name := range order {
			t.Run(name, func(t *testing.T) {
				l := memoryLoader(cases[name])
				pb, diags := l.Load("site.yml")
				r := &runner{t: t, l: l, ran: map[*Role]bool{}, done: map[*Role]bool{}}
				r.check(diags)
				for _, p := range pb.Plays {
					r.blocks(p.Compile(false))
				}
				if d := cmp.Diff(want[name], strings.Join(r.lines, "\n")+"\n"); d != "" {
					t.Errorf("-ansible +pbc\n%s", d)
				}
			})
		}
	}
}

func TestCandidates(t *testing.T) {
	tree := memory{
		"/case/roles/r/tasks/Debian.yml":     "",
		"/case/roles/r/tasks/RedHat.yaml":    "",
		"/case/roles/r/tasks/notes.txt":      "",
		"/case/roles/r/tasks/setup-a.yml":    "",
		"/case/roles/r/tasks/setup-b.yml":    "",
		"/case/roles/r/tasks/os/Debian.yml":  "",
		"/case/roles/r/tasks/os/Suse/x.yml":  "",
		"/case/roles/r/tasks/os/Arch/x.yml":  "",
		"/case/roles/r/handlers/setup-h.yml": "",
	}
	for _, c := range []struct {
		name, include string
		want          []string
	}{
		{"constant parts", "setup-{{ x }}.yml", []string{"handlers/setup-h.yml", "tasks/setup-a.yml", "tasks/setup-b.yml"}},
		{"whole name", "{{ ansible_os_family }}.yml", []string{"handlers/setup-h.yml", "tasks/Debian.yml", "tasks/main.yml", "tasks/setup-a.yml", "tasks/setup-b.yml", "/case/site.yml"}},
		{"directory", "os/{{ x }}.yml", []string{"tasks/os/Debian.yml"}},
		{"middle segment", "os/{{ x }}/x.yml", []string{"tasks/os/Arch/x.yml", "tasks/os/Suse/x.yml"}},
		{"role_path", "{{ role_path }}/tasks/{{ x }}.yaml", []string{"tasks/RedHat.yaml"}},
		{"no template", "Debian.yml", []string{"tasks/Debian.yml"}},
		{"nothing there", "missing-{{ x }}.yml", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := memory{"/case/site.yml": "- hosts: all\n  roles: [r]\n", "/case/roles/r/tasks/main.yml": "- include_tasks: \"" + c.include + "\"\n"}
			for k, v := range tree {
				m[k] = v
			}
			l := memoryLoader(m)
			pb, diags := l.Load("site.yml")
			if len(diags.Items) > 0 {
				t.Fatal(diags.Items[0])
			}
			var got []string
			Tasks(pb.Plays[0].Roles[0].Blocks, func(task *Task) {
				for _, f := range l.Candidates(task) {
					got = append(got, strings.TrimPrefix(f, "/case/roles/r/"))
				}
			})
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}
