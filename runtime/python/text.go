package python

import (
	"math/big"
	"unicode"

	"pbc/ir/value"
)

// ToText is how a printed value becomes text.
func ToText(v value.Value) (string, error) {
	if b, ok := v.([]byte); ok {
		return string(b), nil
	}
	return value.ToStr(v)
}

// IsWord says whether a byte is a letter, a digit, an underscore or part of a character beyond ASCII.
func IsWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// PythonType is str(type(v)).
func PythonType(v value.Value) string {
	name := value.TypeName(v)
	switch x := v.(type) {
	case *value.Str:
		if x.Unsafe {
			name = "ansible.utils.unsafe_proxy.AnsibleUnsafeText"
		}
	case *value.Undef:
		name = "ansible.template.native_helpers.AnsibleUndefined"
	case *value.Date:
		name = "datetime." + name
	}
	return "<class '" + name + "'>"
}

// IsLetter is str.isalpha of a character.
func IsLetter(r rune) bool { return unicode.IsLetter(r) }

// IsLetterOrNumber is str.isalnum of a character.
func IsLetterOrNumber(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// IsDigit says whether a byte is an ASCII digit.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }

// IsInteger says whether a value is an int of Python; a boolean is none here.
func IsInteger(v value.Value) bool {
	switch v.(type) {
	case int64, *big.Int:
		return true
	}
	return false
}

// IsString says whether a value is a str of Python; vaulted text is none.
func IsString(v value.Value) bool {
	if _, vault := v.(*value.Vault); vault {
		return false
	}
	_, ok := value.Text(v)
	return ok
}
