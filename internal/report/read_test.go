package report

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
	"porthole/internal/textfile"
)

// TestRead checks that what the JSON formats write is read back unchanged.
func TestRead(t *testing.T) {
	for _, format := range []Format{FormatJSON, FormatJSONL} {
		r := scanRun()
		text := r.write(t, format)
		var got []*record.Record
		sum, err := Read(strings.NewReader(text), func(r *record.Record) error { got = append(got, r); return nil })
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if diff := cmp.Diff(r.records, got); diff != "" {
			t.Errorf("%s: records (-want +got):\n%s", format, diff)
		}
		if diff := cmp.Diff(&r.sum, sum); diff != "" {
			t.Errorf("%s: summary (-want +got):\n%s", format, diff)
		}
	}
}

// TestReadCut checks that a part of an output is not taken for all of it.
func TestReadCut(t *testing.T) {
	for _, format := range []Format{FormatJSON, FormatJSONL} {
		r := scanRun()
		text := strings.TrimRight(r.write(t, format), "\n")
		for n := range len(text) {
			sum, err := Read(strings.NewReader(text[:n]), func(*record.Record) error { return nil })
			if sum != nil || err != nil && (!errors.Is(err, ErrCut) || !errors.Is(err, ErrNotSaved)) {
				t.Fatalf("%s: the first %d of %d bytes give %+v, %v", format, n, len(text), sum, err)
			}
		}
	}
}

// TestReadForms checks that the two formats are recognised whatever the order of
// their keys, that nothing may follow either, and that an error of the caller is
// returned unchanged.
func TestReadForms(t *testing.T) {
	const one, end = `{"addr":"::1","class":"well-known","kind":"port","port":80,"proto":"tcp"}`, `{"command":"scan","complete":true,"kind":"summary"}`
	const document = `{"command":"scan","records":[` + one + `],"schema":"porthole/1","summary":` + end + `}`
	for _, text := range []string{document, "\n" + one + "\n\n" + end, strings.ReplaceAll(one+end, ",", ",\n  ")} {
		n := 0
		sum, err := Read(strings.NewReader(text), func(r *record.Record) error { n += int(r.Port); return nil })
		if err != nil || sum == nil || !sum.Complete || n != 80 {
			t.Errorf("%q: %+v, %v", text, sum, err)
		}
		for _, more := range []string{one, document, "x"} {
			if _, err := Read(strings.NewReader(text+"\n"+more), func(*record.Record) error { return nil }); !errors.Is(err, ErrNotSaved) {
				t.Errorf("%q after %q: %v", more, text, err)
			}
		}
		if _, err := Read(strings.NewReader(text), func(*record.Record) error { return errors.ErrUnsupported }); err != errors.ErrUnsupported {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestReadOthers checks what is said of files that this version does not read, and
// that a mark of UTF-8 in front is no obstacle.
func TestReadOthers(t *testing.T) {
	const rest = `,"command":"scan","records":[{"kind":"port","proto":"tcp"}],"summary":{"kind":"summary","command":"scan"}}`
	for file, want := range map[string]string{
		`{"schema":"porthole/1"` + rest:                  "",
		`{"schema":"porthole/1.2"` + rest:                "",
		"\xef\xbb\xbf" + `{"schema":"porthole/1"` + rest: "",
		`{"schema":"porthole/2"` + rest:                  `its schema is "porthole/2", and this version reads "porthole/1"; read it with the porthole that wrote it, or make it anew`,
		`{"schema":"other/1"` + rest:                     `its schema is "other/1", not "porthole/1"; want what porthole wrote with -o json or -o jsonl`,
		"\xff\xfe{\x00":                                  "the file is in UTF-16; save it as UTF-8",
		"{\x00\"\x00":                                    "the file is in UTF-16; save it as UTF-8",
	} {
		n, got := 0, ""
		if _, err := Read(strings.NewReader(file), func(*record.Record) error { n++; return nil }); err != nil {
			got = err.Error()
		}
		if got != want || want == "" && n != 1 {
			t.Errorf("%q: %d records, %q, want %q", file, n, got, want)
		}
	}
}

// TestReadEarlierCounts reads the counts of a scan by the names that they had in 1.0, and
// by those that they have.
// TestReadWrongField: a field of another type is named as the file has it.
func TestReadWrongField(t *testing.T) {
	for text, want := range map[string]string{
		`{"kind":"socket","port":99999}`:              "record 1: port cannot be number 99999; ",
		`{"kind":"socket","processes":[{"pid":"x"}]}`: "record 1: processes.pid cannot be string; ",
	} {
		if _, err := Read(strings.NewReader(text+"\n"), func(*record.Record) error { return nil }); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
}

func TestReadEarlierCounts(t *testing.T) {
	const names, earlier = `"middlebox_ports":3,"alive_addresses":2`, `"middlebox":3,"alive":2`
	for _, counts := range []string{names, earlier} {
		summary := `{"kind":"summary","command":"scan","targets":4,` + counts + `}`
		for _, text := range []string{summary + "\n", `{"schema":"porthole/1","records":[],"summary":` + summary + `}`} {
			sum, err := Read(strings.NewReader(text), func(*record.Record) error { return nil })
			if err != nil || sum == nil || sum.ScanCounts == nil || sum.Middlebox != 3 || sum.Alive != 2 {
				t.Errorf("%s: %+v, %v", text, sum, err)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"schema":"porthole/1","command":"scan","records":[{"kind":"port"}],"summary":{"kind":"summary","command":"scan","targets":1,"attempts":1}}`,
		"{\"kind\":\"port\"}\n{\"kind\":\"summary\",\"command\":\"scan\",\"targets\":1,\"attempts\":0}\n", "[]", "{}", `{"records":3}`, `{"kind":"socket"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		sum, err := Read(strings.NewReader(text), func(r *record.Record) error { n++; return nil })
		_, encoding := errors.AsType[*textfile.EncodingError](err)
		if err != nil && (sum != nil || !errors.Is(err, ErrNotSaved) && !errors.Is(err, ErrVersion) && !encoding) {
			t.Errorf("%q gave %d records, %+v and %v", text, n, sum, err)
		}
	})
}
