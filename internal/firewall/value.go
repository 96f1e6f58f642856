package firewall

import (
	"bytes"

	"porthole/internal/firewall/ruleset"
)

// value is what a register holds: bytes that are known, or that differ between
// the packets of a box.
type value []part

// part is some bytes of a value of one kind.
type part struct {
	kind partKind
	len  int

	// Of bits: those set in known are as in bits; why says why others are not
	// known.
	bits, known []byte
	why         *Reason
	low, high   uint32 // of a number in the machine's order: it is one of these
	bounded     bool

	// Of a field: bytes of a dimension's numbers from at on, as & mask ^ xor.
	dim       dimension
	at, width int
	mask, xor []byte // nil for all and none

	// Of an entry: what each one has; nil where there is nothing.
	table [][]byte

	// Of the port asked about: what the bytes are for another port. nil means
	// the port itself.
	ofPort func(port uint16) []byte
}

type partKind uint8

const (
	partBits partKind = iota
	partField
	partEntry
	partPort // its bits are those of the port that is being followed
)

// length is that of all parts.
func (v value) length() (n int) {
	for i := range v {
		n += v[i].len
	}
	return n
}

func constant(b []byte) value { return value{constPart(b)} }

func constPart(b []byte) part {
	return part{kind: partBits, len: len(b), bits: b, known: ones(len(b))}
}

var allOnes = bytes.Repeat([]byte{0xff}, 256)

// ones is n bytes of ones, which are not to be changed.
func ones(n int) []byte {
	if n <= len(allOnes) {
		return allOnes[:n:n]
	}
	return bytes.Repeat([]byte{0xff}, n)
}

var allZeros = make([]byte, 256)

// zeros is n bytes of zeros, which are not to be changed.
func zeros(n int) []byte {
	if n <= len(allZeros) {
		return allZeros[:n:n]
	}
	return make([]byte, n)
}

// unknownPart is n bytes that nobody can tell.
func unknownPart(n int, why *Reason) part {
	return part{kind: partBits, len: n, bits: zeros(n), known: zeros(n), why: why}
}

// cut is length bytes of a part from at on.
func (p part) cut(at, length int) part {
	if at == 0 && length == p.len {
		return p
	}
	whole := p
	p.len, p.bounded = length, false
	sub := func(b []byte) []byte {
		if b == nil {
			return nil
		}
		return b[at : at+length : at+length]
	}
	p.bits, p.known, p.mask, p.xor = sub(p.bits), sub(p.known), sub(p.mask), sub(p.xor)
	switch p.kind {
	case partField:
		p.at += at
	case partEntry:
		p.table = make([][]byte, len(whole.table))
		for i, b := range whole.table {
			p.table[i] = sub(b)
		}
	case partPort:
		p.ofPort = func(port uint16) []byte { return sub(whole.portBytes(port)) }
	}
	return p
}

// portBytes is what a part of kind partPort is for a port.
func (p *part) portBytes(port uint16) []byte {
	if p.ofPort != nil {
		return p.ofPort(port)
	}
	return []byte{byte(port >> 8), byte(port)}
}

// slice is length bytes of a value from at on; what lies beyond its end is 0.
func (v value) slice(at, length int) value {
	var out value
	for i := range v {
		p := &v[i]
		if at >= p.len {
			at -= p.len
			continue
		}
		n := min(p.len-at, length)
		if n <= 0 {
			break
		}
		out = append(out, p.cut(at, n))
		at, length = 0, length-n
	}
	if length > 0 {
		out = append(out, constPart(zeros(length)))
	}
	return out
}

// registers are those of a rule that runs. A value covers as many as its bytes
// need; each holds the value and where in it the register begins.
type registers [ruleset.Registers]struct {
	value value
	at    int
}

func (r *registers) store(to ruleset.Register, v value) {
	length := v.length()
	for i := 0; i*4 < max(length, 1); i++ {
		if n := int(to) + i; to >= 0 && n < len(r) {
			r[n].value, r[n].at = v, i*4
		}
	}
}

// load reads length bytes from a register on. It fails for what no expression
// has stored, which the kernel does not allow.
func (r *registers) load(from ruleset.Register, length int) (value, bool) {
	if from < 0 || length <= 0 || int(from)+(length+3)/4 > len(r) {
		return nil, false
	}
	first := r[from]
	if first.value == nil {
		return nil, false
	}
	if first.at == 0 && len(first.value) == 1 && first.value[0].len == length {
		return first.value, true
	}
	var out value
	for length > 0 && int(from) < len(r) {
		here := r[from]
		if here.value == nil {
			return nil, false
		}
		rest := here.value.length() - here.at
		n := min((rest+3)/4*4, length) // registers are filled up with zeros
		if n <= 0 {
			return nil, false
		}
		out = append(out, here.value.slice(here.at, n)...)
		length -= n
		from += ruleset.Register((n + 3) / 4)
	}
	return coalesce(out), length == 0
}

