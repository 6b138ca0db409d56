package files

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"pbc/ir"
)

// Disk is where the controller's files are: the file system, or a plan before it. Paths are absolute.
// Errors are those of package os. Implementations may be used by several goroutines.
type Disk interface {
	// Stat follows links, Lstat does not.
	Stat(path string) (fs.FileInfo, error)
	Lstat(path string) (fs.FileInfo, error)
	// ReadDir returns the entries of a folder in the order of their names.
	ReadDir(path string) ([]fs.DirEntry, error)
	Readlink(path string) (string, error)
	Open(path string) (io.ReadCloser, error)
}

// OS is the Disk that is the file system.
type OS struct{}

// Stat implements Disk.
func (OS) Stat(p string) (fs.FileInfo, error) { return os.Stat(p) }

// Lstat implements Disk.
func (OS) Lstat(p string) (fs.FileInfo, error) { return os.Lstat(p) }

// ReadDir implements Disk.
func (OS) ReadDir(p string) ([]fs.DirEntry, error) { return os.ReadDir(p) }

// Readlink implements Disk.
func (OS) Readlink(p string) (string, error) { return os.Readlink(p) }

// Open implements Disk.
func (OS) Open(p string) (io.ReadCloser, error) { return os.Open(p) }

// ReadFile returns all bytes of a file.
func ReadFile(d Disk, path string) ([]byte, error) {
	f, err := d.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Plan is the Disk of a run from a plan: what the compiler looked at is as it was then, whatever the disk
// has now. Paths that the compiler never met are those of the file system.
type Plan struct {
	OS
	at    map[string]*ir.Source
	below map[string][]string // what the plan has in folders, also in those that it has not as a whole
	blobs ir.Blobs
}

// NewPlan returns the disk of a program.
func NewPlan(p *ir.Program) *Plan {
	d := &Plan{at: map[string]*ir.Source{}, below: map[string][]string{}, blobs: p.Blobs}
	for i := range p.Sources {
		d.at[p.Sources[i].Path] = &p.Sources[i]
	}
	for name := range d.at {
		if d.has(name) != nil {
			d.parents(name)
		}
	}
	return d
}

// parents makes the folders known that lead to a path.
func (d *Plan) parents(name string) {
	for name != "/" && name != "." {
		dir := filepath.Dir(name)
		known := len(d.below[dir]) > 0
		d.below[dir] = append(d.below[dir], filepath.Base(name))
		if known {
			return
		}
		name = dir
	}
}

// has returns what the plan holds of a path. A file that the compiler saw but did not read is not held.
func (d *Plan) has(p string) *ir.Source {
	s := d.at[filepath.Clean(p)]
	if s == nil || !s.IsDir && s.Digest == "" && s.Link == "" {
		return nil
	}
	return s
}

// Stat implements Disk.
func (d *Plan) Stat(p string) (fs.FileInfo, error) {
	s := d.has(p)
	switch {
	case s == nil:
		return d.outside(p, d.OS.Stat)
	case s.Digest == "" && !s.IsDir:
		return nil, &fs.PathError{Op: "stat", Path: p, Err: fs.ErrNotExist}
	}
	return Planned{s, int64(len(d.blobs[s.Digest])), false}, nil
}

// Lstat implements Disk.
func (d *Plan) Lstat(p string) (fs.FileInfo, error) {
	s := d.has(p)
	if s == nil {
		return d.outside(p, d.OS.Lstat)
	}
	return Planned{s, int64(len(d.blobs[s.Digest])), s.Link != ""}, nil
}

// outside tells of a path that the plan does not hold: a folder that is not on disk is there nonetheless
// when the plan has something in it.
func (d *Plan) outside(p string, stat func(string) (fs.FileInfo, error)) (fs.FileInfo, error) {
	fi, err := stat(p)
	if p = filepath.Clean(p); err != nil && len(d.below[p]) > 0 {
		return Planned{&ir.Source{Path: p, IsDir: true, Mode: 0o755}, 0, false}, nil
	}
	return fi, err
}

// Names are the names of what the plan itself holds in a folder, sorted.
func (d *Plan) Names(dir string) []string {
	out := slices.Clone(d.below[filepath.Clean(dir)])
	slices.Sort(out)
	return slices.Compact(out)
}

// ReadDir implements Disk. Of a folder that the plan does not have as a whole, it gives what the plan has in
// it and what is there on disk.
func (d *Plan) ReadDir(p string) ([]fs.DirEntry, error) {
	var names []string
	if s := d.has(p); s != nil && s.Listed {
		names = s.Names
	} else {
		entries, err := d.OS.ReadDir(p)
		names = slices.Clone(d.below[filepath.Clean(p)])
		if err != nil && len(names) == 0 {
			return nil, err
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		slices.Sort(names)
		names = slices.Compact(names)
	}
	var out []fs.DirEntry
	for _, n := range names {
		if fi, err := d.Lstat(path.Join(p, n)); err == nil {
			out = append(out, fs.FileInfoToDirEntry(fi))
		}
	}
	return out, nil
}

// Readlink implements Disk.
func (d *Plan) Readlink(p string) (string, error) {
	if s := d.has(p); s != nil && s.Link != "" {
		return s.Link, nil
	}
	return d.OS.Readlink(p)
}

// Open implements Disk.
func (d *Plan) Open(p string) (io.ReadCloser, error) {
	s := d.has(p)
	if s == nil || s.Digest == "" {
		return d.OS.Open(p)
	}
	return io.NopCloser(bytes.NewReader(d.blobs[s.Digest])), nil
}

// Planned is the FileInfo of what a plan holds.
type Planned struct {
	s    *ir.Source
	size int64
	link bool
}

// Name implements fs.FileInfo.
func (f Planned) Name() string { return path.Base(f.s.Path) }

// Size implements fs.FileInfo.
func (f Planned) Size() int64 { return f.size }

// IsDir implements fs.FileInfo.
func (f Planned) IsDir() bool { return f.s.IsDir && !f.link }

// ModTime implements fs.FileInfo. It is kept for templates that show it; others have 1970.
func (f Planned) ModTime() time.Time { return time.Unix(0, f.s.Mtime) }

// Sys implements fs.FileInfo: it is nil.
func (f Planned) Sys() any { return nil }

// Owner is the name of the file's owner, where a template shows it.
func (f Planned) Owner() string { return f.s.Owner }

// Digest is the SHA-256 of the content in hexadecimal, empty for a folder.
func (f Planned) Digest() string { return f.s.Digest }

// Mode implements fs.FileInfo.
func (f Planned) Mode() fs.FileMode {
	m := fs.FileMode(f.s.Mode & 0o777)
	for _, b := range specialBits {
		if f.s.Mode&b.bit != 0 {
			m |= b.mode
		}
	}
	switch {
	case f.link:
		return m | fs.ModeSymlink
	case f.s.IsDir:
		return m | fs.ModeDir
	}
	return m
}
