package posix

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
)

// PermBits are all bits that chmod changes.
const PermBits = 0o7777

// FormatMode writes permission bits as Ansible does: "0644", "01777".
func FormatMode(m uint32) string { return fmt.Sprintf("0%03o", m&PermBits) }

// UnixMode turns Go's mode into st_mode's permission bits.
func UnixMode(m os.FileMode) uint32 {
	r := uint32(m.Perm())
	if m&os.ModeSetuid != 0 {
		r |= 0o4000
	}
	if m&os.ModeSetgid != 0 {
		r |= 0o2000
	}
	if m&os.ModeSticky != 0 {
		r |= 0o1000
	}
	return r
}

// octalText is what Python's int reads to the base 8: a sign, and digits that single underscores may part.
var octalText = regexp.MustCompile(`^[-+]?(0[oO]_?)?[0-7]+(_[0-7]+)*$`)

// ParseOctal reads text as Python's int(s, 8). A number of more than 64 bits is the largest of them.
func ParseOctal(s string) (int64, bool) {
	t := strings.TrimSpace(s)
	if !octalText.MatchString(t) {
		return 0, false
	}
	n, _ := strconv.ParseInt(strings.NewReplacer("_", "", "o", "", "O", "").Replace(t), 8, 64)
	return n, true
}

// Symbolic is a file that symbolic modes are applied to.
type Symbolic struct {
	Now   uint32 // the permission bits it has
	IsDir bool
	Umask uint32
	// Tagged has each clause see what those before it have made, as chmod(1) does and dialect tagged, and every letter checked;
	// otherwise all see Now, and of whom and of what only the first letter is checked.
	Tagged bool
}

// Apply applies "u=rw,g+X,o-x" to the permission bits of a file; without letters for whom, the umask's bits are left
// out. A letter that is none and was not checked is the KeyError of whoever needs it.
func (s Symbolic) Apply(text string) (uint32, error) {
	s.Now &= PermBits
	r := s.Now
	for _, clause := range strings.Split(text, ",") {
		var err error
		if r, err = s.clause(r, clause); err != nil {
			return 0, err
		}
	}
	return r, nil
}

func (s *Symbolic) clause(r uint32, clause string) (uint32, error) {
	bad := fmt.Errorf("bad symbolic permission for mode: %s", clause)
	i := strings.IndexAny(clause, "+-=")
	who := clause
	if i >= 0 {
		who = clause[:i]
	}
	masked := who == ""
	if who == "a" || who == "" {
		who = "ugo"
	}
	if !s.made(who, "ugo") {
		return 0, bad
	}
	for i >= 0 && i < len(clause) {
		op := clause[i]
		end := strings.IndexAny(clause[i+1:], "+-=")
		perms := clause[i+1:]
		if end >= 0 {
			perms = clause[i+1 : i+1+end]
		}
		i += 1 + len(perms)
		if !s.made(perms, "rwxXstugo") {
			return 0, bad
		}
		for _, c := range who {
			if at := strings.IndexFunc(perms, func(p rune) bool { return !strings.ContainsRune("rwxXstugo", p) }); perms != "" && (!strings.ContainsRune("ugo", c) || at >= 0) {
				return 0, keyError(c, perms, at)
			}
			if s.Tagged {
				s.Now = r
			}
			r = apply(r, c, op, s.bits(c, perms, masked))
		}
	}
	return r, nil
}

// made says whether a text is made of the letters, as far as that is checked.
func (s *Symbolic) made(text, letters string) bool {
	if s.Tagged {
		return strings.Trim(text, letters) == ""
	}
	return text == "" || strings.Contains(letters, text[:1])
}

// keyError is the error of looking up a user that is none, or else the permission that begins at perms[at:].
func keyError(who rune, perms string, at int) error {
	if strings.ContainsRune("ugo", who) {
		who, _ = utf8.DecodeRuneInString(perms[at:])
	}
	return errors.New(value.StrRepr(string(who)))
}

// shift is where a class of users has its three bits.
var shift = map[rune]uint{'u': 6, 'g': 3, 'o': 0}

// special is the bit above the nine that belongs to a class.
var special = map[rune]uint32{'u': 0o4000, 'g': 0o2000, 'o': 0o1000}

func (s *Symbolic) bits(who rune, perms string, masked bool) uint32 {
	var r uint32
	for _, p := range perms {
		switch p {
		case 'r', 'w', 'x':
			b := map[rune]uint32{'r': 4, 'w': 2, 'x': 1}[p] << shift[who]
			if masked {
				b &^= s.Umask
			}
			r |= b
		case 'X':
			if s.IsDir || s.Now&0o111 != 0 {
				r |= 1 << shift[who]
			}
		case 's':
			r |= special[who] &^ 0o1000
		case 't':
			r |= special[who] & 0o1000
		default:
			r |= s.Now >> shift[p] & 7 << shift[who]
		}
	}
	return r
}

func apply(r uint32, who rune, op byte, bits uint32) uint32 {
	switch op {
	case '+':
		return r | bits
	case '-':
		return r &^ bits
	}
	return r&^(7<<shift[who]|special[who]) | bits
}
