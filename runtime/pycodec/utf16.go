package pycodec

import (
	"encoding/binary"
	"fmt"
	"unicode/utf16"

	"pbc/runtime/exception"
)

// utf16Codec has two bytes for most characters. With mark the text begins with a byte order mark, which decoding obeys.
func utf16Codec(big, mark bool) codec {
	var order binary.AppendByteOrder = binary.LittleEndian
	if big {
		order = binary.BigEndian
	}
	return codec{func(s string) ([]byte, error) {
		var b []byte
		if mark {
			b = order.AppendUint16(b, 0xfeff)
		}
		for _, u := range utf16.Encode([]rune(s)) {
			b = order.AppendUint16(b, u)
		}
		return b, nil
	}, func(b []byte) (string, error) { return decodeUTF16(b, big, mark) }}
}

func decodeUTF16(b []byte, big, mark bool) (string, error) {
	at := 0
	if mark && len(b) >= 2 {
		switch {
		case b[0] == 0xff && b[1] == 0xfe:
			at = 2
		case b[0] == 0xfe && b[1] == 0xff:
			big, at = true, 2
		}
	}
	unit := func(i int) uint16 {
		if big {
			return binary.BigEndian.Uint16(b[i:])
		}
		return binary.LittleEndian.Uint16(b[i:])
	}
	name := map[bool]string{false: "utf-16-le", true: "utf-16-be"}[big]
	var out []rune
	for ; at+1 < len(b); at += 2 {
		r := rune(unit(at))
		if !utf16.IsSurrogate(r) {
			out = append(out, r)
			continue
		}
		if at+3 >= len(b) {
			return "", exception.Raise("UnicodeDecodeError", "'%s' codec can't decode bytes in position %d-%d: unexpected end of data", name, at, len(b)-1)
		}
		pair := utf16.DecodeRune(r, rune(unit(at+2)))
		if pair == '\ufffd' {
			return "", cannot(name, fmt.Sprintf("byte 0x%02x", b[at]), at, "illegal encoding")
		}
		out = append(out, pair)
		at += 2
	}
	if at < len(b) {
		return "", cannot(name, fmt.Sprintf("byte 0x%02x", b[at]), at, "truncated data")
	}
	return string(out), nil
}
