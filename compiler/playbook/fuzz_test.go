package playbook

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzLoad holds that no playbook makes the loader panic or hang, and that what loads compiles and lists.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, m := range ar.Files {
			if filepath.Base(m.Name) == "site.yml" {
				f.Add(string(m.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		l := memoryLoader(memory{"/case/site.yml": text, "/case/x.yml": "- debug: msg=x\n", "/case/roles/r/tasks/main.yml": "- debug: msg=r\n"})
		pb, diags := l.Load("site.yml")
		if pb == nil || diags.Stops() {
			return
		}
		for _, p := range pb.Plays {
			Tasks(p.Compile(false), func(t *Task) {
				EnclosingVars(t)
				Tags(t)
				Conditions(t)
				IncludeParams(t)
			})
			p.Compile(true)
			p.AllHandlers()
		}
		l.List(pb, ListOptions{Tasks: true, Tags: true})
	})
}
