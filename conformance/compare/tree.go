package compare

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"
)

// Entry is one file, folder or link that a run made, changed or took away.
type Entry struct {
	Path   string `json:"path"`            // relative to the snapshot's root, slash-separated
	Change string `json:"change"`          // made, changed or gone
	Kind   string `json:"kind,omitempty"`  // file, dir, link, other; empty when gone
	Mode   string `json:"mode,omitempty"`  // octal with setuid, setgid and sticky; empty for links
	Owner  string `json:"owner,omitempty"` // user:group, by name; empty when both are those of the running user
	Text   string `json:"text,omitempty"`  // content, or "sha256:" and its digest when it is long or not text; a link's target
}

// Snapshot is the state of a tree of files at one moment: entries by path, with Change empty.
type Snapshot map[string]Entry

// Take reads the tree below root. skip says which paths (relative, slash-separated) to leave out, with all below them.
func Take(root string, skip func(path string) bool) (Snapshot, error) {
	shot := Snapshot{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil || rel == "." {
			return err
		}
		rel = filepath.ToSlash(rel)
		if skip(rel) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		entry, err := read(path)
		entry.Path = rel
		shot[rel] = entry
		return err
	})
	return shot, err
}

// Changes tells what is different in after: made, changed and gone, ordered by path.
func Changes(before, after Snapshot) []Entry {
	var out []Entry
	for path, now := range after {
		old, was := before[path]
		switch {
		case !was:
			now.Change = "made"
		case old != now:
			now.Change = "changed"
		default:
			continue
		}
		out = append(out, now)
	}
	for path := range before {
		if _, is := after[path]; !is {
			out = append(out, Entry{Path: path, Change: "gone"})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out
}

const longText = 4096

func read(path string) (Entry, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Owner: owner(info)}
	switch mode := info.Mode(); {
	case mode.IsDir():
		e.Kind = "dir"
	case mode&fs.ModeSymlink != 0:
		e.Kind = "link"
		e.Text, err = os.Readlink(path)
		return e, err
	case mode.IsRegular():
		e.Kind = "file"
		data, err := os.ReadFile(path)
		if err != nil {
			return e, err
		}
		e.Text = content(data)
	default:
		e.Kind = "other"
	}
	e.Mode = octal(info.Mode())
	return e, nil
}

func content(data []byte) string {
	if len(data) <= longText && utf8.Valid(data) && !strings.Contains(string(data), "\x00") {
		return string(data)
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func octal(mode fs.FileMode) string {
	bits := uint32(mode.Perm())
	for flag, bit := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if mode&flag != 0 {
			bits |= bit
		}
	}
	return fmt.Sprintf("%04o", bits)
}

func owner(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || (int(st.Uid) == os.Getuid() && int(st.Gid) == os.Getgid()) {
		return ""
	}
	return userName(st.Uid) + ":" + groupName(st.Gid)
}

func userName(id uint32) string {
	text := strconv.FormatUint(uint64(id), 10)
	if u, err := user.LookupId(text); err == nil {
		return u.Username
	}
	return text
}

func groupName(id uint32) string {
	text := strconv.FormatUint(uint64(id), 10)
	if g, err := user.LookupGroupId(text); err == nil {
		return g.Name
	}
	return text
}
