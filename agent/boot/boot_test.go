package boot

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pbc/transport/wire"
)

// The test binary is an agent that writes until nobody reads, and then says on standard error that it
// could still clean up.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "agent" {
		os.Exit(Main(os.Args[1:], func(rw io.ReadWriteCloser) error {
			fmt.Println("printed by mistake")
			for {
				if _, err := rw.Write(make([]byte, 4096)); err != nil {
					fmt.Fprintln(os.Stderr, "cleaned up")
					return nil
				}
			}
		}, nil))
	}
	os.Exit(m.Run())
}

func TestLostPeerIsAnErrorNotASignal(t *testing.T) {
	cmd := exec.Command(os.Args[0], "agent", "serve", "n")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	words, err := wire.ReadGreeting(r, "n")
	if err != nil || !strings.HasPrefix(words, "agent ") {
		t.Errorf("got %q and %v", words, err)
	}
	if b, err := r.ReadByte(); err != nil || b != 0 {
		t.Errorf("after the greeting got %q and %v, want the session's first byte", b, err)
	}
	out.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if got := stderr.String(); got != "printed by mistake\ncleaned up\n" {
		t.Errorf("got %q", got)
	}
}

func TestCheck(t *testing.T) {
	self, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	right := fmt.Sprintf("%x", sha256.Sum256(self))
	for _, tt := range []struct {
		name, digest string
		ok           bool
	}{{"right", right, true}, {"wrong", strings.Repeat("0", 64), false}, {"short", right[:63], false}} {
		t.Run(tt.name, func(t *testing.T) {
			if err := exec.Command(os.Args[0], "agent", "check", tt.digest).Run(); (err == nil) != tt.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCheckName(t *testing.T) {
	sum := fmt.Sprintf("%08x", crc32.Checksum([]byte("program"), crc32.MakeTable(crc32.Castagnoli)))
	for _, tt := range []struct {
		name string
		ok   bool
	}{
		{"agent-0123-" + sum, true},
		{"agent-0123-00000000", false},
		{"agent", true},
		{"pbc", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), tt.name)
			if err := os.WriteFile(file, []byte("program"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := checkName(file); (err == nil) != tt.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"agent"}, {"agent", "serve"}, {"agent", "dance", "n"}, {"serve", "n", "x"}} {
		if Main(args, nil, nil) != 1 {
			t.Errorf("%v: want exit status 1", args)
		}
	}
}
