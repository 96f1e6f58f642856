package report

import (
	"bufio"
	"fmt"
	"io"
)

// maxRecord is the size of a record that is read at most, in bytes. The command line
// of one process has 2 MB at most on Linux, and a socket some hundred holders.
const maxRecord = 64 << 20

var errLong = fmt.Errorf("it is longer than %d MB", maxRecord>>20)

// values cuts a text into JSON values, without a look into them: who unmarshals them
// checks them. It is several times as fast as a json.Decoder, and has a bound.
type values struct {
	r   *bufio.Reader
	at  int64 // of the next byte
	buf []byte
}

// peek returns the next byte that is no blank.
func (v *values) peek() (byte, error) {
	for {
		b, err := v.r.ReadByte()
		if err != nil {
			return 0, err
		}
		switch b {
		case ' ', '\t', '\r', '\n':
			v.at++
		default:
			return b, v.r.UnreadByte()
		}
	}
}

// is takes the next byte if it is that one.
func (v *values) is(want byte) (bool, error) {
	b, err := v.peek()
	if err != nil || b != want {
		return false, err
	}
	v.r.Discard(1)
	v.at++
	return true, nil
}

// expect takes a byte that must come next.
func (v *values) expect(want byte) error {
	b, err := v.peek()
	if err != nil {
		return unexpected(err)
	}
	if b != want {
		return fmt.Errorf("%q instead of %q", b, want)
	}
	_, err = v.is(want)
	return err
}

// unexpected is the error of an end where there must be more.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// value returns the next value and where it begins. It is valid until the next call.
// The error is io.EOF if there is none.
func (v *values) value() (raw []byte, at int64, err error) {
	first, err := v.peek()
	if err != nil {
		return nil, 0, err
	}
	if first == ',' || first == ':' || first == ']' || first == '}' {
		return nil, 0, fmt.Errorf("%q instead of a value", first)
	}
	v.buf, at = v.buf[:0], v.at
	s := valueEnd{plain: first != '{' && first != '[' && first != '"'}
	for {
		if _, err := v.r.Peek(1); err != nil {
			if err == io.EOF && s.plain && len(v.buf) > 0 {
				return v.buf, at, nil
			}
			return nil, at, unexpected(err)
		}
		chunk, _ := v.r.Peek(v.r.Buffered())
		n, ended := s.find(chunk)
		if len(v.buf)+n > maxRecord {
			return nil, at, errLong
		}
		v.buf = append(v.buf, chunk[:n]...)
		v.r.Discard(n)
		v.at += int64(n)
		if ended {
			return v.buf, at, nil
		}
	}
}

// valueEnd looks for the end of a value, piece by piece.
type valueEnd struct {
	plain    bool // a number, true, false or null
	depth    int
	inString bool
	escaped  bool
}

// find returns how much of a piece belongs to the value, and whether it ends there.
func (s *valueEnd) find(piece []byte) (n int, ended bool) {
	for i, b := range piece {
		switch {
		case s.inString:
			switch {
			case s.escaped:
				s.escaped = false
			case b == '\\':
				s.escaped = true
			case b == '"':
				s.inString = false
				if s.depth == 0 {
					return i + 1, true
				}
			}
		case b > '}':
		case b == '"':
			s.inString = true
		case b == '{' || b == '[':
			s.depth++
		case b == '}' || b == ']':
			if s.plain {
				return i, true
			}
			if s.depth--; s.depth == 0 {
				return i + 1, true
			}
		case s.plain && (b == ',' || b == ':' || b == ' ' || b == '\t' || b == '\r' || b == '\n'):
			return i, true
		}
	}
	return len(piece), false
}
