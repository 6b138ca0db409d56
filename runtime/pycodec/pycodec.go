// Package pycodec turns text into bytes and back as Python's codecs do: str.encode and bytes.decode with the errors "strict".
//
// A codec is found by any of the names that Python knows it by. Encodings of Asia with more than one byte a character are not there.
package pycodec

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"pbc/runtime/exception"
)

// undefined stands in a table for a byte that is no character.
const undefined = '\ufffe'

// normal is the name of an encoding as Python compares it: in small letters, with _ for what is neither letter nor digit.
func normal(name string) string {
	fields := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return r != '.' && (r >= utf8.RuneSelf || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789", r))
	})
	return strings.Join(fields, "_")
}

// codec is one way to write text as bytes.
type codec struct {
	encode func(s string) ([]byte, error)
	decode func(b []byte) (string, error)
}

// byName finds a codec by its normal names.
var byName = sync.OnceValue(func() map[string]codec {
	out := map[string]codec{}
	add := func(c codec, names string) {
		for _, n := range strings.Fields(names) {
			out[n] = c
		}
	}
	add(codec{func(s string) ([]byte, error) { return []byte(s), nil }, decodeUTF8}, "utf_8 utf8 u8 utf cp65001 utf8_ucs2 utf8_ucs4")
	add(codec{func(s string) ([]byte, error) { return []byte("\ufeff" + s), nil }, decodeMarkedUTF8}, "utf_8_sig")
	add(plain("ascii", 128), "ascii us_ascii us 646 iso646_us iso_646.irv_1991 iso_ir_6 ansi_x3.4_1968 ansi_x3.4_1986 ansi_x3_4_1968 cp367 csascii ibm367")
	add(plain("latin-1", 256), "latin_1 latin1 latin l1 iso8859 iso8859_1 iso_8859_1 iso_8859_1_1987 iso_ir_100 8859 cp819 csisolatin1 ibm819")
	add(utf16Codec(false, true), "utf_16 utf16 u16")
	add(utf16Codec(false, false), "utf_16_le utf_16le unicodelittleunmarked")
	add(utf16Codec(true, false), "utf_16_be utf_16be unicodebigunmarked")
	for _, m := range charmaps {
		c := charmap([]rune(m.high))
		for _, n := range m.names {
			out[n] = c
		}
	}
	return out
})

func find(name string) (codec, error) {
	c, ok := byName()[normal(name)]
	if !ok {
		return c, exception.Raise("LookupError", "unknown encoding: %s", name)
	}
	return c, nil
}

// Encode is s.encode(name).
func Encode(s, name string) ([]byte, error) {
	c, err := find(name)
	if err != nil {
		return nil, err
	}
	return c.encode(s)
}

// Decode is b.decode(name).
func Decode(b []byte, name string) (string, error) {
	c, err := find(name)
	if err != nil {
		return "", err
	}
	return c.decode(b)
}

// cannot is Python's error of a character or byte that a codec does not have.
func cannot(codec, what string, at int, why string) error {
	class, verb := "UnicodeEncodeError", "encode"
	if strings.HasPrefix(what, "byte") {
		class, verb = "UnicodeDecodeError", "decode"
	}
	return exception.Raise(class, "'%s' codec can't %s %s in position %d: %s", codec, verb, what, at, why)
}

// cannotEncode is the error of the characters from at on that are not below limit.
func cannotEncode(name string, s []rune, at int, limit rune) error {
	end := at
	for end < len(s) && s[end] >= limit {
		end++
	}
	why := fmt.Sprintf("ordinal not in range(%d)", limit)
	if end-at == 1 {
		return cannot(name, character(s[at]), at, why)
	}
	return exception.Raise("UnicodeEncodeError", "'%s' codec can't encode characters in position %d-%d: %s", name, at, end-1, why)
}

// character is a character as Python's ascii() shows it.
func character(r rune) string {
	switch {
	case r <= 0xff:
		return fmt.Sprintf(`character '\x%02x'`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`character '\u%04x'`, r)
	}
	return fmt.Sprintf(`character '\U%08x'`, r)
}

func decodeUTF8(b []byte) (string, error) {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			why := "invalid start byte"
			switch {
			case b[i] < 0xc2 || b[i] > 0xf4:
			case !utf8.FullRune(b[i:]):
				why = "unexpected end of data"
			default:
				why = "invalid continuation byte"
			}
			return "", cannot("utf-8", fmt.Sprintf("byte 0x%02x", b[i]), i, why)
		}
		i += n
	}
	return string(b), nil
}

func decodeMarkedUTF8(b []byte) (string, error) {
	s, err := decodeUTF8(b)
	return strings.TrimPrefix(s, "\ufeff"), err
}

// plain has one byte for each of the first limit characters.
func plain(name string, limit rune) codec {
	return codec{func(s string) ([]byte, error) {
		b := make([]byte, 0, len(s))
		text := []rune(s)
		for at, r := range text {
			if r >= limit {
				return nil, cannotEncode(name, text, at, limit)
			}
			b = append(b, byte(r))
		}
		return b, nil
	}, func(b []byte) (string, error) {
		r := make([]rune, len(b))
		for i, c := range b {
			if r[i] = rune(c); r[i] >= limit {
				return "", cannot(name, fmt.Sprintf("byte 0x%02x", c), i, fmt.Sprintf("ordinal not in range(%d)", limit))
			}
		}
		return string(r), nil
	}}
}

// charmap has ASCII, and high for the bytes from 0x80 on.
func charmap(high []rune) codec {
	bytes := sync.OnceValue(func() map[rune]byte {
		m := make(map[rune]byte, len(high))
		for i, r := range high {
			m[r] = byte(0x80 + i)
		}
		delete(m, undefined)
		return m
	})
	const why = "character maps to <undefined>"
	return codec{func(s string) ([]byte, error) {
		b := make([]byte, 0, len(s))
		for at, r := range []rune(s) {
			c, ok := byte(r), r < 0x80
			if !ok {
				c, ok = bytes()[r]
			}
			if !ok {
				return nil, cannot("charmap", character(r), at, why)
			}
			b = append(b, c)
		}
		return b, nil
	}, func(b []byte) (string, error) {
		r := make([]rune, len(b))
		for i, c := range b {
			if r[i] = rune(c); c >= 0x80 {
				r[i] = high[c-0x80]
			}
			if r[i] == undefined {
				return "", cannot("charmap", fmt.Sprintf("byte 0x%02x", c), i, why)
			}
		}
		return string(r), nil
	}}
}
