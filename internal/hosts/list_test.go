package hosts

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRead holds what is read of files, and what is said of their bad lines.
func TestRead(t *testing.T) {
	long := strings.Repeat("192.0.2.1 ", 20_000)
	for _, test := range []struct {
		name, file string
		want, bad  []string
	}{
		{"comments", "# hosts\nexample.com 192.0.2.1,192.0.2.2 # two\n\n[::1]:22\n",
			[]string{"example.com", "192.0.2.1-192.0.2.1", "192.0.2.2-192.0.2.2", "::1-::1 port 22"}, nil},
		{"from Windows", "\xef\xbb\xbf192.0.2.1\r\na.example\r\n", []string{"192.0.2.1-192.0.2.1", "a.example"}, nil},
		{"two files in one", "192.0.2.1\n\xef\xbb\xbf192.0.2.2\n", []string{"192.0.2.1-192.0.2.1", "192.0.2.2-192.0.2.2"}, nil},
		{"blanks", "a.example, b.example ,c.example,\n\t192.0.2.1\t192.0.2.2\n", []string{"a.example", "b.example", "c.example", "192.0.2.1-192.0.2.1", "192.0.2.2-192.0.2.2"}, nil},
		{"a bad line", "192.0.2.1\n192.0.2.2 192.0.2.999\nhttps://a.example/x\n",
			[]string{"192.0.2.1-192.0.2.1", "a.example port 443"}, []string{`hosts.txt:2: bad target "192.0.2.999": not an IP address; an octet is 255 at most`}},
		{"Latin-1", "# M\xfcnchen\nm\xfcnchen.example\n", nil, []string{"hosts.txt:2: not UTF-8, but perhaps Latin-1 or Windows-1252; save the file as UTF-8"}},
		{"no end of line", "192.0.2.1", []string{"192.0.2.1-192.0.2.1"}, nil},
		{"long", long, slices.Repeat([]string{"192.0.2.1-192.0.2.1"}, 20_000), nil},
	} {
		var got Targets
		var bad []string
		if err := got.Read(strings.NewReader(test.file), "hosts.txt", func(err error) { bad = append(bad, err.Error()) }); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, shown(got)); diff != "" {
			t.Errorf("%s: targets (-want +got):\n%s", test.name, diff)
		}
		if diff := cmp.Diff(test.bad, bad); diff != "" {
			t.Errorf("%s: bad lines (-want +got):\n%s", test.name, diff)
		}
		if got.Len() != len(test.want) {
			t.Errorf("%s: %d targets, not %d", test.name, got.Len(), len(test.want))
		}
	}
}

// TestReadNoText holds that a file that is no text is an error and no list of bad
// lines, and that of a thousand bad lines not all are told.
func TestReadNoText(t *testing.T) {
	const noTargets = "it is JSON, not a list of targets; write those one a line"
	for file, want := range map[string]string{
		"\xff\xfe1\x00": "hosts.txt: the file is in UTF-16; save it as UTF-8",
		"1\x00.\x00":    "hosts.txt: the file is in UTF-16; save it as UTF-8",
		"\x7fELF\x00\n": "hosts.txt: it is not a text file",

		`{"schema":"porthole/1.1","command":"list","records":[` + "\n{\"kind\":\"socket\"}\n": `hosts.txt: it is JSON of porthole, not a list of targets; write those one a line, such as by jq -r '.records[].addr'`,

		"\xef\xbb\xbf{\"kind\":\"port\"}\n": `hosts.txt: it is JSON of porthole, not a list of targets; write those one a line, such as by jq -r '.addr // empty'`,

		"[\n{ \"ip\": \"192.0.2.1\" }\n": "hosts.txt: " + noTargets,
		`["192.0.2.1"]`:                  "hosts.txt: " + noTargets,
		" {\n}":                          "hosts.txt: " + noTargets,
	} {
		if err := new(Targets).Read(strings.NewReader(file), "hosts.txt", func(error) {}); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
	var bracketed Targets
	if err := bracketed.Read(strings.NewReader("[::1]:80\n"), "hosts.txt", func(err error) { t.Error(err) }); err != nil || bracketed.Len() != 1 {
		t.Errorf("%d targets, %v", bracketed.Len(), err)
	}
	var last error
	n := 0
	if err := new(Targets).Read(strings.NewReader(strings.Repeat("?\n", 1000)), "hosts.txt", func(err error) { n, last = n+1, err }); err != nil {
		t.Fatal(err)
	}
	if n != 101 || last.Error() != "hosts.txt: 900 more lines are bad" {
		t.Errorf("%d errors, the last %q", n, last)
	}
}

// TestTexts holds that lists are told apart by their texts, whatever their length.
func TestTexts(t *testing.T) {
	list := func(n int, last string) (l Targets) {
		for i := range n - 1 {
			if err := l.Add(fmt.Sprintf("10.0.%d.%d", i/256, i%256)); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Add(last); err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, n := range []int{2, 1000} {
		a, b, c := list(n, "a.example"), list(n, "b.example"), list(n, "a.example")
		if slices.Equal(a.Texts(), b.Texts()) || !slices.Equal(a.Texts(), c.Texts()) || len(a.Texts()) > shownTexts {
			t.Errorf("%d targets: %q, %q, %q", n, a.Texts(), b.Texts(), c.Texts())
		}
	}
	a, b := list(200, "11.0.0.1,11.4.0.2"), list(200, "11.0.0.2,11.4.0.1") // the same octets, put together in another way
	if slices.Equal(a.Texts(), b.Texts()) {
		t.Errorf("two lists have the text %q", a.Texts())
	}
}

// TestListIsSmall holds a line of a file to a few bytes, before and after it is
// resolved.
func TestListIsSmall(t *testing.T) {
	const lines = 200_000
	var file strings.Builder
	for i := range lines {
		fmt.Fprintf(&file, "10.%d.%d.%d\n", i/50_000, i/250%200, i%250)
	}
	before := heap()
	var l Targets
	if err := l.Read(strings.NewReader(file.String()), "hosts.txt", func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
	found, err := Resolve(t.Context(), Request{Targets: l, Family: Any, Resolver: names, Interfaces: machine, Common: func(uint16) bool { return false }})
	if err != nil || found.Sets[0].Len() != lines {
		t.Fatal(found, err)
	}
	if each := float64(heap()-before) / lines; each > 16 {
		t.Errorf("%.1f bytes for a line", each)
	}
	runtime.KeepAlive(l)
	runtime.KeepAlive(found)
	runtime.KeepAlive(&file)
}

// heap is what is in use of the heap.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
