package builtin

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// The differential test: every scenario's steps are run by the native modules in both dialects and compared with what
// the real Ansible returned and left behind, as recorded under testdata/golden and testdata/golden/tagged. With -record
// the real ansible-playbook is run again and its results written there.
var record = flag.String("record", "", "run ansible-playbook (PBC_ORACLE, PBC_ORACLE_TAGGED) and record its results as goldens of that dialect: classic or tagged")

// dialect is a generation of ansible-core, with the folder of its goldens and the variable that names its oracle.
type dialect struct {
	name, folder, oracle string
	is                   expr.Dialect
}

// dialects are what every scenario is run in.
var dialects = []dialect{
	{"classic", "testdata/golden", "PBC_ORACLE", expr.Classic},
	{"tagged", "testdata/golden/tagged", "PBC_ORACLE_TAGGED", expr.Tagged},
}

// scenario is a folder with files, and module calls one after the other. In everything it says, @D@
// stands for the folder.
type scenario struct {
	name string
	// setup has one entry a line: "dir path mode", "file path mode text", "link path target",
	// "hard path target", "fifo path".
	setup []string
	// steps are calls: flags (check, diff, env:NAME=VALUE), the module's name, and its arguments as JSON.
	steps []string
}

type step struct {
	check, diff bool
	module      string
	args        string
	env         map[string]string
}

func parseStep(s string) step {
	var r step
	for {
		word, rest, _ := strings.Cut(s, " ")
		s = rest
		name, val, isEnv := strings.Cut(strings.TrimPrefix(word, "env:"), "=")
		switch {
		case isEnv && strings.HasPrefix(word, "env:"):
			if r.env == nil {
				r.env = map[string]string{}
			}
			r.env[name] = val
		case word == "check":
			r.check = true
		case word == "diff":
			r.diff = true
		default:
			r.module, r.args = word, rest
			return r
		}
	}
}

// recorded is one scenario's golden.
type recorded struct {
	Results []any    `json:"results"`
	Tree    []string `json:"tree"`
}

func TestMain(m *testing.M) {
	syscall.Umask(0o022)
	os.Exit(m.Run())
}

// differ runs a group of scenarios against its golden files.
func differ(t *testing.T, group string, scenarios []scenario) {
	t.Helper()
	for _, d := range dialects {
		golden := filepath.Join(d.folder, group+".json")
		if *record == d.name {
			recordGroup(t, cmp.Or(os.Getenv(d.oracle), "ansible-playbook"), golden, scenarios)
		}
		data, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]recorded
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		for _, s := range scenarios {
			t.Run(d.name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				w, ok := want[s.name]
				if !ok {
					t.Fatalf("no golden for %q: run with -record", s.name)
				}
				s.compare(t, d.is, w)
			})
		}
	}
}

// compare holds what the native modules do against what was recorded.
func (s scenario) compare(t *testing.T, d expr.Dialect, want recorded) {
	got := runNative(t, d, s)
	for i, g := range got.Results {
		if i < len(want.Results) {
			if d := gocmp.Diff(normal(want.Results[i], "@D@", ""), g); d != "" {
				t.Errorf("%s\n(-ansible +native)\n%s", s.steps[i], d)
			}
		}
	}
	if d := gocmp.Diff(want.Tree, got.Tree); d != "" {
		t.Errorf("files after (-ansible +native)\n%s", d)
	}
}

func place(t *testing.T, dir string, s scenario) {
	t.Helper()
	for _, line := range s.setup {
		f := strings.SplitN(line, " ", 4)
		p := filepath.Join(dir, f[1])
		mode := func() os.FileMode { n, _ := strconv.ParseUint(f[2], 8, 32); return os.FileMode(n) }
		var err error
		switch f[0] {
		case "dir":
			err = os.Mkdir(p, 0o755)
			if err == nil {
				err = syscall.Chmod(p, uint32(mode()))
			}
		case "file":
			text := ""
			if len(f) > 3 {
				text, err = strconv.Unquote(`"` + strings.ReplaceAll(f[3], `"`, `\"`) + `"`)
			}
			if err == nil {
				syscall.ForkLock.RLock() // a program that another test's new process has open for writing cannot run
				err = os.WriteFile(p, []byte(text), 0o644)
				syscall.ForkLock.RUnlock()
			}
			if err == nil {
				err = syscall.Chmod(p, uint32(mode()))
			}
		case "link":
			err = os.Symlink(strings.ReplaceAll(f[2], "@D@", dir), p)
		case "hard":
			err = os.Link(filepath.Join(dir, f[2]), p)
		case "fifo":
			err = syscall.Mkfifo(p, 0o644)
		default:
			t.Fatalf("setup: %q", line)
		}
		if err != nil {
			t.Fatalf("setup %q: %v", line, err)
		}
	}
}

