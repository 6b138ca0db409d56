package fact

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/internal/live"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// volatile are the facts that differ between two runs of setup on one machine, as paths.
var volatile = []struct{ path, why string }{
	{"ansible_date_time", "the time"},
	{"ansible_uptime_seconds", "the time"},
	{"ansible_loadavg", "the load"},
	{"ansible_memfree_mb", "memory in use"},
	{"ansible_memory_mb.real.free", "memory in use"},
	{"ansible_memory_mb.real.used", "memory in use"},
	{"ansible_memory_mb.nocache.free", "memory in use"},
	{"ansible_memory_mb.nocache.used", "memory in use"},
	{"ansible_memory_mb.swap.free", "memory in use"},
	{"ansible_memory_mb.swap.used", "memory in use"},
	{"ansible_memory_mb.swap.cached", "memory in use"},
	{"ansible_swapfree_mb", "memory in use"},
	{"ansible_mounts.block_available", "disk in use"},
	{"ansible_mounts.block_used", "disk in use"},
	{"ansible_mounts.size_available", "disk in use"},
	{"ansible_mounts.inode_available", "disk in use"},
	{"ansible_mounts.inode_used", "disk in use"},
	{"ansible_env._", "the program that was started"},
	{"ansible_env.OLDPWD", "set by Ansible's shell"},
	{"ansible_env.PWD", "set by Ansible's shell"},
	{"ansible_env.SHLVL", "counted by Ansible's shell"},
	{"ansible_env.LC_ALL", "set by Ansible"},
	{"ansible_env.LC_MESSAGES", "set by Ansible"},
}

// oracle is the installed ansible, or that beside the ansible-playbook which PBC_ORACLE names, and its dialect.
func oracle() (string, expr.Dialect, error) {
	name := "ansible"
	if p := os.Getenv("PBC_ORACLE"); p != "" {
		name = filepath.Join(filepath.Dir(p), name)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", 0, err
	}
	out, err := exec.Command(path, "--version").Output()
	if regexp.MustCompile(`core 2\.(1[4-8])\.`).Match(out) {
		return path, expr.Classic, err
	}
	return path, expr.Tagged, err
}

// TestThisMachine compares every fact of this machine with what Ansible's setup says of it. Without
// Ansible there is nothing to ask; TestRecordedHosts has its recorded answers.
func TestThisMachine(t *testing.T) {
	ansible, dialect, err := oracle()
	if err != nil {
		live.Missing(t, "ansible is not installed")
	}
	c := exec.Command(ansible, "localhost", "-e", "ansible_python_interpreter=/usr/bin/python3", "-m", "setup", "-a", "fact_path="+t.TempDir())
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(out), "=> ")
	answer, err := value.ParseJSON([]byte(text))
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	want, _ := answer.(*value.Dict).GetStr("ansible_facts")
	res := Setup.Run(context.Background(), &module.Call{Name: "setup", Dialect: dialect, Args: value.DictOf("fact_path", t.TempDir())})
	got, ok := res.GetStr("ansible_facts")
	if !ok {
		t.Fatal(value.Repr(res))
	}
	for _, v := range volatile {
		forget(want, strings.Split(v.path, "."))
		forget(got, strings.Split(v.path, "."))
	}
	if want.(*value.Dict).Len() < 80 {
		t.Fatalf("Ansible gave %d facts only", want.(*value.Dict).Len())
	}
	if d := cmp.Diff(plain(want), plain(got)); d != "" {
		t.Errorf("Ansible's (-) and pbc's (+) facts differ:\n%s", d)
	}
}

// forget removes what the path leads to, in every element of a list.
func forget(v value.Value, path []string) {
	switch x := v.(type) {
	case *value.List:
		for _, e := range x.V {
			forget(e, path)
		}
	case *value.Dict:
		if len(path) == 1 {
			x.Del(path[0])
			return
		}
		next, _ := x.GetStr(path[0])
		forget(next, path[1:])
	}
}

// TestDateTimeKeys compares what TestThisMachine must leave out: that the keys are there.
func TestDateTimeKeys(t *testing.T) {
	g, err := Gather(context.Background(), Here(), Options{Subset: []string{"!all", "!min", "date_time"}})
	if err != nil {
		t.Fatal(err)
	}
	d, _ := g.Facts.GetStr("ansible_date_time")
	var keys []string
	for _, k := range d.(*value.Dict).K {
		keys = append(keys, k.(string))
	}
	slices.Sort(keys)
	want := strings.Fields(`date day epoch epoch_int hour iso8601 iso8601_basic iso8601_basic_short iso8601_micro
		minute month second time tz tz_dst tz_offset weekday weekday_number weeknumber year`)
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
}
