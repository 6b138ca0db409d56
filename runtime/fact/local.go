package fact

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"pbc/ir/value"
)

// localFacts reads the files of fact_path that end in .fact: what an executable prints, the text of
// the rest, as JSON or else as INI. A file that cannot be read so is a warning, and its fact says why.
func localFacts(p *probe) (*value.Dict, error) {
	d := value.NewDict()
	dir := p.opts.Path
	names, _ := p.sys.names(dir)
	slices.Sort(names)
	for _, n := range names {
		if dir == "" || strings.HasPrefix(n, ".") || !strings.HasSuffix(n, ".fact") {
			continue
		}
		v, err := p.localFact(path.Join(dir, n))
		var w localWarning
		switch {
		case errors.As(err, &w):
			p.warn(string(w))
			v = string(w)
		case err != nil:
			return nil, err
		}
		d.SetStr(strings.ReplaceAll(n, ".fact", ""), v)
	}
	return value.DictOf("local", d), nil
}

// localWarning is a local fact that could not be made: the warning, and the fact's value.
type localWarning string

func (w localWarning) Error() string { return string(w) }

func warning(format string, args ...any) error { return localWarning(fmt.Sprintf(format, args...)) }

func (p *probe) localFact(file string) (value.Value, error) {
	fi, err := os.Stat(p.sys.path(file))
	if err != nil {
		return nil, warning("Could not stat fact (%s): %s", file, pythonError(err, "'"+file+"'"))
	}
	text := ""
	if fi.Mode()&0o100 != 0 {
		out := p.sys.run(p.ctx, []string{file})
		if out.Err != nil {
			return nil, &StartError{file, out.Err}
		}
		if out.Code != 0 {
			return nil, warning("Failure executing fact script (%s), rc: %d, err: %s", file, out.Code, out.Stderr)
		}
		text = out.Stdout
	} else {
		text = p.sys.textOr(file, "")
	}
	if v, err := value.ParseJSON([]byte(text)); err == nil {
		return v, nil
	}
	v, err := parseINI(text)
	var bad *interpolationError
	if p.tagged() && errors.As(err, &bad) {
		return p.brokenINI(file, text), nil
	}
	if errors.Is(err, errINI) {
		return nil, warning("error loading facts as JSON or ini - please check content: %s", file)
	}
	return v, err
}

// brokenINI is the fact of a file with values that cannot be made, in dialect tagged: a text. Each such
// value is a warning, and whatever Ansible then tries to keep beside the text is another failure.
func (p *probe) brokenINI(file, text string) string {
	f, err := readINI(text)
	if err != nil {
		return ""
	}
	why := ""
	fault := f.each(func(section, option, _ string, err error) error {
		switch {
		case err != nil:
			why = "error loading facts as ini - please check content: " + file + " (" + err.Error() + ")"
			p.warn(why)
		case why == "" || option == "" && strings.Contains(why, section):
		case option == "":
			return errors.New("'str' object does not support item assignment")
		default:
			return errors.New("string indices must be integers, not 'str'")
		}
		return nil
	})
	if fault != nil {
		why = "Failed to convert (" + file + ") to JSON: " + fault.Error()
		p.warn(why)
	}
	return why
}

// StartError reports a local fact that is executable but cannot be run, which fails the task.
type StartError struct {
	File string
	Err  error
}

func (e *StartError) Error() string { return pythonError(e.Err, "b'"+e.File+"'") }

// Unwrap returns the system's error.
func (e *StartError) Unwrap() error { return e.Err }

// pythonError writes a system error as Python does; file is the repr of what it happened to.
func pythonError(err error, file string) string {
	var n syscall.Errno
	if !errors.As(err, &n) {
		return err.Error()
	}
	text := n.Error()
	return fmt.Sprintf("[Errno %d] %s%s: %s", int(n), strings.ToUpper(text[:1]), text[1:], file)
}
