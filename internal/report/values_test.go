package report

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"porthole/internal/record"
)

// endless repeats a text after another for ever.
type endless struct {
	first, again string
	n            int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.first != "" {
		n := copy(p, e.first)
		e.first = e.first[n:]
		return n, nil
	}
	n := 0
	for n < len(p) {
		n += copy(p[n:], e.again)
	}
	e.n += int64(n)
	return n, nil
}

// TestEndless holds that an endless file is read no further than a record may be
// long.
func TestEndless(t *testing.T) {
	for _, text := range []endless{
		{"", "\x00", 0},
		{"", "{", 0},
		{`{"kind":"port","host":"`, "a", 0},
		{`{"schema":"porthole/1","records":[`, "[", 0},
		{`{"schema":"`, "a", 0},
		{"", "1", 0},
	} {
		what := text.first + text.again
		_, err := Read(&text, func(*record.Record) error { return nil })
		if !errors.Is(err, ErrNotSaved) || text.n > maxRecord+1<<20 {
			t.Errorf("%q: %v after %d bytes", what, err, text.n)
		}
	}
}

// TestPlaces holds that a record is found again where it was read.
func TestPlaces(t *testing.T) {
	for _, text := range []string{
		"\xef\xbb\xbf{\"kind\":\"port\",\"port\":1}\n\n {\"port\":2,\"kind\":\"port\",\"host\":\"}]\\\"{\"}{\"kind\":\"port\",\"port\":3}",
		`{"command":{"a":["]}"]},"schema":"porthole/1" , "records" : [ {"kind":"port","port":1},{"kind":"port","port":2}` + "\n" + `, {"kind":"port","port":3} ] }`,
	} {
		var places []int64
		_, err := ReadPlaces(strings.NewReader(text), func(r *record.Record, at int64) error {
			if places = append(places, at); int(r.Port) != len(places) {
				t.Errorf("port %d is number %d", r.Port, len(places))
			}
			return nil
		})
		if err != nil || len(places) != 3 {
			t.Errorf("%v: %v", places, err)
		}
		for i, at := range places {
			if r, err := NewPlaces(strings.NewReader(text)).At(at); err != nil || int(r.Port) != i+1 {
				t.Errorf("at %d: port %d, %v", at, r.Port, err)
			}
		}
	}
	if _, err := NewPlaces(strings.NewReader("{")).At(0); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// FuzzPlaces holds that every record is the same when it is read again.
func FuzzPlaces(f *testing.F) {
	f.Add(`{"kind":"port","port":1,"host":"}\"{"} {"kind":"port"}`)
	f.Add(`{"schema":"porthole/1","records":[{"kind":"port"},` + "\n" + `{"kind":"socket","port":7}],"summary":{}}`)
	f.Add("\xef\xbb\xbf{\"kind\":\"port\",\"processes\":[{},{\"pid\":1}]}")
	f.Fuzz(func(t *testing.T, text string) {
		ReadPlaces(strings.NewReader(text), func(r *record.Record, at int64) error {
			if again, err := NewPlaces(strings.NewReader(text)).At(at); err != nil || !reflect.DeepEqual(&again, r) {
				t.Errorf("%q at %d: %+v, %v, want %+v", text, at, again, err, r)
			}
			return nil
		})
	})
}
