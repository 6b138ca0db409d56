// Package sidebyside runs a user's playbook with ansible-playbook and with pbc and compares what they did: pbc diff.
//
// Both programs get the same arguments. In check mode, the default, they run one after the other in the user's own folder, on the
// given inventory. With Apply they change things, so they must not meet the same things twice: either each has an inventory of its
// own (two sets of equal hosts), or each works on a throwaway copy of the folder, for playbooks that only change what is below
// it. The package prints nothing; it gives a compare.Report.
package sidebyside

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pbc/conformance/compare"
	"pbc/conformance/oracle"
)

// Options say what is compared.
type Options struct {
	Ansible *oracle.Program // what should happen
	Pbc     *oracle.Program // what does
	Dir     string          // the folder both start in
	Args    []string        // for both, as for ansible-playbook, without inventories that differ
	Env     []string        // for both; ANSIBLE_FORKS=1 is added unless it is there, so that hosts come in one order

	Apply       bool        // change things; without it --check is added
	Inventories [2][]string // with Apply: those of ansible-playbook, those of pbc
	Copies      bool        // with Apply: each in its own copy of Dir

	Limit  time.Duration                                             // how long each may take; zero is oracle.Timeout
	Screen func(p *oracle.Program) io.Writer                         // where what a program prints is seen while it does; may be nil
	Ran    func(p *oracle.Program, run compare.Run, d time.Duration) // hears of each when it has ended; may be nil
}

// side is one of the two: which program, where, with which arguments.
type side struct {
	program *oracle.Program
	dir     string
	args    []string
}

// Run runs both programs and compares. Programs that cannot be started, or that do not end, are an error; one that fails is not:
// its exit code is compared.
func Run(ctx context.Context, o Options) (compare.Report, error) {
	if err := o.check(); err != nil {
		return compare.Report{}, err
	}
	scratch, err := os.MkdirTemp("", "pbc-diff-")
	if err != nil {
		return compare.Report{}, err
	}
	defer os.RemoveAll(scratch)
	sides, err := o.sides(scratch)
	if err != nil {
		return compare.Report{}, err
	}
	normaliser := compare.NewNormaliser()
	var outcomes [2]compare.Outcome
	for i, s := range sides {
		start := time.Now()
		run, err := o.run(ctx, s, filepath.Join(scratch, fmt.Sprint("log", i)))
		if err != nil {
			return compare.Report{}, err
		}
		if o.Ran != nil {
			o.Ran(s.program, run, time.Since(start))
		}
		run = steadied(o.rename(run, s, i))
		outcomes[i] = normaliser.Outcome(compare.Outcome{Runs: []compare.Run{run}})
	}
	return compare.Outcomes(outcomes[0], outcomes[1]), nil
}

func (o Options) check() error {
	one, two := len(o.Inventories[0])+len(o.Inventories[1]) > 0, len(o.Inventories[0]) > 0 && len(o.Inventories[1]) > 0
	switch {
	case o.Ansible == nil || o.Pbc == nil:
		return fmt.Errorf("got one program, want ansible-playbook and pbc")
	case !o.Apply && (o.Copies || one):
		return fmt.Errorf("copies and a second inventory are for applying only")
	case o.Apply && (two == o.Copies || one != two):
		return fmt.Errorf("applying needs two inventories or throwaway copies: each program must find things as they were")
	}
	return nil
}

func (o Options) sides(scratch string) ([2]side, error) {
	sides := [2]side{{o.Ansible, o.Dir, o.Args}, {o.Pbc, o.Dir, o.Args}}
	for i := range sides {
		s := &sides[i]
		switch {
		case !o.Apply:
			s.args = append([]string{"--check"}, o.Args...)
		case o.Copies:
			s.dir = filepath.Join(scratch, "copy"+fmt.Sprint(i)) // of one length: wrapped text breaks alike
			if err := copyTree(s.dir, o.Dir, scratch); err != nil {
				return sides, err
			}
		default:
			s.args = nil
			for _, source := range o.Inventories[i] {
				s.args = append(s.args, "-i", source)
			}
			s.args = append(s.args, o.Args...)
		}
	}
	return sides, nil
}

