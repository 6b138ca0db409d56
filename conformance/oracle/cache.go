package oracle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pbc/conformance/compare"
	"pbc/conformance/scenario"
)

// cacheFormat is raised when the place, the environment or the encoding of outcomes changes, so that older entries are not found.
const cacheFormat = "1"

// Cache keeps what a live oracle did, so that the next run of the suite on this machine need not ask it again.
type Cache struct {
	Dir string // "" keeps nothing
}

// Outcome gives what program does with s: from the cache, or by running it. It says whether the program was run.
func (c Cache) Outcome(ctx context.Context, p *Program, n *compare.Normaliser, s *scenario.Scenario) (compare.Outcome, bool, error) {
	path := ""
	if c.Dir != "" && s.Machine == "" {
		sum := sha256.Sum256([]byte(strings.Join([]string{cacheFormat, s.Digest(), p.Path, p.Version, plugin}, "\x00")))
		path = filepath.Join(c.Dir, hex.EncodeToString(sum[:10]))
		if data, err := os.ReadFile(path); err == nil {
			if out, err := decode(data, len(s.Runs)); err == nil {
				return n.Outcome(out), false, nil
			}
		}
	}
	out, err := p.RunScenario(ctx, s)
	if err != nil || path == "" {
		return n.Outcome(out), true, err
	}
	data := encode(p.Version, out)
	if back, err := decode(data, len(s.Runs)); err != nil || !compare.Outcomes(out, back).Equal {
		return n.Outcome(out), true, nil // cannot be kept as text; asked for again next time
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return out, true, err
	}
	temp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(temp, data, 0o600); err != nil {
		return out, true, err
	}
	return n.Outcome(out), true, os.Rename(temp, path)
}
