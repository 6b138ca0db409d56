package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pbc/compiler/config"
)

// TestHonouredSettingsAreRead holds the table of settings against the code: a setting that is said to be honoured is named where
// settings are read, or its environment variable is, as the callbacks do.
func TestHonouredSettingsAreRead(t *testing.T) {
	var code strings.Builder
	for _, pattern := range []string{"*.go", "../../compiler/cli/*.go", "../../runtime/callback/options.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || files == nil {
			t.Fatal(pattern, err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(b)
		}
	}
	for _, s := range config.Settings("") {
		effect, why := s.Effect()
		if effect != config.Honoured {
			if why == "" {
				t.Errorf("%s is %s without a reason", s.Name, effect)
			}
			continue
		}
		if s.Env+s.Ini == "" {
			continue // a variable: hosts read it
		}
		found := strings.Contains(code.String(), `"`+s.Name+`"`) || strings.HasPrefix(s.Name, "COLOR_")
		for _, env := range strings.Fields(s.Env) {
			found = found || strings.Contains(code.String(), `"`+env+`"`)
		}
		if !found {
			t.Errorf("%s is said to be honoured and read nowhere", s.Name)
		}
	}
}
