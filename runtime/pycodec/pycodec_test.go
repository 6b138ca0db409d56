package pycodec

import "testing"

func TestCodecs(t *testing.T) {
	for _, c := range []struct{ name, codec, text, bytes, fault string }{
		{"a name of its own", "cp1252", "a €", "a \x80", ""},
		{"an alias, however written", "Windows-1252", "œ", "\x9c", ""},
		{"not in Latin-1", "latin-1", "é", "\xe9", ""},
		{"with a mark", "utf-16", "aé", "\xff\xfea\x00\xe9\x00", ""},
		{"beyond the basic plane", "utf_16_be", "😀", "\xd8\x3d\xde\x00", ""},
		{"Cyrillic", "koi8-r", "да", "\xc4\xc1", ""},
		{"of the days of DOS", "cp437", "Ç█", "\x80\xdb", ""},
		{"with a mark of its own", "utf-8-sig", "a", "\xef\xbb\xbfa", ""},
		{"not a character of it", "cp1252", "aя", "", `'charmap' codec can't encode character '\u044f' in position 1: character maps to <undefined>`},
		{"beyond ASCII", "us-ascii", "é", "", `'ascii' codec can't encode character '\xe9' in position 0: ordinal not in range(128)`},
		{"not a byte of it", "windows-1252", "", "a\x81", "'charmap' codec can't decode byte 0x81 in position 1: character maps to <undefined>"},
		{"no UTF-8", "utf8", "", "a\xffb", "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"},
		{"half a character", "utf-16-le", "", "a\x00b", "'utf-16-le' codec can't decode byte 0x62 in position 2: truncated data"},
		{"unknown", "windows-9999", "x", "", "unknown encoding: windows-9999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fault := func(err error) string {
				if err == nil {
					return ""
				}
				return err.Error()
			}
			if c.fault == "" || c.text != "" {
				b, err := Encode(c.text, c.codec)
				if string(b) != c.bytes || fault(err) != c.fault {
					t.Errorf("encoded %q, %v; want %q, %q", b, err, c.bytes, c.fault)
				}
			}
			if c.fault == "" || c.bytes != "" {
				s, err := Decode([]byte(c.bytes), c.codec)
				if s != c.text || fault(err) != c.fault {
					t.Errorf("decoded %q, %v; want %q, %q", s, err, c.text, c.fault)
				}
			}
		})
	}
}

func TestCharmapsAreWhole(t *testing.T) {
	for _, m := range charmaps {
		if n := len([]rune(m.high)); n != 128 {
			t.Errorf("%s has %d characters from 0x80 on, want 128", m.names[0], n)
		}
	}
}
