package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"pbc/conformance/compare"
	"pbc/conformance/scenario"
)

// A recording is a txtar file, area.name.DIGEST.txtar. Its comment is the line "ansible-core VERSION". For each run N it has the files
//
//	N/exit    the exit code
//	N/stdout  what was printed
//	N/stderr
//	N/events  an event log
//	N/tree    one compare.Entry as JSON per line
//
// without those that are empty. A text that does not end with a newline is followed by one and by the line noNewline.
const noNewline = "\\ no newline at the end\n"

// Recordings is a folder of recorded outcomes, all normalised.
type Recordings struct {
	Dir     string
	Dialect string // recordings of the classic dialect stand in Dir itself, others in a folder of the dialect's name
}

func (r Recordings) dir() string {
	if r.Dialect == "classic" || r.Dialect == "" {
		return r.Dir
	}
	return filepath.Join(r.Dir, r.Dialect)
}

// Kept says whether there are recordings of the dialect at all.
func (r Recordings) Kept() bool {
	found, err := filepath.Glob(filepath.Join(r.dir(), "*.txtar"))
	return err == nil && len(found) > 0
}

func (r Recordings) stem(s *scenario.Scenario) string {
	return filepath.Join(r.dir(), strings.ReplaceAll(s.Name, "/", "."))
}

func (r Recordings) path(s *scenario.Scenario) string {
	return r.stem(s) + "." + s.Digest() + ".txtar"
}

// Load reads the recording of s. When there is none, or only one of another text of the scenario, the error says so.
func (r Recordings) Load(s *scenario.Scenario) (compare.Outcome, error) {
	data, err := os.ReadFile(r.path(s))
	if os.IsNotExist(err) {
		if old := r.old(s); len(old) > 0 {
			return compare.Outcome{}, fmt.Errorf("the recording is stale: the scenario is %s, recorded is %s", s.Digest(), filepath.Base(old[0]))
		}
		return compare.Outcome{}, fmt.Errorf("no recording of %s", s.Name)
	}
	if err != nil {
		return compare.Outcome{}, err
	}
	out, err := decode(data, len(s.Runs))
	if err != nil {
		return out, fmt.Errorf("%s: %w", r.path(s), err)
	}
	return out, nil
}

// Save writes a recording of s, made by the given version of ansible-core, and removes those of older texts of the scenario.
func (r Recordings) Save(s *scenario.Scenario, version string, o compare.Outcome) error {
	data := encode(version, o)
	if back, err := decode(data, len(o.Runs)); err != nil || !compare.Outcomes(o, back).Equal {
		return fmt.Errorf("%s: the outcome cannot be kept as text: %v", s.Name, err)
	}
	for _, old := range r.old(s) {
		if err := os.Remove(old); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(r.dir(), 0o755); err != nil {
		return err
	}
	return os.WriteFile(r.path(s), data, 0o644)
}

// old lists recordings of other texts of s.
func (r Recordings) old(s *scenario.Scenario) []string {
	found, _ := filepath.Glob(r.stem(s) + ".????????????.txtar") // the pattern is well-formed
	var out []string
	for _, path := range found {
		if path != r.path(s) {
			out = append(out, path)
		}
	}
	return out
}

// Orphans lists recordings that belong to none of the scenarios.
func (r Recordings) Orphans(all []*scenario.Scenario) ([]string, error) {
	known := map[string]bool{}
	for _, s := range all {
		if s.Machine == "" {
			known[r.path(s)] = true
		}
	}
	found, err := filepath.Glob(filepath.Join(r.dir(), "*.txtar"))
	var out []string
	for _, path := range found {
		if !known[path] {
			out = append(out, path)
		}
	}
	return out, err
}

func encode(version string, o compare.Outcome) []byte {
	a := &txtar.Archive{Comment: []byte("ansible-core " + version + "\n")}
	for i, run := range o.Runs {
		add := func(name string, data []byte) {
			if len(data) == 0 {
				return
			}
			if data[len(data)-1] != '\n' {
				data = append(append(data, '\n'), noNewline...)
			}
			a.Files = append(a.Files, txtar.File{Name: fmt.Sprintf("%d/%s", i+1, name), Data: data})
		}
		add("exit", []byte(strconv.Itoa(run.Exit)+"\n"))
		add("stdout", []byte(run.Stdout))
		add("stderr", []byte(run.Stderr))
		add("events", compare.WriteEvents(run.Events))
		add("tree", compare.WriteTree(run.Tree))
	}
	return txtar.Format(a)
}

func decode(data []byte, runs int) (compare.Outcome, error) {
	out := compare.Outcome{Runs: make([]compare.Run, runs)}
	seen := 0
	for _, f := range txtar.Parse(data).Files {
		number, name, _ := strings.Cut(f.Name, "/")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > runs {
			return out, fmt.Errorf("%s: want a run from 1 to %d", f.Name, runs)
		}
		text := string(f.Data)
		if strings.HasSuffix(text, "\n"+noNewline) {
			text = strings.TrimSuffix(text, "\n"+noNewline)
		}
		if name == "exit" {
			seen++
		}
		if err := decodePart(&out.Runs[n-1], name, text); err != nil {
			return out, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	if seen != runs {
		return out, fmt.Errorf("got %d exit codes, want %d", seen, runs)
	}
	return out, nil
}

func decodePart(run *compare.Run, name, text string) (err error) {
	switch name {
	case "exit":
		run.Exit, err = strconv.Atoi(strings.TrimSpace(text))
	case "stdout":
		run.Stdout = text
	case "stderr":
		run.Stderr = text
	case "events":
		run.Events, err = compare.ReadEvents(strings.NewReader(text))
	case "tree":
		run.Tree, err = compare.ReadTree(text)
	default:
		err = fmt.Errorf("unknown part")
	}
	return err
}