func (o Options) run(ctx context.Context, s side, scratch string) (compare.Run, error) {
	env := o.Env
	if !has(env, "ANSIBLE_FORKS=") {
		env = append([]string{"ANSIBLE_FORKS=1"}, env...)
	}
	all := func(string) bool { return !o.Copies }
	before, err := compare.Take(s.dir, all)
	if err != nil {
		return compare.Run{}, err
	}
	call := oracle.Call{Dir: s.dir, Args: s.args, Env: env, Scratch: scratch, Limit: o.Limit}
	if o.Screen != nil {
		call.Screen = o.Screen(s.program)
	}
	run, err := s.program.Exec(ctx, call)
	if err != nil {
		return run, err
	}
	after, err := compare.Take(s.dir, all)
	run.Tree = compare.Changes(before, after)
	return run, err
}

// rename gives copies and inventories, which the two sides cannot share, one name.
func (o Options) rename(run compare.Run, s side, i int) compare.Run {
	pairs := []string{}
	if o.Copies {
		pairs = append(pairs, s.dir, "<copy>")
	}
	for n, source := range o.Inventories[i] {
		if abs, err := filepath.Abs(source); err == nil && !strings.Contains(source, ",") {
			pairs = append(pairs, abs, fmt.Sprintf("<inventory %d>", n+1))
		}
		pairs = append(pairs, source, fmt.Sprintf("<inventory %d>", n+1))
	}
	words := strings.NewReplacer(pairs...)
	run.Stdout, run.Stderr = words.Replace(run.Stdout), words.Replace(run.Stderr)
	for j, e := range run.Events {
		e.Name, e.Task, e.File = words.Replace(e.Name), words.Replace(e.Task), words.Replace(e.File)
		e.Item, e.Result, e.Custom = replaceIn(words, e.Item), replaceIn(words, e.Result), replaceIn(words, e.Custom)
		run.Events[j] = e
	}
	for j, e := range run.Tree {
		e.Text = words.Replace(e.Text)
		run.Tree[j] = e
	}
	return run
}

// steadied takes what two gatherings of facts never agree on out of all results.
func steadied(run compare.Run) compare.Run {
	for _, e := range run.Events {
		result, _ := e.Result.(map[string]any)
		facts, _ := result["ansible_facts"].(map[string]any)
		steady(facts)
	}
	return run
}

// momentary are the facts that differ from one moment to the next; unordered are Python's sets.
var (
	momentary = []string{"ansible_date_time", "ansible_loadavg", "ansible_memfree_mb", "ansible_memory_mb", "ansible_swapfree_mb", "ansible_uptime_seconds"}
	unordered = []string{"ansible_interfaces", "ansible_virtualization_tech_guest", "ansible_virtualization_tech_host"}
	// perSession are the variables of the environment that belong to one connection, or to Ansible's way of
	// starting Python.
	perSession = []string{"SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "LC_CTYPE", "_"}
	perMount   = []string{"block_available", "block_used", "inode_available", "inode_used", "size_available"}
)

// steady takes away what two gatherings of facts on one host never agree on.
func steady(facts map[string]any) {
	for _, k := range momentary {
		delete(facts, k)
	}
	for _, k := range unordered {
		if list, ok := facts[k].([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
	env, _ := facts["ansible_env"].(map[string]any)
	for _, k := range perSession {
		delete(env, k)
	}
	mounts, _ := facts["ansible_mounts"].([]any)
	for _, m := range mounts {
		mount, _ := m.(map[string]any)
		for _, k := range perMount {
			delete(mount, k)
		}
	}
}

func replaceIn(words *strings.Replacer, v any) any {
	switch v := v.(type) {
	case string:
		return words.Replace(v)
	case []any:
		for i := range v {
			v[i] = replaceIn(words, v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = replaceIn(words, v[k])
		}
	}
	return v
}

func has(env []string, name string) bool {
	for _, entry := range env {
		if strings.HasPrefix(entry, name) {
			return true
		}
	}
	return false
}

// copyTree copies folders, files with their modes, and links from one place to another, but not the folder without.
func copyTree(to, from, without string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == without {
			return fs.SkipDir
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return copyOne(filepath.Join(to, rel), path, info)
	})
}

func copyOne(to, from string, info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsDir():
		if err := os.Mkdir(to, 0o700); err != nil {
			return err
		}
		return os.Chmod(to, mode.Perm()|0o700) // or nothing could be copied into it
	case mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case mode.IsRegular():
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(to, data, mode.Perm()); err != nil {
			return err
		}
		return os.Chmod(to, mode.Perm())
	}
	return fmt.Errorf("%s: got %s, want a file, folder or link", from, info.Mode())
}
