package files

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"

	"pbc/ir"
)

// vaultHeader begins every vaulted file.
const vaultHeader = "$ANSIBLE_VAULT;"

// Decrypt opens a vaulted file for a run; the path is for messages.
type Decrypt func(path string, data []byte) ([]byte, error)

// IsVault says whether these are the bytes of a vaulted file.
func IsVault(b []byte) bool {
	return strings.HasPrefix(string(b[:min(len(b), len(vaultHeader))]), vaultHeader)
}

// Open returns the tree with what its vaulted files hold; the tree itself when it has none. What they hold is
// kept in memory only.
func (s *Store) Open(t *ir.FileTree, decrypt Decrypt) *ir.FileTree { return s.open(t, t.Path, decrypt) }

func (s *Store) open(t *ir.FileTree, path string, decrypt Decrypt) *ir.FileTree {
	out := t
	for i := range t.Children {
		c := &t.Children[i]
		n := s.open(c, filepath.Join(path, c.Path), decrypt)
		if n == c {
			continue
		}
		if out == t {
			twin := *t
			twin.Children = append([]ir.FileTree{}, t.Children...)
			out = &twin
		}
		out.Children[i] = *n
	}
	if t.Digest == "" || t.Opened != nil || !s.vaulted(t.Digest) {
		return out
	}
	twin := *out
	twin.Opened = s.opened(t, path, decrypt)
	return &twin
}

// vaulted says whether a blob is a vaulted file.
func (s *Store) vaulted(digest string) bool {
	head, _, err := s.piece(digest, 0, len(vaultHeader))
	return err == nil && IsVault(head)
}

func (s *Store) opened(t *ir.FileTree, path string, decrypt Decrypt) *ir.OpenedFile {
	data := s.Blob(t.Digest, int(t.Size))
	plain, err := decrypt(path, data)
	if err != nil {
		return &ir.OpenedFile{Fault: err.Error()}
	}
	sum := sha256.Sum256(plain)
	digest := hex.EncodeToString(sum[:])
	s.AddBlobs(map[string][]byte{digest: plain})
	return &ir.OpenedFile{Size: int64(len(plain)), Digest: digest}
}
