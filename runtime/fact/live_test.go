package fact

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"pbc/ir/value"
)

func TestDump(t *testing.T) {
	t0 := time.Now()
	g, err := Gather(context.Background(), Here(), Options{Path: DefaultPath})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, time.Since(t0))
	s, _ := value.Repr(g.Facts)
	os.WriteFile("/tmp/facts/go.repr", []byte(s), 0o644)
	fmt.Fprintln(os.Stderr, g.Warnings)
}
