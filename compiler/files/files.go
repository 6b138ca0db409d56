// Package files finds the controller's files that tasks name, as Ansible searches for them, and
// gives their bytes by digest. It knows where a file is looked for and what is in it; it does not
// know what a task does with it.
package files

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"

	"pbc/ir"
)

// Candidates are the places where a file is looked for, in order. Search are the folders of the
// task, kind the subfolder ("files", "templates", "vars"), basedir the folder of the playbook.
//
// Ansible docs: "Search paths in Ansible". Observed: ansible-core 2.14.
func Candidates(search []string, basedir, kind, name string) []string {
	if filepath.IsAbs(name) {
		return []string{filepath.Clean(name)}
	}
	if strings.HasPrefix(name, "~") {
		return []string{expandHome(name)}
	}
	var out []string
	for _, dir := range append(append([]string{}, search...), basedir) {
		if kind != "" {
			out = append(out, join(dir, kind, name))
		}
		out = append(out, join(dir, name))
	}
	return out
}

// join is Python's os.path.join: nothing is cleaned, so that messages show what Ansible shows.
func join(parts ...string) string { return strings.Join(parts, "/") }

func expandHome(name string) string {
	home, err := os.UserHomeDir()
	if err != nil || name != "~" && !strings.HasPrefix(name, "~/") {
		return name
	}
	return filepath.Clean(home + name[1:])
}

// NotFound is Ansible's message for a file that is nowhere.
func NotFound(name string, searched []string) string {
	return fmt.Sprintf("Could not find or access '%s'\nSearched in:\n\t%s on the Ansible Controller.\n"+
		"If you are using a module and expect the file to exist on the remote, see the remote_src option", name, strings.Join(searched, "\n\t"))
}

// Store gives files and their bytes. It reads the disk, and remembers where each digest is found.
// It may be used by several goroutines.
type Store struct {
	mu    sync.Mutex
	at    map[string]string // digest to path
	bytes map[string][]byte // digest to bytes that came with a plan
	trees map[string]*ir.FileTree
	disk  Disk
}

// NewStore returns a store that reads the file system.
func NewStore() *Store {
	return &Store{at: map[string]string{}, bytes: map[string][]byte{}, trees: map[string]*ir.FileTree{}, disk: OS{}}
}

// NewPlanStore returns a store of what is in a plan, with the file system behind it.
func NewPlanStore(p *ir.Program) *Store {
	s := NewStore()
	s.disk = NewPlan(p)
	s.AddBlobs(p.Blobs)
	return s
}

// Disk is where the store's files are.
func (s *Store) Disk() Disk { return s.disk }

