package fact

import (
	"context"
	"encoding/json"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"pbc/ir/expr"
	"pbc/ir/value"
)

// hostArgs is the part args.json of a recorded host; testdata/oracle.py explains it.
type hostArgs struct {
	Subset  []string
	Uname   map[string]string
	Env     map[string]string
	Bundled bool
	Drop    []string
}

// eachRecorded runs a test for each of the recorded hosts of a folder of testdata, of which there must be some.
func eachRecorded(t *testing.T, folder string, atLeast int, test func(*testing.T, *txtar.Archive)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(files) < atLeast {
		t.Fatalf("%d recorded hosts (%v)", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(f)
			if err != nil {
				t.Fatal(err)
			}
			test(t, a)
		})
	}
}

// TestRecordedHosts gathers the facts of the hosts in testdata/hosts and compares them with those
// that Ansible gave of the same files.
func TestRecordedHosts(t *testing.T) {
	eachRecorded(t, "hosts", 100, func(t *testing.T, a *txtar.Archive) {
		compareHost(t, a, expr.Classic, part(a, "want.json"))
		tagged := part(a, "want-tagged.json")
		if tagged == nil {
			tagged = part(a, "want.json")
		}
		compareHost(t, a, expr.Tagged, tagged)
	})
}

func compareHost(t *testing.T, a *txtar.Archive, dialect expr.Dialect, recorded []byte) {
	t.Helper()
	var args hostArgs
	if err := json.Unmarshal(part(a, "args.json"), &args); err != nil {
		t.Fatal(err)
	}
	g, err := Gather(context.Background(), unpackHost(t, a, args),
		Options{Subset: args.Subset, Path: DefaultPath, Dialect: dialect})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range append(args.Drop, ofPython...) {
		g.Facts.Del(k)
	}
	want, err := value.ParseJSON(recorded)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(plain(want), plain(g.Facts)); d != "" {
		t.Errorf("Ansible's (-) and pbc's (+) facts differ in dialect %d:\n%s", dialect, d)
	}
}

func part(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// unpackHost makes a folder of a recorded host and a System that reads it. Tools of the host are
// scripts, run by this machine's sh.
func unpackHost(t *testing.T, a *txtar.Archive, args hostArgs) *System {
	t.Helper()
	root := t.TempDir()
	for _, f := range a.Files {
		if strings.HasSuffix(f.Name, ".json") && !strings.Contains(f.Name, "/") {
			continue
		}
		name, target, link := strings.Cut(f.Name, " ->")
		path := filepath.Join(root, name)
		dir := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			dir = path
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if dir == path {
			continue
		}
		if link {
			if err := os.Symlink(strings.TrimSpace(target), path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		data, mode := f.Data, os.FileMode(0o644)
		if filepath.Base(name) == "environ" {
			data = []byte(strings.ReplaceAll(string(data), "\n", "\x00"))
		}
		if slices.Contains(strings.Split(filepath.Dir(name), "/"), "bin") ||
			slices.Contains(strings.Split(filepath.Dir(name), "/"), "sbin") || strings.HasPrefix(string(data), "#!") {
			mode = 0o755
		}
		if err := os.WriteFile(path, data, mode); err != nil {
			t.Fatal(err)
		}
	}
	s := &System{Root: root, Environ: []string{"PATH=/bin:/usr/bin:/sbin:/usr/sbin", "HOME=/"},
		Uname: &Uname{System: "Linux", Node: "host", Release: "6.1.0", Version: "#1", Machine: "x86_64"}}
	for k, v := range args.Env {
		s.Environ = append(s.Environ, k+"="+v)
	}
	for k, v := range args.Uname {
		*map[string]*string{"sysname": &s.Uname.System, "nodename": &s.Uname.Node, "release": &s.Uname.Release,
			"version": &s.Uname.Version, "machine": &s.Uname.Machine}[k] = v
	}
	s.Exec = func(ctx context.Context, argv, env []string) Output { return runIn(ctx, s, argv) }
	return s
}

// runIn runs a script of the host.
func runIn(ctx context.Context, s *System, argv []string) Output {
	tool := argv[0]
	if tool == "/bin/sh" { // a pipe whose first tool is the host's
		rest := argv[2]
		c := exec.CommandContext(ctx, "/bin/sh", "-c", "/bin/sh "+s.path(rest))
		var out, errs strings.Builder
		c.Stdout, c.Stderr = &out, &errs
		c.Env = []string{"PATH=" + s.path("/bin") + ":" + s.path("/usr/bin") + ":/usr/bin:/bin"}
		if first, _, _ := strings.Cut(rest, " "); !s.exists(first) {
			return Output{Code: 127}
		}
		r := Output{}
		if c.Run() != nil {
			r.Code = c.ProcessState.ExitCode()
		}
		r.Stdout, r.Stderr = out.String(), errs.String()
		return r
	}
	if !filepath.IsAbs(tool) {
		tool = s.look(tool)
	}
	if _, err := os.Stat(s.path(tool)); tool == "" || err != nil {
		return Output{Code: 127}
	}
	var out, errs strings.Builder
	c := exec.CommandContext(ctx, "/bin/sh", append([]string{s.path(tool)}, argv[1:]...)...)
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	r := Output{Stdout: out.String(), Stderr: errs.String()}
	if err != nil {
		r.Code = c.ProcessState.ExitCode()
	}
	return r
}

// ofPython are the facts that the recording leaves out: they tell of the recording's own Python.
var ofPython = []string{"ansible_python_version", "ansible_userspace_bits", "ansible_processor_nproc",
	"gather_subset", "module_setup"}

// unordered are the facts whose order Ansible leaves to a set or to the file system.
var unordered = []string{"ansible_interfaces", "ansible_virtualization_tech_guest",
	"ansible_virtualization_tech_host", "ansible_all_ipv4_addresses", "ansible_all_ipv6_addresses", "interfaces",
	"holders", "ansible_fibre_channel_wwn"}

// plain makes Go values for cmp, with the unordered lists sorted.
func plain(v value.Value) any {
	switch x := v.(type) {
	case *value.Dict:
		m := map[string]any{}
		for i, k := range x.K {
			s, _ := value.Text(k)
			e := plain(x.V[i])
			if l, ok := e.([]any); ok && s == "ansible_mounts" { // as they answered
				slices.SortFunc(l, func(a, b any) int {
					return strings.Compare(a.(map[string]any)["mount"].(string), b.(map[string]any)["mount"].(string))
				})
			}
			if l, ok := e.([]any); ok && slices.Contains(unordered, s) {
				slices.SortFunc(l, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
			}
			m[s] = e
		}
		return m
	case *value.List:
		l := make([]any, len(x.V))
		for i, e := range x.V {
			l[i] = plain(e)
		}
		return l
	case *big.Int:
		return x.String()
	}
	return v
}
