package deploy

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/transport/wire"
)

func TestScriptPassesEveryLoginShell(t *testing.T) {
	if i := strings.IndexAny(script, "'\\!\n"); i >= 0 {
		t.Errorf("%q at %d does not mean itself in every shell's quotes", script[i], i)
	}
}

func TestPlatform(t *testing.T) {
	for _, tt := range []struct{ system, machine, want string }{
		{"Linux", "x86_64", "linux/amd64"},
		{"Linux", "i686", "linux/386"},
		{"Linux", "aarch64", "linux/arm64"},
		{"Linux", "armv7l", "linux/arm"},
		{"Linux", "ppc64le", "linux/ppc64le"},
		{"Linux", "s390x", "linux/s390x"},
		{"Linux", "riscv64", "linux/riscv64"},
		{"Darwin", "arm64", "darwin/arm64"},
		{"FreeBSD", "amd64", "freebsd/amd64"},
		{"SunOS", "sun4v", "sunos/sun4v"},
	} {
		if got := platform(tt.system, tt.machine); got != tt.want {
			t.Errorf("%s %s: got %s, want %s", tt.system, tt.machine, got, tt.want)
		}
	}
}

func TestReadLine(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     line
		err      string
		rest     string
	}{
		{"hello", "\nPBC n agent linux/arm\nsession", line{"agent", "linux/arm"}, "", "session"},
		{"need after noise", "motd\nPBC x agent a/b\nPBC n need Linux x86_64 gzip\r\n", line{"need", "Linux", "x86_64", "gzip"}, "", ""},
		{"fail", "\nPBC n fail disk full\n", nil, "disk full", ""},
		{"nonsense", "\nPBC n nonsense\n", nil, `got greeting "nonsense", want agent or need`, ""},
		{"form unknown", "\nPBC n need Linux x86_64 zstd\n", nil, `got greeting "need Linux x86_64 zstd", want agent or need`, ""},
		{"long line", strings.Repeat("x", 100_000) + "\nPBC n agent a/b\n", line{"agent", "a/b"}, "", ""},
		{"endless line", strings.Repeat("x", 300_000), nil, wire.ErrNoise.Error(), ""},
		{"end", "bye\n", nil, "EOF", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := bufio.NewReaderSize(strings.NewReader(tt.in), 4096)
			got, err := readLine(r, "n")
			if d := cmp.Diff(tt.want, got); d != "" || tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != tt.err) {
				t.Errorf("got %v and %v, want %v and %q", got, err, tt.want, tt.err)
			}
			if rest, _ := io.ReadAll(r); tt.err == "" && string(rest) != tt.rest {
				t.Errorf("left %q, want %q", rest, tt.rest)
			}
		})
	}
}

func FuzzReadLine(f *testing.F) {
	f.Add([]byte("noise\nPBC n agent linux/amd64\nrest"))
	f.Add([]byte("\nPBC n need Linux x86_64 raw\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		l, err := readLine(bufio.NewReaderSize(strings.NewReader(string(in)), 4096), "n")
		var why failed
		if err == nil && len(l) != 2 && len(l) != 4 {
			t.Errorf("got %q", l)
		}
		if err != nil && l != nil || errors.As(err, &why) && !strings.Contains(string(in), string(why)) {
			t.Errorf("got %q and %v", l, err)
		}
	})
}
