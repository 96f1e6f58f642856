package verify

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// concat is its parts in a slice of its own.
func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func be16(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }
func be32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
func le32(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// reader takes values off the front of a message. Once something is missing it
// is bad and gives only zeros, so that a parser looks once, at the end.
type reader struct {
	in    []byte
	bad   bool
	order binary.ByteOrder // nil for big-endian
}

func (r *reader) bytes(n int) []byte {
	if r.bad || n < 0 || n > len(r.in) {
		r.bad = true
		return nil
	}
	b := r.in[:n]
	r.in = r.in[n:]
	return b
}

func (r *reader) u8() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	b := r.bytes(2)
	switch {
	case b == nil:
		return 0
	case r.order != nil:
		return r.order.Uint16(b)
	}
	return binary.BigEndian.Uint16(b)
}

func (r *reader) u32() uint32 {
	b := r.bytes(4)
	switch {
	case b == nil:
		return 0
	case r.order != nil:
		return r.order.Uint32(b)
	}
	return binary.BigEndian.Uint32(b)
}

// text is what stands before the next NUL, which is taken too.
func (r *reader) text() string {
	i := bytes.IndexByte(r.in, 0)
	if r.bad || i < 0 {
		r.bad = true
		return ""
	}
	b := r.bytes(i + 1)
	return string(b[:i])
}

// framed judges a message whose length stands in its first bytes: partial
// until all of it came.
func framed(in []byte, whole int) verdict {
	if len(in) < whole {
		return partial
	}
	return yes
}
func itoa(n int) string { return strconv.Itoa(n) }
