package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"porthole/internal/record"
)

// TestJSONFields compares what is written with encoding/json: with each field of
// each type filled in alone, with all of them, and with none.
func TestJSONFields(t *testing.T) {
	for _, v := range []any{&record.Record{}, &record.Summary{}, &record.Event{}, &record.Record{Processes: &[]record.Process{}}, &record.Record{Processes: new([]record.Process)}} {
		checkJSON(t, v)
	}
	for _, kind := range []reflect.Type{
		reflect.TypeFor[record.Record](), reflect.TypeFor[record.Summary](), reflect.TypeFor[record.Event](),
		reflect.TypeFor[record.Process](), reflect.TypeFor[record.Parent](), reflect.TypeFor[record.Change](), reflect.TypeFor[record.Finding](),
		reflect.TypeFor[record.Explanation](), reflect.TypeFor[record.Holder](), reflect.TypeFor[record.Bind](), reflect.TypeFor[record.Reach](),
	} {
		all := reflect.New(kind)
		for i := range kind.NumField() {
			one, zero := reflect.New(kind), reflect.New(kind)
			fillIn(t, one.Elem().Field(i))
			all.Elem().Field(i).Set(one.Elem().Field(i))
			checkJSON(t, one.Interface())
			if f := zero.Elem().Field(i); f.Kind() == reflect.Pointer {
				f.Set(reflect.New(f.Type().Elem())) // not nil, but all zero
				checkJSON(t, zero.Interface())
			}
		}
		checkJSON(t, all.Interface())
	}
}

// checkJSON compares the two ways to write v, or a record that has v.
func checkJSON(t *testing.T, v any) {
	t.Helper()
	var j jsonText
	switch v := wrapped(v).(type) {
	case *record.Record:
		j.record(v)
	case *record.Summary:
		j.summary(v)
	case *record.Event:
		j.event(v)
	default:
		t.Fatalf("%T cannot be written", v)
	}
	want, wantErr := reflected(wrapped(v))
	if (j.err == nil) != (wantErr == nil) || wantErr == nil && string(j.b) != want {
		t.Errorf("written %s, %v\nwant    %s, %v", j.b, j.err, want, wantErr)
	}
	if wantErr == nil && !json.Valid(j.b) {
		t.Errorf("no JSON: %s", j.b)
	}
}

// wrapped puts what is a part of a record into one.
func wrapped(v any) any {
	switch part := v.(type) {
	case *record.Parent:
		return wrapped(&record.Process{Parents: []record.Parent{*part, *part}})
	case *record.Process:
		return &record.Record{Processes: &[]record.Process{*part, *part}}
	case *record.Reach:
		return &record.Record{Reach: part}
	case *record.Change:
		return &record.Record{Change: part}
	case *record.Finding:
		return &record.Record{Finding: part}
	case *record.Holder:
		return wrapped(&record.Explanation{Holders: []record.Holder{*part, *part}})
	case *record.Bind:
		return wrapped(&record.Explanation{Bind: part})
	case *record.Explanation:
		return &record.Record{Explanation: part}
	default:
		return v
	}
}

// reflected is what encoding/json writes, with \u escapes for the characters that
// act on a terminal.
func reflected(v any) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, r := range strings.TrimSuffix(out.String(), "\n") {
		if !hostile(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String(), nil
}

// fillIn gives v another value than its zero.
func fillIn(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString("a\"\\\x1b\u202e\xff<é")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(-7)
	case reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1<<16 - 1)
	case reflect.Float64:
		v.SetFloat(1.25)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillIn(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillIn(t, v.Index(0))
		fillIn(t, v.Index(1))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(start().Add(1234567 * time.Microsecond)))
			return
		}
		for _, field := range v.Fields() {
			if field.Type() != reflect.TypeFor[*record.Explanation]() { // it has records itself
				fillIn(t, field)
			}
		}
	default:
		t.Fatalf("no value for a %v; say how to make one", v.Kind())
	}
}

// TestJSONRare has numbers and times that JSON writes in another form, or not at
// all.
func TestJSONRare(t *testing.T) {
	for _, f := range []float64{0, math.Copysign(0, -1), 1e-6, 1e-7, -1e-9, 1e20, 1e21, 1e300, 0.1, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.NaN()} {
		checkJSON(t, &record.Record{RTT: new(f)})
		checkJSON(t, &record.Summary{Elapsed: f})
	}
	for _, at := range []time.Time{{}, start(), time.Unix(0, 1), start().In(time.FixedZone("x", 3600)), start().In(time.FixedZone("x", 25*3600)), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		checkJSON(t, &record.Record{At: new(at)})
	}
}

// FuzzJSON compares what is written with encoding/json, for any text and number.
func FuzzJSON(f *testing.F) {
	f.Add("nginx", uint64(80), int64(0), 1.5)
	f.Add("\x1b[31m\"\\\b\f\n\r\t\x00\x7f", uint64(1<<64-1), int64(-1), 1e-9)
	f.Add("\u2028\u2029\u202e\U000e0001\xff\xc3\x28\ufffd\U0001f600é", uint64(0), int64(1<<40), math.Copysign(0, -1))
	f.Fuzz(func(t *testing.T, text string, n uint64, seconds int64, ms float64) {
		at := time.Unix(seconds%1e11, int64(n%1e9)).UTC()
		p := record.Process{PID: int(n), Name: text, Exe: text, Cmdline: []string{text, "", text}, UID: new(int(seconds)), Started: &at, Parents: []record.Parent{{PID: int(n), Name: text}}}
		checkJSON(t, &record.Record{Kind: text, Host: text, Port: uint16(n), RTT: &ms, Inode: n, Processes: &[]record.Process{p, {}}, Backlog: new(uint32(n)), Flags: []string{text}, At: &at})
		checkJSON(t, &record.Summary{Kind: text, Args: []string{text}, Seed: &n, Elapsed: ms, MissingShards: []uint64{n, 1}})
		var j jsonText
		j.string(text)
		quoted := string(j.b)
		for _, r := range quoted {
			if hostile(r) {
				t.Errorf("%q leaves %U", quoted, r)
			}
		}
		var back string
		if err := json.Unmarshal([]byte(quoted), &back); err != nil || !utf8.ValidString(back) || utf8.ValidString(text) && back != text {
			t.Errorf("%q came back from %s as %q, %v", text, quoted, back, err)
		}
	})
}

func BenchmarkJSON(b *testing.B) {
	r := wideRun().records[len(wideRun().records)-1]
	w := bufio.NewWriter(io.Discard)
	b.Run("written", func(b *testing.B) {
		var j jsonText
		b.ReportAllocs()
		for b.Loop() {
			j.record(r)
			if err := j.writeTo(w); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		b.ReportAllocs()
		for b.Loop() {
			if err := enc.Encode(r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
