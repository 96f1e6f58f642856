package report

import (
	"bufio"
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

//go:generate go run ./gen -o json_gen.go

// jsonText is JSON that is being built. The functions for records are generated
// from their types: encoding/json does the same, with reflection, in four times as
// long. Characters that would act on a terminal are written as \u escapes: a
// program that reads the JSON gets them unchanged, a person who prints it is not
// deceived.
type jsonText struct {
	b   []byte
	err error // the first
}

// writeTo writes the text, and makes room for the next one.
func (j *jsonText) writeTo(w *bufio.Writer) error {
	text, err := j.b, j.err
	j.b, j.err = j.b[:0], nil
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

func (j *jsonText) open()  { j.b = append(j.b, '{') }
func (j *jsonText) close() { j.b = append(j.b, '}') }

// name begins a field. Names are constants that need no escapes.
func (j *jsonText) name(name string) {
	if j.b[len(j.b)-1] != '{' {
		j.b = append(j.b, ',')
	}
	j.b = append(j.b, '"')
	j.b = append(j.b, name...)
	j.b = append(j.b, '"', ':')
}

func (j *jsonText) null()         { j.b = append(j.b, "null"...) }
func (j *jsonText) bool(v bool)   { j.b = strconv.AppendBool(j.b, v) }
func (j *jsonText) int(v int)     { j.b = strconv.AppendInt(j.b, int64(v), 10) }
func (j *jsonText) uint(v uint64) { j.b = strconv.AppendUint(j.b, v, 10) }

// float writes what is in the range of measured times. The form of other numbers,
// and that there is none for infinities, is left to encoding/json.
func (j *jsonText) float(v float64) {
	if size := math.Abs(v); size == 0 || size >= 1e-6 && size < 1e21 {
		j.b = strconv.AppendFloat(j.b, v, 'f', -1, 64)
		return
	}
	text, err := json.Marshal(v)
	j.add(text, err)
}

func (j *jsonText) time(v time.Time) {
	j.b = append(j.b, '"')
	text, err := v.AppendText(j.b)
	j.b = text
	j.add([]byte{'"'}, err)
}

func (j *jsonText) add(text []byte, err error) {
	j.b = append(j.b, text...)
	if j.err == nil {
		j.err = err
	}
}

// list writes an array, or null for a nil slice.
func list[T any](j *jsonText, values []T, each func(*T)) {
	if values == nil {
		j.null()
		return
	}
	j.b = append(j.b, '[')
	for i := range values {
		if i > 0 {
			j.b = append(j.b, ',')
		}
		each(&values[i])
	}
	j.b = append(j.b, ']')
}

// string quotes a text. JSON has no form for bytes that are not UTF-8: they become
// U+FFFD.
func (j *jsonText) string(s string) {
	j.b = append(j.b, '"')
	copied := 0 // how much of s is written
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c <= '~' && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if invalid := r == utf8.RuneError && size == 1; invalid || needsEscape(r) {
			j.b = append(j.b, s[copied:i]...)
			j.escape(r)
			copied = i + size
		}
		i += size
	}
	j.b = append(j.b, s[copied:]...)
	j.b = append(j.b, '"')
}

func needsEscape(r rune) bool {
	return r < ' ' || r == '"' || r == '\\' || r >= 0x7f && hostile(r)
}

func (j *jsonText) escape(r rune) {
	switch r {
	case '"', '\\':
		j.b = append(j.b, '\\', byte(r))
	case '\b':
		j.b = append(j.b, `\b`...)
	case '\f':
		j.b = append(j.b, `\f`...)
	case '\n':
		j.b = append(j.b, `\n`...)
	case '\r':
		j.b = append(j.b, `\r`...)
	case '\t':
		j.b = append(j.b, `\t`...)
	default:
		const digits = "0123456789abcdef"
		for _, unit := range utf16.Encode([]rune{r}) {
			j.b = append(j.b, '\\', 'u', digits[unit>>12], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
		}
	}
}