// AddBlobs makes bytes of a plan known.
func (s *Store) AddBlobs(blobs map[string][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for d, b := range blobs {
		s.bytes[d] = b
	}
}

// Find returns the first of the candidates that exists, as Kind and Name say. The File has a Fault
// when there is none, or when it cannot be read.
func (s *Store) Find(search []string, basedir, kind, name string) *ir.File {
	f := &ir.File{Kind: kind, Name: name}
	list := Candidates(search, basedir, kind, name)
	for _, p := range list {
		if _, err := s.disk.Stat(p); err != nil {
			continue
		}
		t, err := s.Tree(filepath.Clean(p))
		if err != nil {
			f.Fault = ReadFault(p, err)
			return f
		}
		f.Tree = *t
		return f
	}
	if filepath.IsAbs(name) || strings.HasPrefix(name, "~") {
		list = nil
	}
	if list == nil {
		f.Fault = fmt.Sprintf("Could not find or access '%s' on the Ansible Controller.\n"+
			"If you are using a module and expect the file to exist on the remote, see the remote_src option", name)
		return f
	}
	f.Fault = NotFound(name, list)
	return f
}

// ReadFault is what Ansible says of a file that is there and cannot be read; module.Unreadable gives it the words of a dialect.
func ReadFault(path string, err error) string {
	return fmt.Sprintf("an error occurred while trying to read the file '%s': %s", path, Errno(path, err))
}

// Errno is an error of the file system as Python's OSError prints it; any other error is itself.
func Errno(path string, err error) string {
	var number syscall.Errno
	if !errors.As(err, &number) {
		return err.Error()
	}
	text := number.Error()
	return fmt.Sprintf("[Errno %d] %s: b'%s'", int(number), strings.ToUpper(text[:1])+text[1:], path)
}

// Tree describes a file, or a folder with all that is below it.
func (s *Store) Tree(path string) (*ir.FileTree, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.trees[path]; t != nil {
		return t, nil
	}
	fi, err := s.disk.Stat(path)
	if err != nil {
		return nil, err
	}
	t, err := s.entry(path, path, fi)
	if err != nil {
		return nil, err
	}
	if fi.IsDir() {
		err = s.walk(path, "", t)
	}
	if err != nil {
		return nil, err
	}
	s.trees[path] = t
	return t, nil
}

// entry describes one file without what is below it.
func (s *Store) entry(path, name string, fi fs.FileInfo) (*ir.FileTree, error) {
	t := &ir.FileTree{Path: name, Mode: permissions(fi.Mode()), IsDir: fi.IsDir()}
	if !fi.Mode().IsRegular() {
		return t, nil
	}
	t.Size = fi.Size()
	if p, ok := fi.(Planned); ok {
		t.Digest = p.Digest()
		return t, nil
	}
	digest, err := digestOf(path)
	if err != nil {
		return nil, err
	}
	t.Digest = digest
	s.at[digest] = path
	return t, nil
}

// walk lists what is below a folder of root: parents before children, names in order, links as links, and
// below those that lead to folders what is there.
func (s *Store) walk(root, rel string, t *ir.FileTree) error {
	entries, err := s.disk.ReadDir(filepath.Join(root, rel))
	if err != nil {
		return err
	}
	for _, e := range entries {
		below := filepath.Join(rel, e.Name())
		p := filepath.Join(root, below)
		fi, err := s.disk.Lstat(p)
		if err != nil {
			return err
		}
		var c *ir.FileTree
		if fi.Mode()&fs.ModeSymlink != 0 {
			c, err = s.link(p, below)
		} else {
			c, err = s.entry(p, below, fi)
		}
		if err != nil {
			return err
		}
		t.Children = append(t.Children, *c)
		if fi.IsDir() || c.IsDir && !turnsBack(p, c.Link) {
			if err := s.walk(root, below, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// turnsBack says whether a link leads to a folder that it lies in, or through so many links that it must
// go round.
func turnsBack(link, to string) bool {
	if !filepath.IsAbs(to) {
		to = filepath.Join(filepath.Dir(link), to)
	}
	return strings.HasPrefix(link, filepath.Clean(to)+"/") || strings.Count(link, "/") > maxDepth
}

// maxDepth is how deep folders may lie.
const maxDepth = 64

// link describes a link: where it points, and what is there.
func (s *Store) link(path, rel string) (*ir.FileTree, error) {
	to, err := s.disk.Readlink(path)
	if err != nil {
		return nil, err
	}
	c := &ir.FileTree{Path: rel, Link: to}
	fi, err := s.disk.Stat(path)
	if err != nil {
		return c, nil // a dangling link is still a link
	}
	e, err := s.entry(path, rel, fi)
	if err != nil {
		return nil, err
	}
	e.Link = to
	return e, nil
}

var specialBits = []struct {
	mode fs.FileMode
	bit  uint32
}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}}

// permissions are the bits of stat(2) that a copy keeps.
func permissions(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	for _, b := range specialBits {
		if m&b.mode != 0 {
			bits |= b.bit
		}
	}
	return bits
}

func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// ChunkSize is how many bytes of a blob one answer carries at most.
const ChunkSize = 1 << 20

// Chunk returns bytes of a blob from an offset, and whether more follow.
func (s *Store) Chunk(digest string, offset int64) (b []byte, more bool, err error) {
	return s.piece(digest, offset, ChunkSize)
}

// piece is Chunk for pieces of any size.
func (s *Store) piece(digest string, offset int64, size int) (b []byte, more bool, err error) {
	s.mu.Lock()
	whole, held := s.bytes[digest]
	path := s.at[digest]
	s.mu.Unlock()
	if held {
		if offset > int64(len(whole)) {
			return nil, false, errors.New("offset beyond the end")
		}
		rest := whole[offset:]
		n := min(len(rest), size)
		return rest[:n], n < len(rest), nil
	}
	if path == "" {
		return nil, false, fmt.Errorf("no file with digest %s", digest)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	b = make([]byte, size)
	n, err := f.ReadAt(b, offset)
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	return b[:n], err == nil, nil
}

// Blob returns all bytes of a blob that is not larger than limit, nil otherwise.
func (s *Store) Blob(digest string, limit int) []byte {
	s.mu.Lock()
	whole, held := s.bytes[digest]
	path := s.at[digest]
	s.mu.Unlock()
	if held {
		if len(whole) > limit {
			return nil
		}
		return whole
	}
	fi, err := os.Stat(path)
	if err != nil || fi.Size() > int64(limit) {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return b
}

// Digests lists the blobs that were found, sorted.
func (s *Store) Digests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for d := range s.at {
		out = append(out, d)
	}
	sort.Strings(out)
	return out
}

// Sources lists what was found, for a plan: files and folders with all that is below them, by path.
func (s *Store) Sources() map[string]ir.Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]ir.Source{}
	for root, t := range s.trees {
		out[root] = sourceOf(root, t)
		for i := range t.Children {
			p := filepath.Join(root, t.Children[i].Path)
			out[p] = sourceOf(p, &t.Children[i])
		}
	}
	for p := range out {
		if dir, ok := out[filepath.Dir(p)]; ok && dir.Listed {
			dir.Names = append(dir.Names, filepath.Base(p))
			out[dir.Path] = dir
		}
	}
	for p, src := range out {
		sort.Strings(src.Names)
		out[p] = src
	}
	return out
}

func sourceOf(p string, t *ir.FileTree) ir.Source {
	return ir.Source{Path: p, Digest: t.Digest, IsDir: t.IsDir, Listed: t.IsDir && t.Link == "", Link: t.Link, Mode: t.Mode}
}
