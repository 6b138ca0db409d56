package fact

import (
	"slices"
	"strings"
)

// subsetNames are all names that gather_subset takes, sorted, without all and min.
func subsetNames(among []*collector) []string {
	var r []string
	for _, c := range among {
		r = append(append(r, c.name), c.ids...)
	}
	slices.Sort(r)
	return r
}

// subset is a set of names.
type subset map[string]bool

func (s subset) add(names ...string) {
	for _, n := range names {
		s[n] = true
	}
}

func minNames() []string {
	var r []string
	for _, c := range collectors {
		if c.min {
			r = append(r, c.name)
		}
	}
	return r
}

// selectCollectors reads gather_subset. The subset min is always in it first; what is excluded with
// "!" stays out wherever it stands, unless it is named by itself too. Excluding a name that does not
// exist is no error. Collectors that the chosen ones need come with them.
//
// Observed: ansible-core 2.14, setup with gather_subset '!all,!min', '!hardware,devices', 'min,!min'.
func selectCollectors(among []*collector, spec []string) ([]*collector, error) {
	valid := subset{}
	valid.add(subsetNames(among)...)
	in, out, named := subset{}, subset{}, subset{}
	for _, s := range append([]string{"min"}, spec...) {
		name, exclude := strings.CutPrefix(s, "!")
		switch {
		case exclude:
			out.add(excluded(among, name)...)
		case name == "min":
			in.add(minNames()...)
		case name == "all":
			in.add(subsetNames(among)...)
		case !valid[name]:
			return nil, &SubsetError{name, among}
		default:
			in.add(name)
			named.add(name)
		}
	}
	chosen := subset{}
	for _, c := range among {
		for _, n := range append([]string{c.name}, c.ids...) {
			if in[n] && (!out[n] || named[n]) {
				chosen.add(c.name)
				chosen.add(c.needs...)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(among), func(c *collector) bool { return !chosen[c.name] }), nil
}

// useful are the chosen collectors that are wanted, and those that they need.
func useful(chosen []*collector, only []string) []*collector {
	if only == nil {
		return chosen
	}
	keep := subset{"local": true}
	for _, c := range chosen {
		if slices.Contains(only, c.name) {
			keep.add(c.name)
			keep.add(c.needs...)
		}
	}
	return slices.DeleteFunc(chosen, func(c *collector) bool { return !keep[c.name] })
}

// excluded are the names that "!name" takes out.
func excluded(among []*collector, name string) []string {
	switch name {
	case "min":
		return minNames()
	case "all":
		min := minNames()
		return slices.DeleteFunc(subsetNames(among), func(n string) bool { return slices.Contains(min, n) })
	}
	r := []string{name}
	for _, c := range among {
		if c.name == name {
			r = append(r, c.ids...)
		}
	}
	return r
}