func runNative(t *testing.T, d expr.Dialect, s scenario) recorded {
	t.Helper()
	dir := t.TempDir()
	tmp := t.TempDir()
	place(t, dir, s)
	var r recorded
	for _, text := range s.steps {
		res := runStep(t, d, parseStep(strings.ReplaceAll(text, "@D@", dir)), tmp)
		r.Results = append(r.Results, normal(plain(res), dir, tmp))
	}
	r.Tree = tree(t, dir)
	return roundTrip(t, r)
}

// runStep makes one call.
func runStep(t *testing.T, d expr.Dialect, st step, tmp string) *value.Dict {
	t.Helper()
	m, ok := Lookup(st.module)
	if !ok {
		t.Fatalf("no module %q", st.module)
	}
	v, err := value.ParseJSON([]byte(st.args))
	if err != nil {
		t.Fatalf("%s: %v", st.args, err)
	}
	c := &module.Call{Name: m.Name, Action: st.module, Args: v.(*value.Dict), Check: st.check, Diff: st.diff, RemoteTmp: tmp, Env: st.env, Dialect: d}
	if m.Declines != nil && m.Declines(c) != "" {
		t.Fatalf("%s declines: %s", st.module, m.Declines(c))
	}
	attachSource(t, c)
	return finished(d, m.Run(context.Background(), c))
}

// finished is the result with what the machine of dialect tagged makes of a failure.
func finished(d expr.Dialect, res *value.Dict) *value.Dict {
	failed, _ := res.GetStr("failed")
	if d != expr.Tagged || failed != true {
		return res
	}
	chain, _ := res.GetStr("_ansible_error")
	msg, told := res.GetStr("msg")
	own := failure.FromValue(chain)
	if own == nil {
		text, _ := value.Text(msg)
		own = failure.New(text)
	}
	what := "Module failed."
	by, _ := res.GetStr(module.FailedBy)
	switch by {
	case nil:
		own = failure.Failure{Msg: what}.Because(own)
	case module.ByAction:
		own = failure.Failure{Msg: "Action failed."}.Because(own)
	}
	error := failure.Failure{Msg: "Task failed."}.Because(own).Brief()
	if !told {
		res.SetStr("msg", error)
	}
	res.SetStr("error", error)
	res.Del("_ansible_error")
	return res
}

// attachSource gives the call what the controller would: the file that src names, or its rendered text.
func attachSource(t *testing.T, c *module.Call) {
	t.Helper()
	remote, _ := c.Args.GetStr("remote_src")
	src, _ := c.Args.GetStr("src")
	path, ok := value.Text(src)
	local := map[string]bool{"copy": true, "template": true}[c.Action]
	if !ok || remote == true || remote == "yes" || !local {
		return
	}
	s, err := sourceOf(path)
	if err != nil {
		return
	}
	c.Source, c.Blobs = s, fileBlobs(path)
	if c.Action == "template" {
		if c.Content, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
}

func sourceOf(path string) (*module.Source, error) {
	s, err := oneSource(path, path)
	if err != nil || !s.IsDir {
		return &s, err
	}
	err = filepath.WalkDir(path, func(p string, _ os.DirEntry, err error) error {
		if err != nil || p == path {
			return err
		}
		rel, _ := filepath.Rel(path, p)
		c, err := oneSource(p, rel)
		s.Children = append(s.Children, c)
		return err
	})
	return &s, err
}

func oneSource(path, name string) (module.Source, error) {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		if err := syscall.Lstat(path, &st); err != nil {
			return module.Source{}, err
		}
	}
	s := module.Source{Path: name, Mode: uint32(st.Mode) & 0o7777, Size: st.Size}
	switch uint32(st.Mode) & syscall.S_IFMT {
	case syscall.S_IFDIR:
		s.IsDir = true
	case syscall.S_IFLNK:
		s.Link, _ = os.Readlink(path)
	default:
		data, err := os.ReadFile(path)
		if err != nil {
			return s, err
		}
		s.Digest = digest(data)
	}
	return s, nil
}

