// Command mkagents builds the agents that a release of pbc embeds: pbc-agent for every platform, gzip'ed,
// and their MANIFEST, into a folder outside the source; beside them an overlay.json, with which
//
//	go build -tags embed_agents -overlay FOLDER/overlay.json ./cmd/pbc
//
// finds them in internal/agents/bin. The same source gives the same bytes. It is run from the
// repository's root.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"pbc/internal/agents"
)

// platforms are GOOS/GOARCH of the hosts that a release serves.
var platforms = []string{
	"linux/amd64", "linux/arm64", "linux/arm", "linux/386", "linux/ppc64le", "linux/s390x", "linux/riscv64",
	"darwin/amd64", "darwin/arm64", "freebsd/amd64",
}

// flags make the program small, static and the same wherever it is built. What waits for the system, not for
// the processor, is not inlined: 3 % of the program.
var flags = []string{
	"-trimpath", "-buildvcs=false", "-tags=netgo,osusergo", "-ldflags=-s -w -buildid=",
	"-gcflags=pbc/agent/...=-l", "-gcflags=pbc/runtime/module/...=-l", "-gcflags=pbc/runtime/fact=-l", "-gcflags=pbc/runtime/argspec=-l",
	"-gcflags=pbc/runtime/machine=-l", "-gcflags=pbc/runtime/pymodule=-l", "-gcflags=pbc/runtime/pycodec=-l",
	"-gcflags=pbc/runtime/netaddr=-l", "-gcflags=pbc/runtime/crypt=-l", "-gcflags=pbc/runtime/urllib=-l", "-gcflags=pbc/runtime/pyyaml=-l",
	"-gcflags=pbc/runtime/plugin/...=-l", "-gcflags=pbc/runtime/version=-l",
	"-gcflags=github.com/xtaci/smux=-l", "-gcflags=pbc/ir/failure=-l", "-gcflags=pbc/runtime/bound=-l",
}

func main() {
	out := flag.String("o", "build/agents", "folder to write to")
	only := flag.String("platforms", "", "comma list of platforms instead of all")
	flag.Parse()
	list := platforms
	if *only != "" {
		list = strings.Split(*only, ",")
	}
	if err := run(*out, list); err != nil {
		fmt.Fprintln(os.Stderr, "mkagents:", err)
		os.Exit(1)
	}
}

func run(out string, list []string) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	var manifest strings.Builder
	names := []string{"MANIFEST"}
	for _, p := range list {
		program, err := build(".", p)
		if err != nil {
			return err
		}
		zipped, err := zip(program)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		if err := os.WriteFile(filepath.Join(out, agents.FileName(p)), zipped, 0o644); err != nil {
			return err
		}
		names = append(names, agents.FileName(p))
		manifest.WriteString(agents.ManifestLine(p, program))
		fmt.Printf("%-14s %9d bytes %9d gzip\n", p, len(program), len(zipped))
	}
	if err := os.WriteFile(filepath.Join(out, "MANIFEST"), []byte(manifest.String()), 0o644); err != nil {
		return err
	}
	return writeOverlay(out, names)
}

// writeOverlay tells go build that the files in out stand in internal/agents/bin.
func writeOverlay(out string, names []string) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	replace := map[string]string{}
	for _, n := range names {
		replace[filepath.Join(root, "internal/agents/bin", n)] = filepath.Join(out, n)
	}
	text, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "overlay.json"), append(text, '\n'), 0o644)
}

// build returns the agent for a platform, from the source tree at or above root.
func build(root, platform string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "pbc-mkagents-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "agent")
	args := append([]string{"build", "-o", file}, flags...)
	cmd := exec.Command("go", append(args, "pbc/cmd/pbc-agent")...)
	cmd.Dir = root
	goos, goarch, _ := strings.Cut(platform, "/")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOFLAGS=", "GOARM=6")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", platform, err, text)
	}
	return os.ReadFile(file)
}

func zip(p []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(p); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
