package crypt

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"strconv"
	"strings"

	//lint:ignore SA1019 bcrypt is made of it, and hosts have such hashes
	"golang.org/x/crypto/blowfish"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/pyrandom"
)

// Scheme is one way to hash a password.
type Scheme struct {
	name        string
	tagged      bool // the dialect, whose words refuse
	id          string
	idents      string // others that may be asked for, a blank around each
	Salt        int    // the size of a salt that is made, and the longest that is taken
	exact       bool
	rounds      int64 // when not given
	least, most int64 // rounds that may be asked for
	run         func(secret, salt, ident string, rounds int64) (string, error)
}

var hashSchemes = map[string]Scheme{
	"md5_crypt":    {id: "1", Salt: 8, run: md5Crypt},
	"bcrypt":       {id: "2b", idents: " 2 2a 2b 2y ", Salt: 22, exact: true, rounds: 12, least: 4, most: 31, run: bcryptHash},
	"sha256_crypt": {id: "5", Salt: 16, rounds: 535000, least: 1000, most: 999999999, run: sha256Crypt},
	"sha512_crypt": {id: "6", Salt: 16, rounds: 656000, least: 1000, most: 999999999, run: sha512Crypt},
}

var hashAliases = map[string]string{"md5": "md5_crypt", "blowfish": "bcrypt", "sha256": "sha256_crypt", "sha512": "sha512_crypt"}

// maxRounds bounds the work of one hash to some ten seconds.
const maxRounds = 20_000_000

// SaltChars are the characters of a salt.
const SaltChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./"

// SchemeOf finds a scheme by its name or alias, and returns its full name too. It refuses in the words of passlib, which Ansible hashes with.
func SchemeOf(name string, tagged bool) (Scheme, string, error) {
	asked := name
	if a, ok := hashAliases[name]; ok {
		name = a
	}
	s, ok := hashSchemes[name]
	switch {
	case !ok && tagged:
		return s, name, exception.AnsibleError("%s is not in the list of supported passlib algorithms: md5, blowfish, sha256, sha512", asked)
	case !ok:
		return s, name, exception.AnsibleError("passlib does not support '%s' algorithm", asked)
	}
	s.name, s.tagged = name, tagged
	return s, name, nil
}

// Salt returns a new salt for a scheme of password_hash. Size 0 is the scheme's own.
func Salt(scheme string, size int, tagged bool) (string, error) {
	s, _, err := SchemeOf(scheme, tagged)
	switch {
	case size > 0:
		return pyrandom.Text(SaltChars, size, nil)
	case err != nil:
		return pyrandom.Text(SaltChars, 8, nil)
	}
	return s.NewSalt(int64(s.Salt))
}

// Hash hashes a password as password_hash does with a salt.
func Hash(secret, scheme, salt string, tagged bool) (string, error) {
	s, _, err := SchemeOf(scheme, tagged)
	if err != nil {
		return "", err
	}
	return s.Hash(secret, salt, "", 0)
}

func (s Scheme) refuse(format string, args ...any) error {
	where := "Could not hash the secret.. "
	if s.tagged {
		where = "Could not hash the secret: "
	}
	return exception.AnsibleError(where+format, args...)
}

// NewSalt is a salt of that size.
func (s Scheme) NewSalt(size int64) (string, error) {
	switch {
	case s.exact && size != int64(s.Salt):
		return "", s.refuse("%s: salt_size (%d) must be exactly %d", s.name, size, s.Salt)
	case size > int64(s.Salt):
		return "", s.refuse("%s: salt_size (%d) above max_salt_size (%d)", s.name, size, s.Salt)
	case size < 0:
		return "", s.refuse("%s: salt_size (%d) below min_salt_size (0)", s.name, size)
	}
	return pyrandom.Text(SaltChars, int(size), nil)
}

// Hash hashes a password; no ident and no rounds are the scheme's own.
func (s Scheme) Hash(secret, salt, ident string, rounds int64) (string, error) {
	if err := s.check(salt, ident, rounds); err != nil {
		return "", err
	}
	if rounds == 0 {
		rounds = s.rounds // as passlib and Ansible agree on it
	}
	if ident == "" {
		ident = s.id
	}
	return s.run(secret, salt, ident, rounds)
}

