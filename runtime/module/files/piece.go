package files

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

// pieceSize is how many bytes one call of the piece reader returns at most.
const pieceSize = 1 << 20

// Place is a module of pbc's own, which no playbook can name: it puts the call's Source among the temporary
// files of the user it runs as, for the module that comes next, and returns its "path". With state absent it
// takes such a file away again.
func Place() module.Module {
	spec := &argspec.Spec{CheckMode: true, Args: []argspec.Arg{{Name: "name", Required: true}, {Name: "state", Default: "present"}}}
	return module.New(module.PlaceFile, module.PlaceFile, module.Local, spec, place)
}

func place(_ context.Context, t *module.Task) (*value.Dict, error) {
	if t.Str("state") == "absent" {
		dir := filepath.Dir(t.Str("name"))
		if filepath.Dir(dir) != filepath.Dir(t.RemoteTmp) || !strings.HasPrefix(filepath.Base(dir), "ansible-tmp-") {
			return nil, module.Fail("%s is not a temporary file", dir)
		}
		return nil, os.RemoveAll(dir)
	}
	if t.Source == nil || t.Source.IsDir {
		return nil, module.Fail("the source is not a file")
	}
	r, err := t.Blobs.Open(t.Source.Digest)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	dir := filepath.Join(filepath.Dir(t.RemoteTmp), posix.TaskDir())
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, filepath.Base(t.Str("name")))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(f, r)
	return value.DictOf("path", path), errors.Join(err, f.Close())
}

// Piece is a module of pbc's own, which no playbook can name: it reads a file in pieces, for fetch. It
// returns "data", at most a megabyte from offset on; with checksum the file's SHA-1 instead; with expand
// only the "path" that src stands for. It fails as slurp does.
func Piece() module.Module {
	spec := &argspec.Spec{CheckMode: true, Args: []argspec.Arg{{Name: "src", Required: true}, {Name: "offset", Type: argspec.Int, Default: int64(0)},
		{Name: "checksum", Type: argspec.Bool, Default: false}, {Name: "expand", Type: argspec.Bool, Default: false}}}
	return module.New(module.ReadPiece, module.ReadPiece, module.Local, spec, readPiece)
}

func readPiece(_ context.Context, t *module.Task) (*value.Dict, error) {
	src := t.Str("src")
	if t.Bool("expand") {
		return value.DictOf("path", t.ExpandUser(src)), nil
	}
	if t.Bool("checksum") {
		sum, err := Checksum(src, "sha1")
		if err != nil {
			return nil, notRead(t, src, err)
		}
		return value.DictOf("checksum", sum), nil
	}
	f, err := os.Open(src)
	if err != nil {
		return nil, notRead(t, src, err)
	}
	defer func() { _ = f.Close() }()
	data := make([]byte, pieceSize)
	n, err := f.ReadAt(data, t.Int("offset"))
	if err != nil && err != io.EOF {
		return nil, notRead(t, src, err)
	}
	return value.DictOf("data", data[:n]), nil
}

// WritePiece is a module of pbc's own, which no playbook can name: it writes the bytes of "data" into the file "dest"
// from offset on. The first piece makes the file, or empties it.
func WritePiece() module.Module {
	return module.Module{Name: module.WritePiece, Short: module.WritePiece, Effect: module.Local, Run: writePiece}
}

func writePiece(_ context.Context, c *module.Call) *value.Dict {
	v, _ := c.Args.GetStr("dest")
	dest, _ := value.Text(v)
	v, _ = c.Args.GetStr("data")
	data, _ := v.([]byte)
	v, _ = c.Args.GetStr("offset")
	offset, _ := v.(int64)
	mode := os.O_WRONLY
	if offset == 0 {
		mode |= os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(dest, mode, 0o666)
	if err == nil {
		_, err = f.WriteAt(data, offset)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return value.DictOf("failed", true, "msg", posix.PyError(err, []byte(dest)))
	}
	return value.NewDict()
}
