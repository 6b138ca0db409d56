package fact

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/pyre"
)

// This file has what each package manager's tool prints, and the details that Ansible makes of it.

// pythonText is an exception of Ansible's module, as its str.
func pythonText(text string) error { return errors.New(text) }

// output runs a tool that must succeed; quiet says that it must not complain either.
func (s *packageScan) output(quiet bool, env []string, argv ...string) (string, error) {
	out := s.sys.run(s.ctx, argv, env...)
	if out.Code != 0 || quiet && out.Stderr != "" {
		return "", fmt.Errorf("Unable to list packages rc=%d : %s", out.Code, out.Stderr) //nolint:staticcheck // Ansible's words
	}
	return out.Stdout, nil
}

// aptScript prints the installed packages as JSON: name, version, architecture, section, origin. It ends
// with 3 where there is no library.
//
// The library is the only one who knows section and origin: they come from the indexes of the sources,
// which are matched with what is installed by more than the version.
const aptScript = `import apt, apt_pkg, json
try:
 r = []
 for p in apt_pkg.Cache(None).packages:
  v = p.current_ver
  if v: r.append((p.get_fullname(True), v.ver_str, v.arch, v.section, v.file_list[0][0].origin or ''))
 r.sort()
except Exception as e:
 r = str(e)
print(json.dumps(r))
`

// apt asks the library in python; without Python it asks apt's own tools.
func (s *packageScan) apt(python string) ([]*value.Dict, error) {
	if python == "" {
		return s.dpkg()
	}
	out := s.sys.run(s.ctx, []string{python, "-c", aptScript})
	v, err := value.ParseJSON([]byte(out.Stdout))
	if err != nil {
		return nil, pythonText(strip(out.Stderr))
	}
	if text, ok := value.Text(v); ok {
		return nil, pythonText(text)
	}
	var r []*value.Dict
	rows, _ := v.(*value.List)
	if rows == nil {
		return nil, nil
	}
	for _, row := range rows.V {
		if l, ok := row.(*value.List); ok && len(l.V) == 5 {
			r = append(r, aptDetails([5]value.Value(l.V)))
		}
	}
	return r, nil
}

func aptDetails(row [5]value.Value) *value.Dict {
	return value.DictOf("name", row[0], "version", row[1], "arch", row[2], "category", row[3], "origin", row[4])
}

// dpkg lists packages where there is no Python. The section is then the package's own word, which the
// archive may have overridden.
func (s *packageScan) dpkg() ([]*value.Dict, error) {
	native := strip(s.sys.run(s.ctx, []string{s.sys.look("dpkg"), "--print-architecture"}).Stdout)
	out, err := s.output(false, parsable, s.sys.look("dpkg-query"), "-W", "-f",
		`${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${Section}\n`)
	if err != nil {
		return nil, err
	}
	var rows [][5]value.Value
	names := []string{s.sys.look("apt-cache"), "policy"}
	for _, l := range splitLines(out) {
		f := strings.Split(l, "\t")
		if len(f) != 5 || f[0] == "not-installed" || f[0] == "config-files" {
			continue
		}
		name := f[1]
		if f[3] != native && f[3] != "all" {
			name += ":" + f[3]
		}
		rows = append(rows, [5]value.Value{name, f[2], f[3], f[4], ""})
		names = append(names, name)
	}
	origins := s.aptOrigins(names)
	r := make([]*value.Dict, len(rows))
	for i, row := range rows {
		row[4] = origins[row[0].(string)]
		r[i] = aptDetails(row)
	}
	return r, nil
}

