package fact

import (
	"context"
	"testing"
)

// BenchmarkSetup gathers all facts of this machine: the goal is 50 ms.
func BenchmarkSetup(b *testing.B) {
	for b.Loop() {
		if _, err := Gather(context.Background(), Here(), Options{Path: DefaultPath}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMin gathers the facts of '!all'.
func BenchmarkMin(b *testing.B) {
	for b.Loop() {
		if _, err := Gather(context.Background(), Here(), Options{Subset: []string{"!all"}, Path: DefaultPath}); err != nil {
			b.Fatal(err)
		}
	}
}
