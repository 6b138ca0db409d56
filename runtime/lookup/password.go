package lookup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/crypt"
	"pbc/runtime/pyrandom"
)

// charSets are the names of Python's module string that chars may use.
var charSets = map[string]string{
	"ascii_letters": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "ascii_lowercase": "abcdefghijklmnopqrstuvwxyz",
	"ascii_uppercase": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "digits": "0123456789", "hexdigits": "0123456789abcdefABCDEF",
	"octdigits": "01234567", "punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "whitespace": " \t\n\r\v\f",
}

// passwordSpec is one term of the password lookup.
type passwordSpec struct {
	path    string
	length  int
	chars   string
	encrypt string
	seed    value.Value
	// rewrites says that the file is written whenever a hash is asked for: dialect classic takes the lack of an ident, which these
	// hashes have none of, for a change.
	rewrites bool
}

// hashes are the values of encrypt that are made here.
var hashes = map[string]bool{"": true, "sha256_crypt": true, "sha512_crypt": true}

func (c *Call) passwordSpec(term string) (*passwordSpec, error) {
	path, rest, _ := strings.Cut(term, " ")
	words, options := inline(rest)
	if len(words) > 0 {
		path += " " + strings.Join(words, " ")
		if !strings.HasPrefix(term, path) {
			return nil, ansibleError("Unrecognized value after key=value parameters given to password lookup")
		}
	}
	opt := map[string]string{"length": c.option("length", "20"), "encrypt": c.option("encrypt", ""), "chars": "", "ident": c.option("ident", ""), "seed": ""}
	seed, _ := c.Options.GetStr("seed")
	for k, v := range options {
		if _, ok := opt[k]; !ok {
			return nil, ansibleError("Unrecognized parameter(s) given to password lookup: %s", k)
		}
		opt[k] = v
		if k == "seed" {
			seed = v
		}
	}
	n, err := strconv.Atoi(opt["length"])
	if err != nil || n < 0 || n > 1<<16 {
		return nil, ansibleError("invalid length of a password: %s", opt["length"])
	}
	specs := []string{"ascii_letters", "digits", ".,:-_"}
	if opt["chars"] != "" {
		specs = splitChars(opt["chars"])
	} else if v, ok := c.Options.GetStr("chars"); ok {
		specs = charList(v)
	}
	if !hashes[opt["encrypt"]] || opt["ident"] != "" {
		return nil, decline("passwords as %s %s", opt["encrypt"], opt["ident"])
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.Basedir, path)
	}
	return &passwordSpec{path: path, length: n, chars: candidates(specs), encrypt: opt["encrypt"], seed: seed, rewrites: !c.tagged()}, nil
}

func charList(v value.Value) []string {
	if s, ok := value.Text(v); ok {
		return splitChars(s)
	}
	var r []string
	if l, ok := v.(*value.List); ok {
		for _, e := range l.V {
			s, _ := value.ToStr(e)
			r = append(r, s)
		}
	}
	return r
}

// splitChars splits at commas; two commas are one that counts.
func splitChars(s string) []string {
	var r []string
	if strings.Contains(s, ",,") {
		r = append(r, ",")
	}
	for _, p := range strings.Split(strings.ReplaceAll(s, ",,", ","), ",") {
		if p != "" {
			r = append(r, p)
		}
	}
	return r
}

func candidates(specs []string) string {
	var b strings.Builder
	for _, s := range specs {
		if set, ok := charSets[s]; ok {
			s = set
		}
		b.WriteString(s)
	}
	return strings.NewReplacer(`"`, "", "'", "").Replace(b.String())
}

func password(_ context.Context, c *Call) ([]value.Value, error) {
	var r []value.Value
	for _, t := range c.texts() {
		p, err := c.passwordSpec(t)
		if err != nil {
			return nil, err
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		r = append(r, v)
	}
	return r, nil
}

// value reads the password, making and storing one where there is none.
func (p *passwordSpec) value() (string, error) {
	plain, salt, changed := "", "", false
	b, err := os.ReadFile(p.path)
	switch {
	case p.path == "/dev/null" || errors.Is(err, os.ErrNotExist):
		if plain, err = pyrandom.Text(p.chars, p.length, p.seed); err != nil {
			return "", err
		}
		changed = true
	case err != nil:
		return "", ansibleError("%s", err)
	default:
		plain = strings.TrimRight(string(b), " \t\n\r\v\f")
		if i := strings.LastIndex(plain, " salt="); i >= 0 {
			plain, salt = plain[:i], plain[i+len(" salt="):]
			salt, _, _ = strings.Cut(salt, " ident=")
		}
	}
	changed = changed || p.encrypt != "" && (p.rewrites || salt == "")
	if p.encrypt != "" && salt == "" {
		if salt, err = crypt.Salt(p.encrypt, 0, !p.rewrites); err != nil {
			return "", err
		}
	}
	if changed && p.path != "/dev/null" {
		if err := p.store(plain, salt); err != nil {
			return "", ansibleError("%s", err)
		}
	}
	if p.encrypt == "" {
		return plain, nil
	}
	return crypt.Hash(plain, p.encrypt, salt, !p.rewrites)
}

func (p *passwordSpec) store(plain, salt string) error {
	if err := os.MkdirAll(filepath.Dir(p.path), 0o700); err != nil {
		return err
	}
	if salt != "" {
		plain += " salt=" + salt
	}
	if err := os.WriteFile(p.path, []byte(plain+"\n"), 0o600); err != nil {
		return err
	}
	return os.Chmod(p.path, 0o600) // it may have been there
}
