package value

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"testing"
	"time"

	"pbc/ir/expr"
)

func huge() *big.Int { n, _ := new(big.Int).SetString("1180591620717411303424", 10); return n }

func everyKind() map[string]Value {
	node := &expr.Node{Op: expr.OFilter, S: "default", Line: 3, Flag: true,
		A:   []*expr.Node{{Op: expr.OName, S: "x", Line: 1}, {Op: expr.OConst, V: huge(), Line: 1}},
		KW:  []expr.KW{{K: "boolean", V: &expr.Node{Op: expr.OConst, V: true}}},
		Ops: []string{"<", "in"}, Star: &expr.Node{Op: expr.OConst, V: 1.5}, Dbl: &expr.Node{Op: expr.OConst, V: "s"},
		Body: []*expr.Node{{Op: expr.OConst}}, Else: []*expr.Node{{Op: expr.OConst, V: int64(-7)}, nil}}
	tmpl := &Tmpl{Src: "{{ x }}", Root: []*expr.Node{node}, Shown: "s", Newline: "\r\n", Verbatim: true, Line: 2}
	big9 := NewDict()
	for i := range int64(20) {
		_ = big9.Set(i, "v")
	}
	return map[string]Value{
		"none": nil, "true": true, "false": false, "int": int64(-1234567890123), "max": int64(math.MaxInt64),
		"big": huge(), "float": 2.5, "inf": math.Inf(-1), "text": "žluť", "not utf-8": "a\xffb", "empty": "",
		"marked": &Str{S: "x", Unsafe: true, Secret: true}, "native": &Str{S: "x", Native: true},
		"bytes": []byte("ab"), "no bytes": []byte{},
		"list": NewList(int64(1), "a", NewList()), "tuple": Tuple{int64(1), Tuple{}},
		"dict": DictOf("b", int64(1), int64(2), nil, Tuple{"k"}, NewDict()), "big dict": big9,
		"set": &Set{DictOf("a", nil, int64(1), nil)}, "range": &Range{1, 9, -2},
		"view":  &View{DictOf("a", int64(1)), 'i'},
		"date":  &Date{T: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		"time":  &Date{T: time.Date(2024, 2, 29, 1, 2, 3, 4000, time.FixedZone("", 3600)), HasTime: true, HasZone: true},
		"delta": &Delta{time.Hour}, "undef": &Undef{Name: "x"},
		"marker": &Undef{Name: "x", Hint: "h", Lenient: true, Err: errors.New("boom")},
		"tmpl":   tmpl, "fault": &Tmpl{Src: "{{", Fault: "bad", Line: 1},
		"cond":  &Cond{Src: "x", Root: node},
		"cond2": &Cond{Src: "{{ x }}", Tmpl: tmpl, Line: 4, Fault: "f"},
		"vault": &Vault{Cipher: "$ANSIBLE_VAULT;1.1"}, "opened vault": &Vault{Cipher: "c", Opened: true, Plain: "p"}, "placed vault": &Vault{Cipher: "c", At: &Origin{File: "a:b", Line: 3, Col: 4}}, "placed bad vault": &Vault{Cipher: "c", At: &Origin{File: "f", Line: 1}, Fault: "f"}, "bad vault": &Vault{Cipher: "c", Fault: "f"}, "omit": Omit,
	}
}

func TestEncodeRoundTrip(t *testing.T) {
	for name, v := range everyKind() {
		t.Run(name, func(t *testing.T) {
			b, err := Encode(v)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			if !Same(v, got) {
				t.Fatalf("got %#v, want %#v", got, v)
			}
			again, err := Encode(got)
			if err != nil || !bytes.Equal(b, again) {
				t.Fatalf("second encoding differs: %x, %x (%v)", b, again, err)
			}
		})
	}
}

func TestEncodeKeepsUndefMessage(t *testing.T) {
	u := &Undef{Name: "y", Obj: NewDict(), HasObj: true}
	b, err := Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b)
	if err != nil || got.(*Undef).Error() != u.Error() {
		t.Fatalf("got %v, %v; want %v", got, err, u)
	}
}

func TestEncodeRefuses(t *testing.T) {
	loop := NewList()
	loop.V = append(loop.V, loop)
	if _, err := Encode(loop); !errors.Is(err, errDeep) {
		t.Errorf("a list that holds itself: got %v, want %v", err, errDeep)
	}
	if _, err := Encode(struct{}{}); err == nil {
		t.Error("a foreign Go type was encoded")
	}
}

func TestDecodeHostile(t *testing.T) {
	deep := bytes.Repeat([]byte{0x91}, 5000)
	for name, b := range map[string][]byte{
		"huge array": {0xdd, 0xff, 0xff, 0xff, 0xff}, "huge map": {0xdf, 0xff, 0xff, 0xff, 0xff},
		"huge text": {0xdb, 0xff, 0xff, 0xff, 0xff}, "huge ext": {0xc9, 0xff, 0xff, 0xff, 0xff, 1},
		"deep": deep, "nothing": {}, "short ext": {0xd4, 3, 0x91}, "unknown ext": {0xd4, 99, 0},
		"list as key": {0x81, 0x90, 0x01}, "trailing": {0xc0, 0xc0}, "zero step": {0xc7, 4, 12, 0x93, 1, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if v, err := Decode(b); err == nil {
				t.Fatalf("decoded to %#v", v)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range everyKind() {
		b, err := Encode(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := Decode(b)
		if err != nil {
			return
		}
		c, err := Encode(v)
		if err != nil {
			t.Fatalf("decoded but not encodable: %v", err)
		}
		if w, err := Decode(c); err != nil || !Same(v, w) {
			t.Fatalf("%#v became %#v (%v)", v, w, err)
		}
	})
}