// aptOrigins tells where installed packages come from: by the first source in the table of versions
// that "apt-cache policy" prints of each, and what it prints of that source.
func (s *packageScan) aptOrigins(policy []string) map[string]string {
	origin := map[string]string{}
	source := ""
	for _, l := range splitLines(s.sys.run(s.ctx, policy[:2], parsable...).Stdout) {
		l = strip(l)
		if rest, ok := strings.CutPrefix(l, "release "); ok {
			for _, f := range strings.Split(rest, ",") {
				if o, ok := strings.CutPrefix(f, "o="); ok {
					origin[source] = o
				}
			}
		} else if _, rest, ok := strings.Cut(l, " "); ok {
			source = rest
		}
	}
	r := map[string]string{}
	name, installed := "", false
	for _, l := range splitLines(s.sys.run(s.ctx, policy, parsable...).Stdout) {
		switch {
		case !strings.HasPrefix(l, " "):
			name, installed = strings.TrimSuffix(l, ":"), false
		case strings.HasPrefix(l, " *** "):
			installed = true
		case installed:
			_, source, _ := strings.Cut(strip(l), " ")
			r[name], installed = origin[source], false
		}
	}
	return r
}

// rpmFormat prints a line of tab-separated tags for a package; an epoch or architecture that is missing is empty.
const rpmFormat = `%{NAME}\t%{VERSION}\t%{RELEASE}\t%|EPOCH?{%{EPOCH}}|\t%|ARCH?{%{ARCH}}|\n`

func (s *packageScan) rpm(string) ([]*value.Dict, error) {
	out, err := s.output(false, nil, s.sys.look("rpm"), "-qa", "--qf", rpmFormat)
	if err != nil {
		return nil, err
	}
	var r []*value.Dict
	for _, l := range strings.Split(out, "\n") {
		f := strings.Split(l, "\t")
		if len(f) != 5 {
			continue
		}
		r = append(r, value.DictOf("name", f[0], "version", f[1], "release", f[2],
			"epoch", s.rpmTag(f[3], true), "arch", s.rpmTag(f[4], false)))
	}
	return r, nil
}

// rpmTag is a tag that a package need not have. Dialect tagged makes text of everything.
func (s *packageScan) rpmTag(text string, number bool) value.Value {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case text == "" && s.tagged:
		return "None"
	case text == "":
		return nil
	case number && err == nil && !s.tagged:
		return n
	}
	return text
}

func (s *packageScan) pacman(tool string) ([]*value.Dict, error) {
	out, err := s.output(true, []string{"LC_ALL=C.UTF-8"}, tool, "-Qi")
	if err != nil {
		return nil, err
	}
	records := strings.Split(out, "\n\n")
	var r []*value.Dict
	for _, text := range records[:len(records)-1] {
		d, err := pacmanDetails(text)
		if err != nil {
			return nil, err
		}
		r = append(r, d)
	}
	return r, nil
}

// pacmanLine begins a field.
var pacmanLine = pyre.MustCompile(`^([\w ]*[\w]) +: (.*)`)

// pacmanDetails reads one record: "Key : value", with lines that go on.
func pacmanDetails(text string) (*value.Dict, error) {
	field, last := map[string]string{}, ""
	for _, l := range splitLines(text) {
		if m := pacmanLine.FindStringSubmatch(l); m != nil {
			last = m[1]
			field[last] = m[2]
		} else if last == "" {
			return nil, pythonText("None")
		} else {
			field[last] += "  " + strings.TrimLeftFunc(l, isSpace)
		}
	}
	for _, k := range []string{"Provides", "Name", "Version", "Architecture"} {
		if _, ok := field[k]; !ok {
			return nil, pythonText("'" + k + "'")
		}
	}
	d := value.DictOf("name", field["Name"], "version", field["Version"], "arch", field["Architecture"], "provides", nil)
	if field["Provides"] != "None" {
		l := value.NewList()
		for _, p := range strings.Split(field["Provides"], "  ") {
			name, _, _ := strings.Cut(p, "=")
			l.V = append(l.V, name)
		}
		d.SetStr("provides", l)
	}
	return d, nil
}

