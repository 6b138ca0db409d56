package eval

import (
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// counting is the specification of a sequence.
type counting struct {
	start, end, count, stride int64
	hasEnd, hasCount          bool
	format                    string
	tagged                    bool
}

func sequenceLookup(f *frame, terms []val, options *dict) ([]val, error) {
	var r []val
	for _, t := range terms {
		s := &counting{start: 1, stride: 1, format: "%d", tagged: f.Tagged()}
		for i := 0; i < options.Len(); i++ {
			key := python.Str(options.K[i])
			if key == "wantlist" { // what every with_X gives its lookup
				continue
			}
			if err := s.set(key, python.Str(options.V[i])); err != nil {
				return nil, err
			}
		}
		if err := s.parse(python.Str(t)); err != nil {
			return nil, err
		}
		items, err := s.items()
		if err != nil {
			return nil, err
		}
		r = append(r, items...)
	}
	return r, nil
}

func (s *counting) set(key, v string) error {
	if key == "format" {
		s.format = v
		return nil
	}
	base := 0
	if s.tagged {
		base = 10
	}
	n, err := strconv.ParseInt(strings.TrimSpace(v), base, 64)
	if err != nil && s.tagged {
		return exception.AnsibleError("Config %s for 'sequence' lookup plugin from 'Direct' has an invalid value: Invalid value provided for 'integer': %s",
			value.StrRepr(key), value.StrRepr(v))
	}
	if err != nil {
		return exception.AnsibleError("can't parse %s=%s as integer", key, v)
	}
	switch key {
	case "start":
		s.start = n
	case "end":
		s.end, s.hasEnd = n, true
	case "count":
		s.count, s.hasCount = n, true
	case "stride":
		s.stride = n
	default:
		return exception.AnsibleError("unrecognized arguments to with_sequence: %s", value.StrRepr(key))
	}
	return nil
}

// parse reads key=value pairs, or the short form [start-]end[/stride][:format].
func (s *counting) parse(term string) error {
	if strings.TrimSpace(term) == "" {
		return nil
	}
	if strings.Contains(term, "=") {
		for _, f := range strings.Fields(term) {
			k, v, ok := strings.Cut(f, "=")
			if !ok {
				return exception.AnsibleError("unknown error parsing with_sequence arguments: %s", value.StrRepr(term))
			}
			if err := s.set(k, strings.Trim(v, `'"`)); err != nil {
				return err
			}
		}
		return nil
	}
	spec, format, hasFormat := strings.Cut(term, ":")
	if hasFormat {
		s.format = format
	}
	spec, stride, hasStride := strings.Cut(spec, "/")
	if hasStride {
		if err := s.set("stride", stride); err != nil {
			return err
		}
	}
	start, end, hasStart := strings.Cut(spec, "-")
	if !hasStart {
		return s.set("end", start)
	}
	if err := s.set("start", start); err != nil {
		return err
	}
	return s.set("end", end)
}

func (s *counting) items() ([]val, error) {
	switch {
	case !s.hasEnd && !s.hasCount:
		return nil, exception.AnsibleError("must specify count or end in with_sequence")
	case s.hasEnd && s.hasCount:
		return nil, exception.AnsibleError("can't specify both count and end in with_sequence")
	case s.hasCount && s.count == 0:
		return nil, nil
	case s.hasCount:
		s.end = s.start + s.count*s.stride - 1
	}
	if s.stride == 0 {
		return nil, nil
	}
	if s.stride > 0 && s.end < s.start {
		return nil, exception.AnsibleError("to count backwards make stride negative")
	}
	if s.stride < 0 && s.end > s.start {
		return nil, exception.AnsibleError("to count forward don't make stride negative")
	}
	if (s.end-s.start)/s.stride > bound.Elems {
		return nil, bound.TooLarge()
	}
	if strings.Count(s.format, "%") != 1 {
		return nil, exception.AnsibleError("bad formatting string: %s", s.format)
	}
	var r []val
	for i := s.start; s.stride > 0 && i <= s.end || s.stride < 0 && i >= s.end; i += s.stride {
		v, err := python.PercentFormat(s.format, i)
		if err != nil {
			return nil, exception.AnsibleError("problem formatting %s with '%s'", strconv.FormatInt(i, 10), s.format)
		}
		r = append(r, v)
	}
	return r, nil
}