func (s Scheme) check(salt, ident string, rounds int64) error {
	requires := "<="
	if s.exact {
		requires = "exactly"
	}
	switch {
	case rounds != 0 && rounds < s.least:
		return s.refuse("%s: min_desired_rounds (%d) is too low, must be at least %d", s.name, rounds, s.least)
	case s.most > 0 && rounds > s.most:
		return s.refuse("%s: min_desired_rounds (%d) is too large, cannot be more than %d", s.name, rounds, s.most)
	case rounds > maxRounds:
		return exception.AnsibleError("%d rounds of password_hash would take too long", rounds)
	case ident != "" && !strings.Contains(s.idents, " "+ident+" "):
		return s.refuse("invalid ident: %s", value.StrRepr(ident))
	case strings.Trim(salt, SaltChars) != "":
		return s.refuse("invalid characters in %s salt", s.name)
	case s.exact && len(salt) < s.Salt:
		return s.refuse("salt too small (%s requires %s %d chars)", s.name, requires, s.Salt)
	case len(salt) > s.Salt:
		return s.refuse("salt too large (%s requires %s %d chars)", s.name, requires, s.Salt)
	}
	return nil
}

// crypt64 writes bytes in crypt's base 64, n characters for each 24 bits.
func crypt64(b *strings.Builder, w uint32, n int) {
	const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for range n {
		b.WriteByte(digits[w&63])
		w >>= 6
	}
}

func md5Crypt(secret, salt, _ string, _ int64) (string, error) {
	alt := md5.Sum([]byte(secret + salt + secret))
	h := md5.New()
	fmt.Fprintf(h, "%s$1$%s", secret, salt)
	for n := len(secret); n > 0; n -= 16 {
		h.Write(alt[:min(n, 16)])
	}
	for n := len(secret); n > 0; n >>= 1 {
		if n&1 == 1 {
			h.Write([]byte{0})
		} else {
			h.Write([]byte(secret[:1]))
		}
	}
	sum := h.Sum(nil)
	for i := range 1000 {
		sum = md5Round(i, sum, secret, salt)
	}
	var b strings.Builder
	b.WriteString("$1$" + salt + "$")
	for i := range 5 {
		k := i + 12
		if k == 16 {
			k = 5
		}
		crypt64(&b, uint32(sum[i])<<16|uint32(sum[i+6])<<8|uint32(sum[k]), 4)
	}
	crypt64(&b, uint32(sum[11]), 2)
	return b.String(), nil
}

func md5Round(i int, sum []byte, secret, salt string) []byte {
	h := md5.New()
	first, last := []byte(secret), sum
	if i&1 == 0 {
		first, last = sum, []byte(secret)
	}
	h.Write(first)
	if i%3 != 0 {
		h.Write([]byte(salt))
	}
	if i%7 != 0 {
		h.Write([]byte(secret))
	}
	h.Write(last)
	return h.Sum(nil)
}

// shaCrypt is the scheme of the SHA-crypt specification.
type shaCrypt struct {
	new   func() hash.Hash
	size  int
	id    string
	order [][3]int // the bytes of the digest, three at a time
	tail  func(b *strings.Builder, sum []byte)
}

func sha256Crypt(secret, salt, _ string, rounds int64) (string, error) {
	s := shaCrypt{new: sha256.New, size: 32, id: "5", tail: func(b *strings.Builder, sum []byte) {
		crypt64(b, uint32(sum[31])<<8|uint32(sum[30]), 3)
	}}
	for i, a := 0, [3]int{0, 10, 20}; i < 10; i++ {
		s.order = append(s.order, a)
		a = [3]int{a[2] + 1, a[0] + 1, a[1] + 1}
	}
	return s.hash(secret, salt, rounds), nil
}

func sha512Crypt(secret, salt, _ string, rounds int64) (string, error) {
	s := shaCrypt{new: sha512.New, size: 64, id: "6", tail: func(b *strings.Builder, sum []byte) {
		crypt64(b, uint32(sum[63]), 2)
	}}
	for i, a := 0, [3]int{0, 21, 42}; i < 21; i++ {
		s.order = append(s.order, a)
		a = [3]int{a[1] + 1, a[2] + 1, a[0] + 1}
	}
	return s.hash(secret, salt, rounds), nil
}

