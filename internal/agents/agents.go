// Package agents holds the agents that this build of pbc can send to hosts: those that make embeds, for
// every platform, or else this very program for its own platform.
package agents

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"

	"pbc/transport/deploy"
)

// Set returns the agents of this build.
func Set() deploy.Agents {
	if embedded != nil {
		return From(embedded)
	}
	return &self{}
}

// From returns the agents in a folder that mkagents wrote.
func From(files fs.FS) deploy.Agents { return &bundle{files} }

// ManifestLine is one agent's line of the MANIFEST that stands beside embedded agents: platform, CRC-32C
// and SHA-256 of the program.
func ManifestLine(platform string, program []byte) string {
	return fmt.Sprintf("%s %08x %s\n", platform, checksum(program), digest(program))
}

// FileName is the name of an embedded agent: the program, gzip'ed.
func FileName(platform string) string {
	return "agent-" + strings.ReplaceAll(platform, "/", "-") + ".gz"
}

func checksum(p []byte) uint32 { return crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)) }

func digest(p []byte) string {
	sum := sha256.Sum256(p)
	return hex.EncodeToString(sum[:])
}

// bundle are agents beside a MANIFEST.
type bundle struct{ files fs.FS }

// ID implements deploy.Agents.
func (b *bundle) ID() (string, error) {
	m, err := fs.ReadFile(b.files, "MANIFEST")
	if err != nil {
		return "", fmt.Errorf("embedded agents: %w", err)
	}
	return digest(m)[:16], nil
}

// Agent implements deploy.Agents.
func (b *bundle) Agent(platform string, zipped bool) (deploy.Agent, error) {
	var a deploy.Agent
	m, err := fs.ReadFile(b.files, "MANIFEST")
	if err != nil {
		return a, fmt.Errorf("embedded agents: %w", err)
	}
	var have []string
	for l := range strings.Lines(string(m)) {
		f := strings.Fields(l)
		if len(f) != 3 {
			return a, fmt.Errorf("embedded agents: got line %q, want platform, sum and digest", l)
		}
		if have = append(have, f[0]); f[0] != platform {
			continue
		}
		if _, err := fmt.Sscanf(f[1], "%x", &a.Sum); err != nil {
			return a, fmt.Errorf("embedded agents: line %q: %w", l, err)
		}
		a.SHA256 = f[2]
		a.Bytes, err = fs.ReadFile(b.files, FileName(platform))
		if err == nil && !zipped {
			a.Bytes, err = unzip(a.Bytes)
		}
		return a, err
	}
	return a, fmt.Errorf("no agent for %s in this build, which has %s", platform, strings.Join(have, " "))
}

func unzip(p []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(p))
	if err != nil {
		return nil, fmt.Errorf("unpacking an embedded agent: %w", err)
	}
	return io.ReadAll(z)
}

// self is the running program as the agent of its own platform.
type self struct {
	once    sync.Once
	program []byte
	err     error
	zipOnce sync.Once
	zipped  []byte
}

func (s *self) load() error {
	s.once.Do(func() {
		exe, err := os.Executable()
		if err == nil {
			s.program, err = os.ReadFile(exe)
		}
		if err != nil {
			s.err = fmt.Errorf("reading this program to send it as an agent: %w", err)
		}
	})
	return s.err
}

// ID implements deploy.Agents.
func (s *self) ID() (string, error) {
	if err := s.load(); err != nil {
		return "", err
	}
	return digest(s.program)[:16], nil
}

// Agent implements deploy.Agents.
func (s *self) Agent(platform string, zipped bool) (deploy.Agent, error) {
	if err := s.load(); err != nil {
		return deploy.Agent{}, err
	}
	if own := runtime.GOOS + "/" + runtime.GOARCH; platform != own {
		return deploy.Agent{}, fmt.Errorf("no agent for %s: this pbc was built without embedded agents and can serve %s only", platform, own)
	}
	a := deploy.Agent{Bytes: s.program, Sum: checksum(s.program), SHA256: digest(s.program)}
	if zipped {
		s.zipOnce.Do(func() { s.zipped = zip(s.program) })
		a.Bytes = s.zipped
	}
	return a, nil
}

func zip(p []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	z.Write(p)
	z.Close()
	return out.Bytes()
}
