package files

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

var findSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "paths", Type: argspec.List, Elements: argspec.Str, Required: true, Aliases: []string{"name", "path"}, OnlyOlder: true},
		{Name: "paths", Type: argspec.List, Elements: argspec.Path, Required: true, Aliases: []string{"name", "path"}, OnlyNewer: true},
		{Name: "patterns", Type: argspec.List, Elements: argspec.Str, Default: value.NewList(), Aliases: []string{"pattern"}},
		{Name: "excludes", Type: argspec.List, Elements: argspec.Str, Aliases: []string{"exclude"}},
		{Name: "contains"},
		{Name: "read_whole_file", Type: argspec.Bool, Default: false},
		{Name: "file_type", Default: "file", Choices: argspec.Choices("any", "directory", "file", "link")},
		{Name: "age"},
		{Name: "age_stamp", Default: "mtime", Choices: argspec.Choices("atime", "ctime", "mtime")},
		{Name: "size"},
		{Name: "recurse", Type: argspec.Bool, Default: false},
		{Name: "hidden", Type: argspec.Bool, Default: false},
		{Name: "follow", Type: argspec.Bool, Default: false},
		{Name: "get_checksum", Type: argspec.Bool, Default: false},
		{Name: "use_regex", Type: argspec.Bool, Default: false},
		{Name: "depth", Type: argspec.Int},
		{Name: "checksum_algorithm", Default: "sha1", Aliases: []string{"checksum", "checksum_algo"}, Choices: checksumAlgorithms, OnlyTagged: true},
		{Name: "mode", Type: argspec.Raw, OnlyNewer: true},
		{Name: "exact_mode", Type: argspec.Bool, Default: true, OnlyNewer: true},
		{Name: "encoding", OnlyNewer: true},
		{Name: "limit", Type: argspec.Int, OnlyNewer: true},
	},
	CheckMode: true,
}

// Find is ansible.builtin.find.
func Find() module.Module {
	m := module.New("ansible.builtin.find", "find", module.Local, findSpec, find)
	m.Declines, m.Leaves = unknownEncoding, []string{"encoding"}
	return m
}

// search is one task of find.
type search struct {
	t                  *module.Task
	patterns, excludes []func(string) bool
	contains           *pyre.Regexp
	age, size          *float64
	now                float64

	files     *value.List
	skipped   *value.Dict
	examined  int64
	warned    bool
	stopped   bool   // the limit of matches was reached in this path
	limited   bool   // it was in some path
	slow      error  // a pattern that passed its bound
	senseless string // why contains is no pattern: the first file that is held against it ends the search of its path
	broken    string // why a pattern is none: every path that has a file to hold against it is skipped
}

func find(_ context.Context, t *module.Task) (*value.Dict, error) {
	if len(t.Strings("patterns")) == 0 {
		all := "*"
		if t.Bool("use_regex") {
			all = ".*"
		}
		t.Params.SetStr("patterns", value.NewList(all))
	}
	if v := t.Get("mode"); v != nil && t.Truthy("mode") {
		if _, ok := value.Text(v); !ok {
			return nil, module.Fail("argument 'mode' is not a string and conversion is not allowed, value is of type %s", value.TypeName(v))
		}
	}
	s := &search{t: t, files: value.NewList(), skipped: value.NewDict(), now: float64(time.Now().UnixMicro()) / 1e6}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	for _, p := range t.Strings("paths") {
		if !t.Tagged() {
			p = t.Environ.ExpandPath(p)
		}
		if why := s.path(p); why != "" {
			s.skipped.SetStr(p, why)
			t.Warn("Skipped '%s' path due to this access issue: %s\n", p, why)
			s.warned = true
		}
	}
	if s.slow != nil {
		return nil, s.slow
	}
	msg := "All paths examined"
	switch {
	case s.warned:
		msg = "Not all paths examined, check warnings for details"
	case s.limited:
		msg = "Limit of matches reached"
	}
	return value.DictOf("files", s.files, "changed", false, "msg", msg, "matched", int64(len(s.files.V)),
		"examined", s.examined, "skipped_paths", s.skipped), nil
}