// coalesce joins neighbouring parts of one field.
func coalesce(v value) value {
	out := v[:0:0]
	for _, p := range v {
		if n := len(out) - 1; n >= 0 && p.kind == partField && out[n].kind == partField &&
			out[n].dim == p.dim && out[n].at+out[n].len == p.at {
			a := &out[n]
			if a.mask != nil || p.mask != nil || a.xor != nil || p.xor != nil {
				a.mask = append(bytes.Clone(orOnes(a.mask, a.len)), orOnes(p.mask, p.len)...)
				a.xor = append(bytes.Clone(orZeros(a.xor, a.len)), orZeros(p.xor, p.len)...)
			}
			a.len += p.len
			continue
		}
		out = append(out, p)
	}
	return out
}

func orOnes(b []byte, n int) []byte {
	if b == nil {
		return ones(n)
	}
	return b
}

func orZeros(b []byte, n int) []byte {
	if b == nil {
		return zeros(n)
	}
	return b
}

// masked is value & mask ^ xor.
func (v value) masked(mask, xor []byte) value {
	out := make(value, 0, len(v))
	at := 0
	for _, p := range v {
		m, x := pick(mask, at, p.len), pick(xor, at, p.len)
		at += p.len
		out = append(out, p.masked(m, x))
	}
	return out
}

// pick is n bytes of b from at on; what lies beyond its end is 0.
func pick(b []byte, at, n int) []byte {
	if at+n <= len(b) {
		return b[at : at+n : at+n]
	}
	out := make([]byte, n)
	if at < len(b) {
		copy(out, b[at:])
	}
	return out
}

func maskBytes(b, mask, xor []byte) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = b[i]&mask[i] ^ xor[i]
	}
	return out
}

func (p part) masked(mask, xor []byte) part {
	switch p.kind {
	case partField:
		old, oldXor := orOnes(p.mask, p.len), orZeros(p.xor, p.len)
		p.mask = maskBytes(old, mask, zeros(p.len))
		p.xor = maskBytes(oldXor, mask, xor)
		return p
	case partEntry:
		return p.mapTable(func(b []byte) []byte { return maskBytes(b, mask, xor) })
	case partPort:
		old := p
		p.ofPort = func(port uint16) []byte { return maskBytes(old.portBytes(port), mask, xor) }
		p.bits = maskBytes(old.bits, mask, xor)
		return p
	}
	bits, known := make([]byte, p.len), make([]byte, p.len)
	for i := range bits {
		bits[i] = p.bits[i]&p.known[i]&mask[i] ^ xor[i]
		known[i] = p.known[i] | ^mask[i]
	}
	p.bits, p.known, p.bounded = bits, known, false
	return p
}

func (p part) mapTable(f func([]byte) []byte) part {
	table := make([][]byte, len(p.table))
	for i, b := range p.table {
		if b != nil {
			table[i] = f(b)
		}
	}
	p.table = table
	return p
}

// reversed turns the bytes of each run of size around.
func (v value) reversed(size int, why *Reason) value {
	turn := func(b []byte) []byte {
		out := bytes.Clone(b)
		for at := 0; at+size <= len(out); at += size {
			for i, j := at, at+size-1; i < j; i, j = i+1, j-1 {
				out[i], out[j] = out[j], out[i]
			}
		}
		return out
	}
	out := make(value, 0, len(v))
	for _, p := range v {
		old := p
		switch {
		case p.len%size != 0, p.kind == partField:
			p = unknownPart(p.len, why)
		case p.kind == partEntry:
			p = p.mapTable(turn)
		case p.kind == partPort:
			p.ofPort = func(port uint16) []byte { return turn(old.portBytes(port)) }
			p.bits = turn(p.bits)
		default:
			p.bits, p.known, p.bounded = turn(p.bits), turn(p.known), false
		}
		out = append(out, p)
	}
	return out
}

// exact gives the bytes of a value if all are known and are not of the port
// that is being followed.
func (v value) exact() ([]byte, bool) {
	var out []byte
	for i := range v {
		if v[i].kind != partBits || !bytes.Equal(v[i].known, ones(v[i].len)) {
			return nil, false
		}
		if len(v) == 1 {
			return v[i].bits, true
		}
		out = append(out, v[i].bits...)
	}
	return out, true
}
