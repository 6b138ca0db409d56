package agents

import (
	"bytes"
	"compress/gzip"
	"io"
	"runtime"
	"testing"
)

// Whatever kind of build this is, its set serves its own platform, packed and plain alike.
func TestSetServesItsOwnPlatform(t *testing.T) {
	set := Set()
	if id, err := set.ID(); err != nil || len(id) != 16 {
		t.Errorf("got ID %q and %v", id, err)
	}
	own := runtime.GOOS + "/" + runtime.GOARCH
	packed, err := set.Agent(own, true)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := set.Agent(own, false)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(unpacked, plain.Bytes) {
		t.Errorf("unpacked %d bytes and %v, want %d", len(unpacked), err, len(plain.Bytes))
	}
	if plain.SHA256 != digest(plain.Bytes) || packed.Sum != checksum(plain.Bytes) || packed.SHA256 != plain.SHA256 {
		t.Errorf("sums do not belong to the program: %08x %s", packed.Sum, plain.SHA256)
	}
	if _, err := set.Agent("plan9/mips", true); err == nil {
		t.Error("an agent for a platform that no build has")
	}
}
