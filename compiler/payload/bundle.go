package payload

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// pack makes a bundle of files. The same files give the same bytes.
//
//	bundle = zlib({ file })                        in the order of the paths
//	file   = size path size content                size: 4 bytes, big-endian
func pack(files map[string][]byte) []byte {
	var buf bytes.Buffer
	z, _ := zlib.NewWriterLevel(&buf, zlib.DefaultCompression) // the best takes four times as long, for nothing
	put := func(b []byte) {
		_, _ = z.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b))))
		_, _ = z.Write(b) // a bytes.Buffer takes everything
	}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		put([]byte(p))
		put(files[p])
	}
	_ = z.Close()
	return buf.Bytes()
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
