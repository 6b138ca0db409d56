package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// caseTexts returns the texts that a switch tells apart, in order: the one switch in the files of a folder
// that has a case for the text given. What has no table in the code is read off the switch that decides it.
func caseTexts(root, folder, has string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var found [][]string
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return nil, err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SwitchStmt); ok && !strings.HasSuffix(name, "_test.go") {
				if list := cases(s); slices.Contains(list, has) {
					found = append(found, list)
				}
			}
			return true
		})
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s: got %d switches with a case %q, want one", folder, len(found), has)
	}
	return found[0], nil
}

// cases returns the texts of a switch's own cases.
func cases(s *ast.SwitchStmt) []string {
	var out []string
	for _, stmt := range s.Body.List {
		for _, e := range stmt.(*ast.CaseClause).List {
			if t := text(e); t != "" {
				out = append(out, t)
			}
		}
	}
	return out
}

// text is the value of a text literal, "" for any other expression.
func text(n ast.Node) string {
	l, ok := n.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(l.Value)
	if err != nil {
		return ""
	}
	return s
}

// literals are all texts that stand in the code of pbc, tests and the files of except left out: whatever
// pbc looks up by name is among them.
func literals(root string, except ...string) (map[string]bool, error) {
	files, err := sources(root)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, f := range files {
		rel, err := filepath.Rel(root, f)
		if err != nil {
			return nil, err
		}
		if slices.Contains(except, filepath.ToSlash(rel)) {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), f, nil, 0)
		if err != nil {
			return nil, err
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if s := text(n); s != "" {
				found[s] = true
			}
			return true
		})
	}
	return found, nil
}

// sources are the Go files that the program pbc is built of.
func sources(root string) ([]string, error) {
	cmd := exec.Command("go", "list", "-deps", "-f",
		`{{if not .Standard}}{{$d := .Dir}}{{range .GoFiles}}{{printf "%s/%s\n" $d .}}{{end}}{{end}}`, "./cmd/pbc")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var files []string
	for line := range strings.SplitSeq(string(out), "\n") {
		if rel, err := filepath.Rel(root, line); line != "" && err == nil && !strings.HasPrefix(rel, "..") {
			files = append(files, line)
		}
	}
	return files, nil
}
