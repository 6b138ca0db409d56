// Package scenario reads conformance scenarios and lays them out on disk.
//
// A scenario is one behaviour of ansible-playbook in one txtar file: a comment with prose and "key: value" lines, then the files
// before. The format is described in conformance/README.md. The package knows nothing of who runs the scenario; it only says with
// which arguments and environment, and builds the place. A Place is a folder whose path depends on the scenario alone, so that
// whoever runs in it sees, prints and records the same paths.
package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Scenario is one behaviour: what is there before, how ansible-playbook is called, and which differences are accepted.
type Scenario struct {
	Name    string      // area/name, from the path of its file
	Doc     string      // the prose at its head
	Runs    [][]string  // each run, in order, as Command takes it apart; never empty
	Env     []string    // NAME=value, added to the common environment
	Dialect string      // "classic", "tagged", or "" for both
	Machine string      // why the outcome depends on this machine; "" when it does not
	Ansible string      `json:"-"` // what of the installed Ansible pbc runs; "" where it needs none
	SSH     bool        // wants a private sshd
	HTTP    bool        `json:",omitempty"` // wants a web server; not in the digest of those that do not
	Typed   [][2]string `json:",omitempty"` // what a person at the terminal of each run waits for and types; nil for no terminal
	Stdin   string      `json:",omitempty"` // the file of the working folder that is the standard input of each run; "" for none
	Files   []File      // what is there before, and what is laid over it before later runs
	Accept  []Acceptance
}

// tools are the programs beside ansible-playbook that a run may call.
var tools = []string{"ansible-config", "ansible-inventory", "ansible-vault"}

// Command is the program that a run calls, and its arguments: ansible-playbook but where the first word is the name of a tool.
func Command(run []string) (program string, args []string) {
	if len(run) > 0 && slices.Contains(tools, run[0]) {
		return run[0], run[1:]
	}
	return "ansible-playbook", run
}

// File is one thing laid out before a run.
type File struct {
	Run    int    // before which run, from 1
	Path   string // relative to the working folder, slash-separated
	Data   string
	Mode   fs.FileMode // permission bits; setuid, setgid and sticky are not supported
	Dir    bool
	Link   string // the target, when it is a symbolic link
	Remove bool   // taken away instead
}

// Acceptance is a difference that is known and wanted. What Pattern matches is taken away on both sides before comparing.
type Acceptance struct {
	Where   string // stdout, stderr, events, tree or exit
	Pattern *regexp.Regexp
	Reason  string
	// Dialect is the only one in which there is the difference, "" for both.
	Dialect string
}

// In is s as the oracle of a dialect is compared with: without the differences that are accepted in another.
func (s *Scenario) In(dialect string) *Scenario {
	own := *s
	own.Accept = slices.DeleteFunc(slices.Clone(s.Accept), func(a Acceptance) bool { return a.Dialect != "" && a.Dialect != dialect })
	return &own
}

// Load reads the scenario in file; name is its area/name.
func Load(file, name string) (*Scenario, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s, err := Parse(name, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// LoadAll reads every scenario below dir, ordered by name.
func LoadAll(dir string) ([]*Scenario, error) {
	var all []*Scenario
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".txtar" {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		s, err := Load(path, filepath.ToSlash(strings.TrimSuffix(rel, ".txtar")))
		all = append(all, s)
		return err
	})
	sort.Slice(all, func(i, j int) bool { return err == nil && all[i].Name < all[j].Name })
	return all, err
}

// Area is the first part of the scenario's name.
func (s *Scenario) Area() string {
	area, _, _ := strings.Cut(s.Name, "/")
	return area
}

// Digest names what the scenario makes happen: 12 hexadecimal digits over everything but its prose and its accepted differences.
func (s *Scenario) Digest() string {
	acting := *s
	acting.Doc, acting.Accept = "", nil
	data, err := json.Marshal(&acting)
	if err != nil {
		panic(err) // strings, numbers and booleans only
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}

// Parse reads a scenario from the text of its file.
func Parse(name string, data []byte) (*Scenario, error) {
	archive := txtar.Parse(data)
	h, err := parseHeader(string(archive.Comment))
	if err != nil {
		return nil, err
	}
	s := &Scenario{
		Name: name, Doc: h.doc, Env: h.env, Dialect: h.dialect, Machine: h.machine, Ansible: h.ansible, SSH: h.ssh, HTTP: h.http, Typed: h.typed, Stdin: h.stdin, Accept: h.accept,
	}
	inventory, playbook := false, false
	for _, f := range archive.Files {
		file, err := h.file(f)
		if err != nil {
			return nil, err
		}
		inventory = inventory || file.Path == "inventory" || strings.HasPrefix(file.Path, "inventory/")
		playbook = playbook || file.Path == "playbook.yml"
		s.Files = append(s.Files, file)
	}
	if err := h.unused(); err != nil {
		return nil, err
	}
	s.Files = append(s.Files, h.others...)
	if !inventory {
		s.Files = append(s.Files, File{Run: 1, Path: "inventory", Data: h.inventory(), Mode: 0o644})
	}
	s.Runs = h.runs
	if len(s.Runs) == 0 {
		if !playbook {
			return nil, fmt.Errorf("no playbook.yml and no run line")
		}
		line := append(append([]string{"-i", "inventory"}, h.args...), "playbook.yml")
		for range max(h.repeat, 1) {
			s.Runs = append(s.Runs, line)
		}
	}
	return s, s.check()
}

func (s *Scenario) check() error {
	if s.Doc == "" {
		return fmt.Errorf("no word on what it shows")
	}
	for _, f := range s.Files {
		if f.Run > len(s.Runs) {
			return fmt.Errorf("file %s is for run %d, there are %d", f.Path, f.Run, len(s.Runs))
		}
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return fmt.Errorf("file %s leaves the place", f.Path)
		}
	}
	return nil
}