var (
	agePattern  = pyre.MustCompile(`^(-?\d+)(s|m|h|d|w)?$`)
	sizePattern = pyre.MustCompile(`^(-?\d+)(b|k|m|g|t)?$`)
	ageUnits    = map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
	sizeUnits   = map[string]float64{"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
)

func (s *search) prepare() error {
	var err error
	if s.age, err = s.amount("age", agePattern, ageUnits); err != nil {
		return err
	}
	if s.size, err = s.amount("size", sizePattern, sizeUnits); err != nil {
		return err
	}
	if n := s.t.Int("limit"); s.t.Has("limit") && n <= 0 {
		return module.Fail("limit cannot be %d (use None for unlimited)", n)
	}
	if s.t.Has("contains") {
		if s.contains, err = pyre.Compile(s.t.Str("contains"), 0); err != nil {
			s.senseless = err.Error()
		}
	}
	for _, p := range s.t.Strings("patterns") {
		f, err := s.matcher(p)
		if err != nil {
			return err
		}
		s.patterns = append(s.patterns, f)
	}
	for _, p := range s.t.Strings("excludes") {
		f, err := s.matcher(p)
		if err != nil {
			return err
		}
		s.excludes = append(s.excludes, f)
	}
	return nil
}

// amount reads age or size: a number and a unit, negative for less than.
func (s *search) amount(name string, re *pyre.Regexp, units map[string]float64) (*float64, error) {
	if !s.t.Has(name) {
		return nil, nil
	}
	m := re.FindStringSubmatch(strings.ToLower(s.t.Str(name)))
	if m == nil {
		return nil, module.FailWith("failed to process "+name, name, s.t.Get(name))
	}
	n, _ := strconv.ParseFloat(m[1], 64)
	n *= units[m[2]]
	return &n, nil
}

func (s *search) matcher(p string) (func(string) bool, error) {
	if s.t.Bool("use_regex") {
		re, err := pyre.Compile(p, 0)
		if err != nil {
			return func(string) bool { s.broken = err.Error(); return false }, nil
		}
		return func(name string) bool { return s.match(re.Match, name) }, nil
	}
	re, err := pyre.Compile(posix.FnmatchPattern(p), 0)
	if err != nil {
		return nil, err
	}
	return re.MatchString, nil
}

// match applies a pattern; that it took too long is told when the search has ended.
func (s *search) match(how func(string) (*pyre.Match, error), text string) bool {
	m, err := how(text)
	if err != nil {
		s.slow = err
	}
	return m != nil
}

// path looks through one path, and says why it could not.
func (s *search) path(p string) string {
	s.stopped = false
	if !posix.IsDir(p) {
		return fmt.Sprintf("'%s' is not a directory", p)
	}
	return s.walk(p, p)
}

// unreadable says why a folder cannot be read.
func unreadable(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if _, err = f.ReadDir(1); err == io.EOF {
		return nil
	}
	return err
}

// walk is os.walk from the top, files before folders, stopping where a folder cannot be read: in dialect tagged only
// there, in classic altogether.
func (s *search) walk(top, dir string) string {
	if err := unreadable(dir); err != nil {
		why := posix.PyError(err, dir)
		if n := posix.Errno(err); s.t.Tagged() && (n == unix.EPERM || n == unix.EACCES || n == unix.ENOENT) {
			s.skipped.SetStr(dir, why)
			return ""
		}
		return why
	}
	dirs, files := listDir(dir)
	s.examined += int64(len(dirs) + len(files))
	tooDeep := false
	for _, name := range append(append([]string(nil), files...), dirs...) {
		full := filepath.Clean(posix.Join(dir, name))
		if depth := s.t.Int("depth"); depth != 0 {
			base := strings.TrimRight(top, "/") + "/"
			if int64(strings.Count(full, "/")-strings.Count(base, "/")+1) > depth {
				tooDeep = true
				continue
			}
		}
		if strings.HasPrefix(posix.Basename(full), ".") && !s.t.Bool("hidden") {
			continue
		}
		if why := s.entry(name, full); why != "" {
			return why
		}
		if s.t.Has("limit") && int64(len(s.files.V)) == s.t.Int("limit") {
			s.stopped, s.limited = true, true
			break
		}
	}
	if tooDeep || s.stopped || !s.t.Bool("recurse") {
		return ""
	}
	for _, name := range dirs {
		sub := posix.Join(dir, name)
		if posix.IsLink(sub) && !s.t.Bool("follow") {
			continue
		}
		if why := s.walk(top, sub); why != "" || s.stopped {
			return why
		}
	}
	return ""
}

// entry takes a file that is meant into the result. It says why the path cannot be looked through.
func (s *search) entry(name, full string) string {
	var st unix.Stat_t
	if err := unix.Lstat(full, &st); err != nil {
		why := posix.PyError(err, full)
		if s.t.Tagged() {
			s.t.Warn("Skipped entry %s due to access issue: %s", value.StrRepr(full), why)
		} else {
			s.t.Warn("Skipped entry '%s' due to this access issue: %s\n", full, why)
		}
		s.skipped.SetStr(full, why)
		s.warned = true
		return ""
	}
	want := s.t.Str("file_type")
	regular := kind(&st) == unix.S_IFREG
	ofKind := want == "any" || want == "file" && regular || want == "directory" && kind(&st) == unix.S_IFDIR ||
		want == "link" && kind(&st) == unix.S_IFLNK
	s.broken = ""
	if !ofKind || !s.named(name) || !s.aged(&st) || regular && !over(float64(st.Size), s.size) {
		return s.broken
	}
	if want == "file" {
		if holds, why := s.holds(full); !holds || why != "" {
			return why
		}
	}
	if fits, err := s.fits(uint32(st.Mode)); !fits || err != nil {
		return errText(err)
	}
	r := findDict(full, &st)
	if regular && s.t.Bool("get_checksum") {
		if sum, err := Checksum(full, cmp.Or(s.t.Str("checksum_algorithm"), "sha1")); err == nil {
			r.SetStr("checksum", sum)
		}
	}
	s.files.V = append(s.files.V, r)
	return ""
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// fits says whether a file has the wanted mode, or with exact_mode off a bit of it.
func (s *search) fits(mode uint32) (bool, error) {
	text := s.t.Str("mode")
	if text == "" {
		return true, nil
	}
	n, ok := posix.ParseOctal(text)
	want := uint32(n)
	if !ok {
		var err error
		if want, err = (posix.Symbolic{Tagged: true}).Apply(text); err != nil {
			return false, err
		}
	}
	want, mode = want&posix.PermBits, mode&posix.PermBits
	if s.t.Bool("exact_mode") {
		return mode == want, nil
	}
	return mode&want != 0, nil
}

// findDict is what find tells of a file: less than stat does, but always with names.
func findDict(path string, st *unix.Stat_t) *value.Dict {
	r := StatDict(path, st)
	for _, k := range []string{"exists", "blocks", "block_size", "device_type"} {
		r.Del(k)
	}
	u, _ := posix.UserByID(int(st.Uid))
	g, _ := posix.GroupByID(int(st.Gid))
	r.SetStr("pw_name", u.Name)
	r.SetStr("gr_name", g.Name)
	return r
}

func anyOf(fs []func(string) bool, name string) bool {
	for _, f := range fs {
		if f(name) {
			return true
		}
	}
	return false
}

func (s *search) named(name string) bool {
	return anyOf(s.patterns, name) && !anyOf(s.excludes, name)
}

// over says whether n is at least the limit, or at most for a negative one.
func over(n float64, limit *float64) bool {
	return limit == nil || *limit >= 0 && n >= *limit || *limit < 0 && n <= math.Abs(*limit)
}

func (s *search) aged(st *unix.Stat_t) bool {
	stamp := st.Mtim
	switch s.t.Str("age_stamp") {
	case "atime":
		stamp = st.Atim
	case "ctime":
		stamp = st.Ctim
	}
	return over(s.now-Seconds(stamp), s.age)
}

// holds says whether the file's text matches contains, at a line's start or anywhere in the whole. Text that is not in its
// encoding matches nothing; in dialect tagged it ends the search of the path.
func (s *search) holds(path string) (holds bool, why string) {
	if s.contains == nil {
		return s.senseless == "", s.senseless
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return false, ""
	}
	name := strings.ToLower(s.t.Str("encoding"))
	if enc := encodings[name]; enc.anyByte {
		data = []byte(enc.decode(data))
	} else if !utf8.Valid(data) || strings.HasSuffix(name, "ascii") && !isASCII(data) {
		if !s.t.Tagged() {
			return false, ""
		}
		shown := cmp.Or(s.t.Str("encoding"), `None (default determined by the Python built-in function "open")`)
		return false, fmt.Sprintf("Failed to read the file %s due to an encoding error. current encoding: %s", path, shown)
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data))
	if s.t.Bool("read_whole_file") {
		return s.match(s.contains.Search, text), ""
	}
	for line := range strings.Lines(text) {
		if s.match(s.contains.Match, line) {
			return true, ""
		}
	}
	return false, ""
}

func isASCII(data []byte) bool {
	for _, c := range data {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
