package lookup

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/eval"
)

// search is what the terms of first_found ask for.
type search struct {
	names  []value.Value
	paths  []string
	skip   bool
	tagged bool
}

// splitList splits text, or each text of a list, at any of the separators.
func splitList(v value.Value, seps string) []string {
	if s, ok := value.Text(v); ok {
		return strings.FieldsFunc("\x00"+strings.Map(func(r rune) rune {
			if strings.ContainsRune(seps, r) {
				return 1
			}
			return r
		}, s), func(r rune) bool { return r <= 1 })
	}
	l, ok := v.(*value.List)
	if !ok {
		return nil
	}
	var r []string
	for _, e := range l.V {
		r = append(r, splitList(e, seps)...)
	}
	return r
}

func (s *search) terms(terms []value.Value, options *value.Dict) error {
	for _, t := range terms {
		from := options
		switch x := t.(type) {
		case *value.Dict:
			from = x
		case *value.List:
			if err := s.terms(x.V, options); err != nil {
				return err
			}
			continue
		default:
			if _, ok := value.Text(t); !ok {
				return s.invalid(t)
			}
		}
		if from != options || !s.tagged {
			s.set(from)
		}
		files, _ := from.GetStr("files")
		if s.tagged && from == options {
			files = t
		}
		s.add(t, splitList(files, ",;"))
	}
	return nil
}

// set takes the options that hold for the files that follow.
func (s *search) set(options *value.Dict) {
	paths, _ := options.GetStr("paths")
	skip, _ := options.GetStr("skip")
	s.paths = splitList(paths, ",:;")
	s.skip, _ = eval.Boolean(skip)
}

func (s *search) invalid(t value.Value) error {
	if s.tagged {
		return ansibleError("Invalid term supplied. A string, dict or list is required, not '%s').", value.TypeName(t))
	}
	shown, _ := value.ToStr(t)
	return lookupError("Invalid term supplied, can handle string, mapping or list of strings but got: <class '%s'> for %s", value.TypeName(t), shown)
}

// add does as Ansible does: paths times files are appended; in dialect classic files alone replace what was there.
func (s *search) add(term value.Value, files []string) {
	switch {
	case len(s.paths) > 0:
		for _, p := range s.paths {
			for _, f := range files {
				s.names = append(s.names, filepath.Join(p, f))
			}
		}
	case len(files) > 0:
		if !s.tagged {
			s.names = nil
		}
		for _, f := range files {
			s.names = append(s.names, f)
		}
	case !s.tagged:
		s.names = append(s.names, term)
	}
}

func firstFound(_ context.Context, c *Call) ([]value.Value, error) {
	terms := c.Terms
	if files, ok := c.Options.GetStr("files"); ok && len(terms) == 0 && c.tagged() {
		terms = []value.Value{files}
	}
	s := search{tagged: c.tagged()}
	s.set(c.Options)
	if err := s.terms(terms, c.Options); err != nil {
		return nil, err
	}
	subdir := c.Subdir
	if subdir == "" {
		subdir = "files"
	}
	for _, n := range s.names {
		v, err := c.Eval.Value(n)
		var undef *value.UndefError
		if errors.As(err, &undef) {
			continue
		}
		if err != nil {
			return nil, err
		}
		name, _ := value.ToStr(v)
		if p := c.search(subdir, name); p != "" {
			return []value.Value{p}, nil
		}
	}
	if s.skip {
		return nil, nil
	}
	return nil, lookupError("No file was found when using first_found.")
}