func digest(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }

// fileBlobs finds blobs among the files at and below a path.
type fileBlobs string

func (b fileBlobs) Open(want string) (io.ReadCloser, error) {
	var found []byte
	err := filepath.WalkDir(string(b), func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if data, err := os.ReadFile(p); err == nil && digest(data) == want {
			found = data
		}
		return nil
	})
	if found == nil && err == nil && want != digest(nil) {
		err = fmt.Errorf("no blob %s", want)
	}
	return io.NopCloser(bytes.NewReader(found)), err
}

// plain turns values into what encoding/json knows.
func plain(v value.Value) any {
	switch x := v.(type) {
	case *value.Dict:
		m := map[string]any{}
		for i, k := range x.K {
			s, _ := value.ToStr(k)
			m[s] = plain(x.V[i])
		}
		return m
	case *value.List:
		l := []any{}
		for _, e := range x.V {
			l = append(l, plain(e))
		}
		return l
	case value.Tuple:
		return plain(value.NewList(x...))
	case *value.Str:
		return x.S
	case *big.Int:
		return json.Number(x.String())
	}
	return v
}

func roundTrip(t *testing.T, r recorded) recorded {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back recorded
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

var (
	backupName = regexp.MustCompile(`\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~`)
	tmpName    = regexp.MustCompile(`[^\s"']*/ansible-(tmp|moduletmp|local)-?[0-9a-z_.-]+`)
	randomName = regexp.MustCompile(`(ansible\.|\.ansible_tmp|pre-|tmp)[a-z0-9_]{8}`)
	hiddenName = regexp.MustCompile(`^(@TMP@/)?\.[a-z0-9_]{8}$`)
	trace      = regexp.MustCompile(`(?s)^Traceback.*\n(\S[^\n]*)\n*$`)
	addr       = regexp.MustCompile(`\.\d{4,}\.\d+(\.\d+)?\.tmp`)
)

// volatile are the keys whose values no two runs share.
var volatile = map[string]bool{"start": true, "end": true, "delta": true, "atime": true, "mtime": true, "ctime": true, "inode": true, "dev": true,
	"version": true, "attr_flags": true, "attributes": true, "blocks": true, "block_size": true, "device_type": true, "exception": true,
	"mimetype": true, "charset": true, "elapsed": true}

// normal replaces what depends on the run or the machine: folders, process ids, times, own account.
func normal(v any, dir, tmp string) any {
	switch x := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for k, e := range x {
			k = normal(k, dir, tmp).(string)
			switch {
			case k == "exception", k == "_ansible_failed_by", k == "_ansible_raised": // pbc's own keys, which the machine takes away
			case volatile[k] && e != nil && e != "":
				m[k] = "<" + k + ">"
			case k == "size" && (x["state"] == "directory" || x["state"] == "link" || x["islnk"] == true || x["isdir"] == true):
				m[k] = "<size>"
			case k == "uid" && fmt.Sprint(e) == strconv.Itoa(os.Getuid()), k == "gid" && fmt.Sprint(e) == strconv.Itoa(os.Getgid()),
				k == "owner" && fmt.Sprint(e) == strconv.Itoa(os.Getuid()), k == "group" && fmt.Sprint(e) == strconv.Itoa(os.Getgid()),
				k == "owner" && e == module.UserName(os.Getuid()), k == "group" && e == module.GroupName(os.Getgid()),
				k == "pw_name" && e == module.UserName(os.Getuid()), k == "gr_name" && e == module.GroupName(os.Getgid()):
				m[k] = "<own>"
			default:
				m[k] = normal(e, dir, tmp)
			}
		}
		if x["size"] == nil {
			delete(m, "size")
		}
		return m
	case []any:
		l := []any{}
		x = byPath(x)
		for _, e := range x {
			l = append(l, normal(e, dir, tmp))
		}
		return l
	case string:
		s := strings.ReplaceAll(x, dir, "@D@")
		if tmp != "" {
			s = strings.ReplaceAll(s, tmp, "@TMP@")
		}
		s = tmpName.ReplaceAllString(s, "@TMP@")
		s = backupName.ReplaceAllString(s, ".PID.DATE~")
		s = addr.ReplaceAllString(s, ".PID.TIME.tmp")
		if before, _, ok := strings.Cut(s, "Valid booleans include:"); ok {
			s = before // the rest is a set in any order
		}
		s = hiddenName.ReplaceAllString(s, "${1}.RANDOM")
		s = randomName.ReplaceAllString(s, "${1}RANDOM")
		return trace.ReplaceAllString(s, "$1")
	}
	return v
}

