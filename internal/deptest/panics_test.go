package deptest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// panics are the functions that may panic of themselves, with what they say then. What nobody recovers is printed: no value of a
// playbook, which may be a secret, may be in it.
var panics = map[string]string{
	"compiler/config/config.go Value":            "a setting that the program's own table lacks",
	"compiler/config/config.go defaultValue":     "a default of the program's own table",
	"compiler/jinja/parser.go failAt":            "recovered by parse",
	"compiler/jinja/parser.go parse":             "what it did not recover goes on",
	"conformance/scenario/scenario.go Digest":    "a scenario, which holds no secrets",
	"conformance/compare/outcome.go WriteEvents": "what oracles did, for tests",
	"conformance/compare/outcome.go WriteTree":   "the same",
	"ir/value/dict.go DictOf":                    "the type of a key",
	"runtime/eval/program.go fail":               "recovered by rescue",
	"runtime/eval/program.go rescue":             "what it did not recover goes on",
	"runtime/netaddr/class.go networks":          "an address of the program's own table",
	"runtime/pyre/find.go MustCompile":           "a pattern of the program's own",
	"transport/wire/session.go start":            "the program's own configuration",
}

func TestPanics(t *testing.T) {
	got := map[string]string{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(rel, "bench") || strings.HasPrefix(rel, "internal") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			name := "a variable"
			if f, ok := decl.(*ast.FuncDecl); ok {
				name = f.Name.Name
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "panic" {
					where := filepath.ToSlash(rel) + " " + name
					got[where] = panics[where]
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(panics, got); d != "" {
		t.Errorf("panics (-listed +found):\n%s", d)
	}
}
