package files

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

var statSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "path", Type: argspec.Path, Required: true, Aliases: []string{"dest", "name"}},
		{Name: "follow", Type: argspec.Bool, Default: false},
		{Name: "get_md5", Type: argspec.Bool, Default: false, OnlyClassic: true},
		{Name: "get_checksum", Type: argspec.Bool, Default: true},
		{Name: "get_mime", Type: argspec.Bool, Default: true, Aliases: []string{"mime", "mime_type", "mime-type"}},
		{Name: "get_attributes", Type: argspec.Bool, Default: true, Aliases: []string{"attr", "attributes"}},
		{Name: "checksum_algorithm", Default: "sha1", Aliases: []string{"checksum", "checksum_algo"}, Choices: checksumAlgorithms},
	},
	CheckMode: true,
}

// Stat is ansible.builtin.stat.
func Stat() module.Module {
	return module.New("ansible.builtin.stat", "stat", module.Local, statSpec, stat)
}

var checksumAlgorithms = argspec.Choices("md5", "sha1", "sha224", "sha256", "sha384", "sha512")

// hashes are the checksum algorithms by Ansible's names.
var hashes = map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New,
	"sha384": sha512.New384, "sha512": sha512.New}

// Checksum returns a file's digest in hexadecimal.
func Checksum(path, algorithm string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := hashes[algorithm]()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func stat(ctx context.Context, t *module.Task) (*value.Dict, error) {
	path := t.Str("path")
	var st unix.Stat_t
	call := unix.Lstat
	if t.Bool("follow") {
		call = unix.Stat
	}
	if err := call(path, &st); err != nil {
		if errors.Is(err, syscall.ENOENT) {
			return value.DictOf("changed", false, "stat", value.DictOf("exists", false)), nil
		}
		return nil, module.FailBecause(posix.PyError(err, []byte(path)), posix.Strerror(posix.Errno(err)))
	}
	d := StatDict(path, &st)
	for name, bit := range map[string]uint32{"readable": unix.R_OK, "writeable": unix.W_OK, "executable": unix.X_OK} {
		d.SetStr(name, unix.Access(path, bit) == nil)
	}
	if kind(&st) == unix.S_IFLNK {
		to, _ := os.Readlink(path)
		d.SetStr("lnk_source", posix.Realpath(path))
		d.SetStr("lnk_target", to)
	}
	if u, ok := posix.UserByID(int(st.Uid)); ok {
		d.SetStr("pw_name", u.Name)
	}
	if g, ok := posix.GroupByID(int(st.Gid)); ok {
		d.SetStr("gr_name", g.Name)
	}
	readable, _ := d.GetStr("readable")
	if kind(&st) == unix.S_IFREG && readable == true {
		if err := addChecksums(t, d, path); err != nil {
			return nil, err
		}
	}
	if t.Bool("get_mime") {
		addMime(ctx, t, d, path)
	}
	if t.Bool("get_attributes") {
		addFlags(d, path)
	}
	return value.DictOf("changed", false, "stat", d), nil
}

func kind(st *unix.Stat_t) uint32 { return uint32(st.Mode) & unix.S_IFMT }

// StatDict is what stat and find tell of a file.
func StatDict(path string, st *unix.Stat_t) *value.Dict {
	d := value.DictOf("exists", true, "path", path, "mode", fmt.Sprintf("%04o", uint32(st.Mode)&posix.PermBits),
		"isdir", kind(st) == unix.S_IFDIR, "ischr", kind(st) == unix.S_IFCHR, "isblk", kind(st) == unix.S_IFBLK,
		"isreg", kind(st) == unix.S_IFREG, "isfifo", kind(st) == unix.S_IFIFO, "islnk", kind(st) == unix.S_IFLNK,
		"issock", kind(st) == unix.S_IFSOCK, "uid", int64(st.Uid), "gid", int64(st.Gid), "size", st.Size,
		"inode", int64(st.Ino), "dev", int64(st.Dev), "nlink", int64(st.Nlink),
		"atime", Seconds(st.Atim), "mtime", Seconds(st.Mtim), "ctime", Seconds(st.Ctim))
	for name, bit := range map[string]uint32{"wusr": 0o200, "rusr": 0o400, "xusr": 0o100, "wgrp": 0o20, "rgrp": 0o40, "xgrp": 0o10,
		"woth": 2, "roth": 4, "xoth": 1, "isuid": 0o4000, "isgid": 0o2000} {
		d.SetStr(name, uint32(st.Mode)&bit != 0)
	}
	d.SetStr("blocks", st.Blocks)
	d.SetStr("block_size", int64(st.Blksize))
	d.SetStr("device_type", int64(st.Rdev))
	return d
}

func addChecksums(t *module.Task, d *value.Dict, path string) error {
	for key, algorithm := range map[string]string{"md5": "md5", "checksum": t.Str("checksum_algorithm")} {
		if !t.Bool("get_" + key) {
			continue
		}
		sum, err := Checksum(path, algorithm)
		if err != nil {
			return err
		}
		d.SetStr(key, sum)
	}
	return nil
}

// addMime asks file(1) for the type and encoding.
func addMime(ctx context.Context, t *module.Task, d *value.Dict, path string) {
	d.SetStr("mimetype", "unknown")
	d.SetStr("charset", "unknown")
	cmd := module.BinPath(t.Environ, "file")
	if cmd == "" {
		return
	}
	out := module.Start(ctx, module.Command{Argv: []string{cmd, "--mime-type", "--mime-encoding", path}, Env: t.Environ.List()})
	i := strings.LastIndexByte(out.Out, ':')
	if out.StartFailed != nil || out.RC != 0 || i < 0 {
		return
	}
	parts := strings.Split(out.Out[i+1:], ";")
	if len(parts) != 2 {
		return
	}
	d.SetStr("mimetype", strings.TrimSpace(parts[0]))
	if enc := strings.Split(parts[1], "="); len(enc) > 1 {
		d.SetStr("charset", strings.TrimSpace(enc[1]))
	}
}

// flagNames are the letters of lsattr(1) that Ansible has names for.
var flagNames = map[rune]string{'A': "noatime", 'a': "append", 'c': "compressed", 'C': "nocow", 'd': "nodump", 'D': "dirsync",
	'e': "extents", 'E': "encrypted", 'h': "blocksize", 'i': "immutable", 'I': "indexed", 'j': "journalled", 'N': "inline",
	's': "zero", 'S': "synchronous", 't': "notail", 'T': "blockroot", 'u': "undelete", 'X': "compressedraw", 'Z': "compresseddirty"}

func addFlags(d *value.Dict, path string) {
	d.SetStr("version", nil)
	names := value.NewList()
	d.SetStr("attributes", names)
	d.SetStr("attr_flags", "")
	f := module.FileFlags(path, true)
	if !f.Known {
		return
	}
	d.SetStr("version", f.Version)
	d.SetStr("attr_flags", f.Flags)
	for _, c := range f.Flags {
		if n, ok := flagNames[c]; ok {
			names.V = append(names.V, n)
		}
	}
}

// Slurp is ansible.builtin.slurp.
func Slurp() module.Module {
	spec := &argspec.Spec{CheckMode: true,
		Args: []argspec.Arg{{Name: "src", Type: argspec.Path, Required: true, Aliases: []string{"path"}}}}
	return module.New("ansible.builtin.slurp", "slurp", module.Local, spec, slurp)
}

func slurp(_ context.Context, t *module.Task) (*value.Dict, error) {
	src := t.Str("src")
	data, err := os.ReadFile(src)
	if err != nil {
		return nil, notRead(t, src, err)
	}
	return value.DictOf("content", base64.StdEncoding.EncodeToString(data), "source", src, "encoding", "base64"), nil
}

// notRead is the failure of a file that cannot be read.
func notRead(t *module.Task, src string, err error) error {
	why := posix.PyError(err, src)
	msg := "unable to slurp file: " + why
	switch {
	case errors.Is(err, syscall.ENOENT):
		msg = "file not found: " + src
	case errors.Is(err, syscall.EACCES):
		msg = "file is not readable: " + src
	case errors.Is(err, syscall.EISDIR):
		msg = "source is a directory and must be a file: " + src
	case t.Tagged():
		msg = "unable to slurp file: {source}" // as it stands in Ansible
	}
	if t.Tagged() {
		msg = strings.ToUpper(msg[:1]) + msg[1:]
	}
	return module.FailBecause(why, msg)
}

// Tempfile is ansible.builtin.tempfile.
func Tempfile() module.Module {
	spec := &argspec.Spec{Args: []argspec.Arg{
		{Name: "state", Default: "file", Choices: argspec.Choices("file", "directory")},
		{Name: "path", Type: argspec.Path},
		{Name: "prefix", Default: "ansible."},
		{Name: "suffix", Default: ""},
	}}
	return module.New("ansible.builtin.tempfile", "tempfile", module.Local, spec, tempfile)
}

func tempfile(_ context.Context, t *module.Task) (*value.Dict, error) {
	for _, name := range []string{"prefix", "suffix"} {
		if s := t.Str(name); t.Tagged() && s != posix.Basename(s) {
			return nil, module.Fail("%s must be a valid file name component, got %s", name, value.StrRepr(s))
		}
	}
	dir := t.Str("path")
	if !t.Has("path") {
		dir = t.Environ.TempDir()
	}
	create := posix.TempFile
	if t.Str("state") == "directory" {
		create = posix.TempDir
	}
	prefix := t.Str("prefix")
	if t.Get("prefix") == nil {
		prefix = "tmp" // Python's own
	}
	path, err := create(dir, prefix, t.Str("suffix"))
	if err != nil {
		why := posix.PyError(err, path)
		return nil, module.FailTraced(err, why, why)
	}
	return value.DictOf("changed", true, "path", path), nil
}