// byPath sorts files that a folder's own order has put in a list.
func byPath(l []any) []any {
	path := func(v any) string {
		m, _ := v.(map[string]any)
		s, _ := m["path"].(string)
		return s
	}
	if len(l) == 0 || path(l[0]) == "" {
		return l
	}
	l = slices.Clone(l)
	slices.SortFunc(l, func(a, b any) int { return strings.Compare(path(a), path(b)) })
	return l
}

// tree lists what is in a folder: kind, mode, links, and content or target.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	r := []string{}
	err := filepath.WalkDir(dir, func(p string, _ os.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		var st syscall.Stat_t
		if err := syscall.Lstat(p, &st); err != nil {
			return err
		}
		line := fmt.Sprintf("%s %06o", normal(rel, dir, ""), st.Mode)
		switch uint32(st.Mode) & syscall.S_IFMT {
		case syscall.S_IFLNK:
			to, _ := os.Readlink(p)
			line += " -> " + normal(to, dir, "").(string)
		case syscall.S_IFREG:
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %d %q", st.Nlink, normal(string(data), dir, ""))
		}
		r = append(r, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// recordGroup runs the scenarios with the real Ansible and writes the golden file.
func recordGroup(t *testing.T, oracle, golden string, scenarios []scenario) {
	t.Helper()
	root := t.TempDir()
	var tasks []any
	for i, s := range scenarios {
		dir := filepath.Join(root, "d", strconv.Itoa(i))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		place(t, dir, s)
		for _, text := range s.steps {
			st := parseStep(strings.ReplaceAll(text, "@D@", dir))
			task := map[string]any{"name": strconv.Itoa(i), "ignore_errors": true, "check_mode": st.check, "diff": st.diff}
			if st.env != nil {
				task["environment"] = st.env
			}
			var args map[string]any
			if err := json.Unmarshal([]byte(st.args), &args); err != nil {
				t.Fatalf("%s: %v", st.args, err)
			}
			task[st.module] = args
			if raw, ok := args["_raw_params"]; ok {
				delete(args, "_raw_params")
				task[st.module], task["args"] = raw, args
			}
			tasks = append(tasks, task)
		}
	}
	play, _ := json.Marshal([]any{map[string]any{"hosts": "localhost", "connection": "local", "gather_facts": false,
		"vars": map[string]any{"ansible_python_interpreter": "/usr/bin/python3"}, "tasks": tasks}})
	results := playAnsible(t, oracle, root, play)
	out := map[string]recorded{}
	for i, s := range scenarios {
		dir := filepath.Join(root, "d", strconv.Itoa(i))
		r := recorded{Results: []any{}, Tree: tree(t, dir)}
		for _, row := range results[strconv.Itoa(i)] {
			r.Results = append(r.Results, normal(row, dir, ""))
		}
		if len(r.Results) != len(s.steps) {
			t.Fatalf("%s: %d results for %d steps", s.name, len(r.Results), len(s.steps))
		}
		out[s.name] = r
	}
	data, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(golden, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// playAnsible runs a playbook and returns the results by task name.
func playAnsible(t *testing.T, oracle, root string, play []byte) map[string][]any {
	t.Helper()
	book, dump := filepath.Join(root, "play.json"), filepath.Join(root, "results")
	if err := os.WriteFile(book, play, 0o600); err != nil {
		t.Fatal(err)
	}
	plugins, _ := filepath.Abs("testdata")
	cmd := exec.Command(oracle, "-i", "localhost,", book)
	cmd.Env = append(os.Environ(), "DUMP_RESULTS="+dump, "ANSIBLE_CALLBACK_PLUGINS="+plugins, "ANSIBLE_PIPELINING=1",
		"ANSIBLE_LOCAL_TEMP="+filepath.Join(root, "local"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("ansible-playbook: %v\n%s", err, out)
	}
	f, err := os.Open(dump)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows := map[string][]any{}
	for sc := bufio.NewReader(f); ; {
		line, err := sc.ReadBytes('\n')
		if err != nil {
			return rows
		}
		var row struct {
			Name   string
			Result any
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		rows[row.Name] = append(rows[row.Name], row.Result)
	}
}
