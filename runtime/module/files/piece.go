package files

import (
	"context"
	"io"
	"os"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

// pieceSize is how many bytes one call of the piece reader returns at most.
const pieceSize = 1 << 20

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
		return value.DictOf("path", posix.Environ{}.ExpandUser(src)), nil
	}
	if t.Bool("checksum") {
		sum, err := Checksum(src, "sha1")
		if err != nil {
			return nil, notRead(src, err)
		}
		return value.DictOf("checksum", sum), nil
	}
	f, err := os.Open(src)
	if err != nil {
		return nil, notRead(src, err)
	}
	defer func() { _ = f.Close() }()
	data := make([]byte, pieceSize)
	n, err := f.ReadAt(data, t.Int("offset"))
	if err != nil && err != io.EOF {
		return nil, notRead(src, err)
	}
	return value.DictOf("data", data[:n]), nil
}