// repeatTo repeats block to n bytes.
func repeatTo(block []byte, n int) []byte {
	var b []byte
	for len(b) < n {
		b = append(b, block[:min(len(block), n-len(b))]...)
	}
	return b
}

func (s shaCrypt) hash(secret, salt string, rounds int64) string {
	n := rounds
	if n == 0 {
		n = 5000
	}
	n = min(max(n, 1000), 999999999)
	sum := s.stretch([]byte(secret), []byte(salt), n)
	var b strings.Builder
	b.WriteString("$" + s.id + "$")
	if n != 5000 {
		b.WriteString("rounds=" + strconv.FormatInt(n, 10) + "$")
	}
	b.WriteString(salt + "$")
	for _, o := range s.order {
		crypt64(&b, uint32(sum[o[0]])<<16|uint32(sum[o[1]])<<8|uint32(sum[o[2]]), 4)
	}
	s.tail(&b, sum)
	return b.String()
}

func (s shaCrypt) sum(parts ...[]byte) []byte {
	h := s.new()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func (s shaCrypt) stretch(secret, salt []byte, rounds int64) []byte {
	alt := s.sum(secret, salt, secret)
	h := s.new()
	h.Write(secret)
	h.Write(salt)
	h.Write(repeatTo(alt, len(secret)))
	for n := len(secret); n > 0; n >>= 1 {
		if n&1 == 1 {
			h.Write(alt)
		} else {
			h.Write(secret)
		}
	}
	a := h.Sum(nil)
	h.Reset()
	for range secret {
		h.Write(secret)
	}
	p := repeatTo(h.Sum(nil), len(secret))
	h.Reset()
	for range 16 + int(a[0]) {
		h.Write(salt)
	}
	ds := repeatTo(h.Sum(nil), len(salt))
	for i := range rounds {
		h.Reset()
		first, last := a, p
		if i&1 == 1 {
			first, last = p, a
		}
		h.Write(first)
		if i%3 != 0 {
			h.Write(ds)
		}
		if i%7 != 0 {
			h.Write(p)
		}
		h.Write(last)
		a = h.Sum(a[:0:0])
	}
	return a
}

const bcryptDigits = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// bcryptEncode writes bytes in bcrypt's base 64.
func bcryptEncode(b []byte) string {
	var s strings.Builder
	for i := 0; i < len(b); i += 3 {
		var w uint32
		n := min(3, len(b)-i)
		for j := range 3 {
			w <<= 8
			if j < n {
				w |= uint32(b[i+j])
			}
		}
		for j := range n + 1 {
			s.WriteByte(bcryptDigits[w>>(18-6*j)&63])
		}
	}
	return s.String()
}

func bcryptDecode(s string) []byte {
	var b []byte
	var w, bits uint32
	for i := range len(s) {
		w = w<<6 | uint32(strings.IndexByte(bcryptDigits, s[i]))
		if bits += 6; bits >= 8 {
			bits -= 8
			b = append(b, byte(w>>bits))
		}
	}
	return b
}

func bcryptHash(secret, salt, ident string, rounds int64) (string, error) {
	if rounds == 0 {
		rounds = 12
	}
	if rounds > 20 {
		return "", exception.AnsibleError("%d rounds of password_hash would take too long", rounds)
	}
	raw := bcryptDecode(salt)[:16]
	key := append([]byte(secret), 0)
	c, err := blowfish.NewSaltedCipher(key[:min(len(key), 72)], raw)
	if err != nil {
		return "", exception.AnsibleError("%s", err)
	}
	key = key[:min(len(key), 72)]
	for range int64(1) << rounds {
		blowfish.ExpandKey(key, c)
		blowfish.ExpandKey(raw, c)
	}
	text := []byte("OrpheanBeholderScryDoubt")
	for i := 0; i < 24; i += 8 {
		for range 64 {
			c.Encrypt(text[i:i+8], text[i:i+8])
		}
	}
	return fmt.Sprintf("$%s$%02d$%s%s", ident, rounds, bcryptEncode(raw), bcryptEncode(text[:23])), nil
}
