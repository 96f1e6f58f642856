package report

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRead holds that what the JSON formats write reads as it was.
func TestRead(t *testing.T) {
	for _, format := range []Format{JSON, JSONL} {
		r := scanRun()
		text := r.write(t, format)
		var got []*Record
		sum, err := Read(strings.NewReader(text), func(r *Record) error { got = append(got, r); return nil })
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

// TestReadCut holds that no part of an output passes for the whole.
func TestReadCut(t *testing.T) {
	for _, format := range []Format{JSON, JSONL} {
		r := scanRun()
		text := strings.TrimRight(r.write(t, format), "\n")
		for n := range len(text) {
			if _, err := Read(strings.NewReader(text[:n]), func(*Record) error { return nil }); err == nil {
				t.Fatalf("%s: the first %d of %d bytes pass", format, n, len(text))
			}
		}
	}
	if _, err := Read(strings.NewReader(""), nil); !errors.Is(err, ErrCut) {
		t.Errorf("nothing: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"schema":"porthole/1","command":"scan","records":[{"kind":"port"}],"summary":{"kind":"summary","command":"scan","targets":1,"attempts":1}}`,
		"{\"kind\":\"port\"}\n{\"kind\":\"summary\",\"command\":\"scan\",\"targets\":1,\"attempts\":0}\n", "[]", "{}", `{"records":3}`, `{"kind":"socket"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var kinds []string
		sum, err := Read(strings.NewReader(text), func(r *Record) error { kinds = append(kinds, r.Kind); return nil })
		if err == nil && (sum.ScanCounts == nil || slices.ContainsFunc(kinds, func(k string) bool { return k != KindPort })) {
			t.Errorf("%q gave %+v and %q", text, sum, kinds)
		}
	})
}
