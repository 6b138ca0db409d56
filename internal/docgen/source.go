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

// caseTexts returns the texts that the switches of a function tell apart, in order. What has no table
// in the code is read off the switch that decides it.
func caseTexts(root, file, function string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, 0)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Name.Name != function {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			c, ok := n.(*ast.CaseClause)
			if !ok {
				return true
			}
			for _, e := range c.List {
				if s := text(e); s != "" {
					out = append(out, s)
				}
			}
			return true
		})
	}
	if out == nil {
		return nil, fmt.Errorf("%s: no cases in a function %s", file, function)
	}
	return out, nil
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
			if c, ok := n.(*ast.CallExpr); ok && calls(c, "callback", "EnvLookup") {
				found[environmentOnly] = true
			}
			return true
		})
	}
	return found, nil
}

// environmentOnly stands among the literals when the program has callbacks read their settings from the
// environment alone. No literal is equal to it.
const environmentOnly = "\x00environment only"

// calls says whether c calls a function of a package by these names.
func calls(c *ast.CallExpr, pkg, function string) bool {
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg && s.Sel.Name == function
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
