package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"porthole/internal/record"
)

// TestAppendEqualsReflection fills the fields of what is appended one by one,
// all, and none of them, so that a field that is added to a struct and not to
// json_append.go is found.
func TestAppendEqualsReflection(t *testing.T) {
	for _, empty := range []any{&record.Record{}, &record.Summary{}, &record.Record{Processes: &[]record.Process{}}, &record.Record{Processes: new([]record.Process)}} {
		checkAppend(t, empty)
	}
	for _, kind := range []reflect.Type{reflect.TypeFor[record.Record](), reflect.TypeFor[record.Process](), reflect.TypeFor[record.Parent](), reflect.TypeFor[record.Summary]()} {
		all := reflect.New(kind)
		for i := range kind.NumField() {
			field := kind.Field(i)
			one := reflect.New(kind)
			if field.Anonymous { // the kinds that encoding/json writes
				one.Elem().Field(i).Set(reflect.New(field.Type.Elem()))
			} else {
				fillIn(t, one.Elem().Field(i))
			}
			if appended(one.Interface()) {
				all.Elem().Field(i).Set(one.Elem().Field(i))
			}
			checkAppend(t, one.Interface())
			if field.Name == "Processes" {
				continue // kept once of each, as TestSchema has it
			}
			zero := reflect.New(kind)
			if f := zero.Elem().Field(i); f.Kind() == reflect.Pointer && !field.Anonymous {
				f.Set(reflect.New(field.Type.Elem())) // what points at a zero is there
			}
			checkAppend(t, zero.Interface())
		}
		checkAppend(t, all.Interface())
	}
}

// appended tells whether v is not left to encoding/json.
func appended(v any) bool {
	switch v := v.(type) {
	case *record.Record:
		return recordAppendable(v)
	case *record.Summary:
		return summaryAppendable(v)
	default:
		return true
	}
}

// checkAppend compares the two ways to write v, or what holds it.
func checkAppend(t *testing.T, v any) {
	t.Helper()
	switch part := v.(type) {
	case *record.Parent:
		v = &record.Process{Parents: []record.Parent{*part, *part}}
	}
	switch part := v.(type) {
	case *record.Process:
		v = &record.Record{Processes: &[]record.Process{*part, *part}}
	}
	var e encoder
	var got, want bytes.Buffer
	toGot, toWant := bufio.NewWriter(&got), bufio.NewWriter(&want)
	gotErr, wantErr := e.encode(toGot, v), e.reflected(toWant, v)
	toGot.Flush()
	toWant.Flush()
	if (gotErr == nil) != (wantErr == nil) || gotErr == nil && got.String() != want.String() {
		t.Errorf("appended  %s, %v\nreflected %s, %v", &got, gotErr, &want, wantErr)
	}
	if wantErr == nil && !json.Valid(got.Bytes()) {
		t.Errorf("no JSON: %s", &got)
	}
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
		for i := range v.NumField() {
			fillIn(t, v.Field(i))
		}
	default:
		t.Fatalf("no value for a %v; say how to make one", v.Kind())
	}
}

// TestAppendRare: numbers and times that JSON writes otherwise or not at all.
func TestAppendRare(t *testing.T) {
	for _, f := range []float64{0, math.Copysign(0, -1), 1e-6, 1e-7, -1e-9, 1e20, 1e21, 1e300, 0.1, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.NaN()} {
		checkAppend(t, &record.Record{RTT: new(f)})
		checkAppend(t, &record.Summary{Elapsed: f})
	}
	for _, at := range []time.Time{{}, start(), time.Unix(0, 1), start().In(time.FixedZone("x", 3600)), start().In(time.FixedZone("x", 25*3600)), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		checkAppend(t, &record.Record{At: new(at)})
	}
}

// FuzzAppend compares the two ways on any text and number.
func FuzzAppend(f *testing.F) {
	f.Add("nginx", uint64(80), int64(0), 1.5)
	f.Add("\x1b[31m\"\\\b\f\n\r\t\x00\x7f", uint64(1<<64-1), int64(-1), 1e-9)
	f.Add("\u2028\u2029\u202e\U000e0001\xff\xc3\x28\ufffd\U0001f600é", uint64(0), int64(1<<40), math.Copysign(0, -1))
	f.Fuzz(func(t *testing.T, text string, n uint64, seconds int64, ms float64) {
		at := time.Unix(seconds%1e11, int64(n%1e9)).UTC()
		p := record.Process{PID: int(n), Name: text, Exe: text, Cmdline: []string{text, "", text}, UID: new(int(seconds)), Started: &at, Parents: []record.Parent{{PID: int(n), Name: text}}}
		checkAppend(t, &record.Record{Kind: text, Host: text, Port: uint16(n), RTT: &ms, Inode: n, Processes: &[]record.Process{p, {}}, Backlog: new(uint32(n)), Flags: []string{text}, At: &at})
		checkAppend(t, &record.Summary{Kind: text, Args: []string{text}, Seed: &n, Elapsed: ms, MissingShards: []uint64{n, 1}})
		quoted := string(appendJSONString(nil, text))
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

func BenchmarkEncode(b *testing.B) {
	r := wideRun().records[len(wideRun().records)-1]
	w := bufio.NewWriter(new(bytes.Buffer))
	for name, encode := range map[string]func(*encoder) error{
		"appended":  func(e *encoder) error { return e.encode(w, r) },
		"reflected": func(e *encoder) error { return e.reflected(w, r) },
	} {
		b.Run(name, func(b *testing.B) {
			var e encoder
			b.ReportAllocs()
			for b.Loop() {
				w.Reset(&bytes.Buffer{})
				if err := encode(&e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
