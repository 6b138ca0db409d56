package playbook

import (
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// FileKind is what a path names.
type FileKind uint8

// The kinds of paths. Anything that is neither a directory nor absent is a file.
const (
	Absent FileKind = iota
	File
	Dir
)

// Source is where playbooks, roles and their files are read from: the disk, or what an earlier compile recorded.
// Paths are absolute and clean. Implementations may be used by one goroutine at a time.
type Source interface {
	// ReadFile returns the whole content of a file.
	ReadFile(path string) ([]byte, error)
	// Stat tells what a path names, following links.
	Stat(path string) FileKind
	// List returns the names in a directory, sorted; none when it cannot be read.
	List(dir string) []string
	// Real returns path with its links resolved, as far as it exists.
	Real(path string) string
}

// Disk is the Source that reads the file system.
type Disk struct{}

// ReadFile implements Source.
func (Disk) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) }

// Stat implements Source.
func (Disk) Stat(path string) FileKind {
	fi, err := os.Stat(path)
	switch {
	case err != nil:
		return Absent
	case fi.IsDir():
		return Dir
	}
	return File
}

// List implements Source.
func (Disk) List(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

// Real implements Source.
func (Disk) Real(path string) string {
	if p, err := filepath.EvalSymlinks(path); err == nil {
		return p
	}
	dir, base := filepath.Split(path)
	dir = filepath.Clean(dir)
	if dir == path || base == "" {
		return path
	}
	return filepath.Join(Disk{}.Real(dir), base)
}

// Recording is a Source that remembers every answer of another one, so that a plan can hold them. With a
// nil From it only replays: what was not asked before is absent. Its exported maps are its state.
type Recording struct {
	From  Source
	Files map[string][]byte
	Kinds map[string]FileKind
	Lists map[string][]string
	Links map[string]string
}

// NewRecording returns a Recording of from, which may be nil to start an empty replay.
func NewRecording(from Source) *Recording {
	return &Recording{
		From:  from,
		Files: map[string][]byte{},
		Kinds: map[string]FileKind{},
		Lists: map[string][]string{},
		Links: map[string]string{},
	}
}

// ReadFile implements Source.
func (r *Recording) ReadFile(path string) ([]byte, error) {
	if data, ok := r.Files[path]; ok {
		return data, nil
	}
	if r.From == nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	data, err := r.From.ReadFile(path)
	if err == nil {
		r.Files[path] = data
	}
	return data, err
}

// Stat implements Source.
func (r *Recording) Stat(path string) FileKind {
	k, ok := r.Kinds[path]
	if !ok && r.From != nil {
		k = r.From.Stat(path)
		r.Kinds[path] = k
	}
	return k
}

// List implements Source.
func (r *Recording) List(dir string) []string {
	l, ok := r.Lists[dir]
	if !ok && r.From != nil {
		l = r.From.List(dir)
		r.Lists[dir] = l
	}
	return l
}

// Real implements Source.
func (r *Recording) Real(path string) string {
	p, ok := r.Links[path]
	if !ok && r.From != nil {
		p = r.From.Real(path)
		r.Links[path] = p
	}
	if p == "" {
		return path
	}
	return p
}

// Paths returns the files that were read, sorted.
func (r *Recording) Paths() []string {
	out := make([]string, 0, len(r.Files))
	for p := range r.Files {
		out = append(out, p)
	}
	sort.Strings(out)
	return out
}
