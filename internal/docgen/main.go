// Command docgen makes the parts of docs/ that the code's own tables can tell: which keywords, modules,
// filters, options and settings there are and what becomes of each (coverage.md), and the generated
// parts of conformance.md. It is run by make docs, from anywhere below the repository's root; its test
// fails when what is committed is not what it would write. With -integration it first takes the outcomes of
// ansible-core's integration targets into their record.
//
// Vocabulary: a page is one file of docs/; a mark is the pair of comments in a page written by hand that
// encloses a generated part; a state is what pbc does with a thing that Ansible has.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// page is a file under docs and what makes it. Make gets what is there now, nil when there is nothing.
type page struct {
	name string
	make func(root string, now []byte) ([]byte, error)
}

var pages = []page{
	{"coverage.md", func(root string, _ []byte) ([]byte, error) { return coverage(root) }},
	{"conformance.md", conformance},
}

func main() {
	results := flag.String("integration", "", "take the outcomes of integration targets from this file")
	core := flag.String("core", "2.14", "the release of ansible-core whose targets those are")
	flag.Parse()
	root, err := findRoot()
	if err == nil && *results != "" {
		err = recordFile(root, *core, *results)
	}
	if err == nil {
		err = write(root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

// write makes all pages anew and names those that changed.
func write(root string) error {
	for _, p := range pages {
		file, now, want, err := p.build(root)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if bytes.Equal(now, want) {
			continue
		}
		if err := os.WriteFile(file, want, 0o644); err != nil {
			return err
		}
		fmt.Println("docs/" + p.name)
	}
	return nil
}

// build returns the page's file, what is in it now and what should be.
func (p page) build(root string) (file string, now, want []byte, err error) {
	file = filepath.Join(root, "docs", p.name)
	now, err = os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return "", nil, nil, err
	}
	want, err = p.make(root, now)
	return file, now, want, err
}

// findRoot goes up to the folder of go.mod.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("no go.mod in %s or above", dir)
		}
	}
}