// pkg lists FreeBSD's packages.
func (s *packageScan) pkg(tool string) ([]*value.Dict, error) {
	out, err := s.output(true, nil, tool, "query", "%n\t%v\t%R\t%t\t%a\t%q\t%o\t%p\t%V")
	if err != nil {
		return nil, err
	}
	var r []*value.Dict
	for _, l := range splitLines(out) {
		d, err := pkgDetails(strings.Split(l, "\t"))
		if err != nil {
			return nil, err
		}
		r = append(r, d)
	}
	return r, nil
}

// pkgDetails cuts a version into version, revision and epoch, as in 1.2_3,1.
func pkgDetails(row []string) (*value.Dict, error) {
	d := value.NewDict()
	for i, k := range []string{"name", "version", "origin", "installed", "automatic", "arch", "category", "prefix", "vital"} {
		if i < len(row) {
			d.SetStr(k, row[i])
		}
	}
	if len(row) > 5 {
		if abi := strings.Split(row[5], ":"); len(abi) > 2 {
			d.SetStr("arch", abi[2])
		}
	}
	if len(row) > 6 {
		category, _, _ := strings.Cut(row[6], "/")
		d.SetStr("category", category)
	}
	for i, k := range map[int]string{4: "automatic", 8: "vital"} {
		if i >= len(row) {
			continue
		}
		n, err := strconv.ParseInt(strip(row[i]), 10, 64)
		if err != nil {
			literal, _ := value.Repr(row[i])
			return nil, pythonText("invalid literal for int() with base 10: " + literal)
		}
		d.SetStr(k, n != 0)
	}
	if len(row) > 1 {
		version, epoch, ok := strings.Cut(row[1], ",")
		d.SetStr("port_epoch", int64(0))
		if ok {
			d.SetStr("port_epoch", epoch)
		}
		version, revision, ok := strings.Cut(version, "_")
		if !ok {
			revision = "0"
		}
		d.Update(value.DictOf("version", version, "revision", revision))
	}
	return d, nil
}

func (s *packageScan) portage(tool string) ([]*value.Dict, error) {
	out := s.sys.shell(s.ctx, tool+" -Iv | xargs -n 1024 qatom")
	if out.Code != 0 {
		return nil, fmt.Errorf("Unable to list packages rc=%d : %s", out.Code, out.Stderr) //nolint:staticcheck // Ansible's words
	}
	keys := []string{"category", "name", "version", "ebuild_revision", "slots", "prefixes", "sufixes"}
	var r []*value.Dict
	for _, l := range splitLines(out.Stdout) {
		d := value.NewDict()
		for i, w := range words(l) {
			if i < len(keys) {
				d.SetStr(keys[i], w)
			}
		}
		r = append(r, d)
	}
	return r, nil
}

func (s *packageScan) apk(tool string) ([]*value.Dict, error) {
	out, err := s.output(!s.tagged, nil, tool, "info", "-v")
	if err != nil {
		return nil, err
	}
	var r []*value.Dict
	for _, l := range splitLines(out) {
		d := value.DictOf("name", l, "version", "", "release", "")
		if head, release, ok := cutLast(l, "-"); ok {
			if name, version, ok := cutLast(head, "-"); ok {
				d = value.DictOf("name", name, "version", version, "release", release)
			}
		}
		r = append(r, d)
	}
	return r, nil
}

// pkgInfo lists OpenBSD's packages.
func (s *packageScan) pkgInfo(tool string) ([]*value.Dict, error) {
	out, err := s.output(true, nil, tool, "-a")
	if err != nil {
		return nil, err
	}
	var r []*value.Dict
	for _, l := range splitLines(out) {
		if first(l) == "" {
			return nil, pythonText("list index out of range")
		}
		name, version, ok := cutLast(first(l), "-")
		if !ok {
			name = l
		}
		r = append(r, value.DictOf("name", name, "version", version))
	}
	return r, nil
}

// cutLast is strings.Cut at the last sep.
func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
