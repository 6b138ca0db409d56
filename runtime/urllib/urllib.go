package urllib

import (
	"fmt"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// URL is what Python's urlsplit finds.
type URL struct {
	Scheme, Netloc, Path, Query, Fragment string
}

// Scheme returns the scheme of a URL, "" when it has none.
func Scheme(s string) string {
	i := strings.IndexByte(s, ':')
	if i <= 0 || !isASCIILetter(s[0]) {
		return ""
	}
	for j := range i {
		c := s[j]
		if !isASCIILetter(c) && !python.IsDigit(c) && c != '+' && c != '-' && c != '.' {
			return ""
		}
	}
	return strings.ToLower(s[:i])
}

func isASCIILetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// Split is urlsplit.
func Split(s string) (URL, error) {
	var u URL
	s = strings.TrimLeft(s, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	s = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(s)
	if u.Scheme = Scheme(s); u.Scheme != "" {
		s = s[len(u.Scheme)+1:]
	}
	if strings.HasPrefix(s, "//") {
		end := strings.IndexAny(s[2:], "/?#")
		if end < 0 {
			end = len(s) - 2
		}
		u.Netloc, s = s[2:2+end], s[2+end:]
		if strings.Contains(u.Netloc, "[") != strings.Contains(u.Netloc, "]") {
			return u, exception.ValueError("Invalid IPv6 URL")
		}
	}
	s, u.Fragment, _ = strings.Cut(s, "#")
	u.Path, u.Query, _ = strings.Cut(s, "?")
	return u, nil
}

// Parts returns user, password, host and port of the netloc; what is absent is None.
func (u URL) Parts() (user, pass, host, port value.Value, err error) {
	loc := u.Netloc
	if i := strings.LastIndexByte(loc, '@'); i >= 0 {
		name, secret, has := strings.Cut(loc[:i], ":")
		user = name
		if has {
			pass = secret
		}
		loc = loc[i+1:]
	}
	h, p := loc, ""
	if i := strings.LastIndexByte(loc, ']'); i >= 0 && strings.HasPrefix(loc, "[") {
		h = loc[1:i]
		_, p, _ = strings.Cut(loc[i:], ":")
	} else {
		h, p, _ = strings.Cut(loc, ":")
	}
	if h != "" {
		name, zone, has := strings.Cut(h, "%")
		host = python.Lower(name)
		if has {
			host = python.Lower(name) + "%" + zone
		}
	}
	if p != "" {
		n, bad := strconv.ParseUint(p, 10, 64)
		if bad != nil {
			return nil, nil, nil, nil, exception.ValueError("Port could not be cast to integer value as %s", value.StrRepr(p))
		}
		if n > 65535 {
			return nil, nil, nil, nil, exception.ValueError("Port out of range 0-65535")
		}
		port = int64(n)
	}
	return user, pass, host, port, nil
}

// Quote is urllib.parse.quote.
func Quote(s, safe string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if isASCIILetter(c) || python.IsDigit(c) || strings.IndexByte("_.-~"+safe, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// QuotePlus is quote_plus.
func QuotePlus(s string) string { return strings.ReplaceAll(Quote(s, " "), " ", "+") }
