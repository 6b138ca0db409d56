package ir

import (
	"github.com/vmihailenco/msgpack/v5"

	"pbc/ir/value"
)

// Val is a value in a structure that is encoded: it keeps every type of the data model, where
// msgpack alone would turn them into Go's.
type Val struct{ V value.Value }

// IsSet says whether the keyword was given. A keyword set to null counts as not given.
func (v Val) IsSet() bool { return v.V != nil }

// EncodeMsgpack implements msgpack.CustomEncoder.
func (v Val) EncodeMsgpack(e *msgpack.Encoder) error { return value.EncodeTo(e, v.V) }

// DecodeMsgpack implements msgpack.CustomDecoder. It refuses what value.Decode refuses.
func (v *Val) DecodeMsgpack(d *msgpack.Decoder) error {
	raw, err := d.DecodeRaw()
	if err != nil {
		return err
	}
	v.V, err = value.Decode(raw)
	return err
}
