package report

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"porthole/internal/record"
)

// BenchmarkTable writes 100,000 verdicts to a terminal, with and without
// colour.
func BenchmarkTable(b *testing.B) {
	var records []*record.Record
	for i := range 100_000 {
		addr := fmt.Sprintf("198.18.%d.%d", i>>8&255, i&255)
		r := asked(fmt.Sprintf("host-%d.example.test", i/400), addr, "tcp", uint16(i), "open", "syn-ack", "service")
		r.Plaintext = new(i%10 == 0)
		records = append(records, r)
	}
	for _, color := range []bool{false, true} {
		b.Run(fmt.Sprintf("color=%t", color), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				out, err := Open(b.Context(), []Spec{{Format: FormatTable}}, io.Discard, Options{Command: "scan", Kind: record.KindPort, Color: color, Width: 120})
				if err != nil {
					b.Fatal(err)
				}
				for _, r := range records {
					if err := out.Write(r); err != nil {
						b.Fatal(err)
					}
				}
				if err := out.Close(&record.Summary{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestServiceText checks that a name that is only common on a number is a guess.
func TestServiceText(t *testing.T) {
	for _, test := range []struct {
		kind, by, want string
	}{
		{record.KindPort, record.ByCommon, "minio?"}, {record.KindSocket, record.ByIANA, "minio"}, {record.KindSocket, record.ByHolder, "minio"},
		{record.KindSocket, record.ByUser, "minio"}, {record.KindService, record.ByCommon, "minio"}, {record.KindPort, "", "minio"},
	} {
		if got := serviceText(&record.Record{Kind: test.kind, Service: "minio", ServiceBy: test.by}); got != test.want {
			t.Errorf("%+v is %q", test, got)
		}
	}
	if got := serviceText(&record.Record{ServiceBy: record.ByCommon}); got != "" {
		t.Errorf("no service is %q", got)
	}
}

// TestGuessMarked: a guess has its mark wherever people read, and none in CSV, which has
// a column for who says so.
func TestGuessMarked(t *testing.T) {
	guess := &record.Record{Kind: record.KindSocket, Service: "minio", ServiceBy: record.ByCommon}
	for d, want := range map[detail]string{inTable: "minio?", inWide: "minio?", inCSV: "minio"} {
		for _, c := range columnsFor(record.KindSocket, d) {
			if c.name == "service" && c.text(guess) != want {
				t.Errorf("detail %d: %q, want %q", d, c.text(guess), want)
			}
		}
	}
}

// TestLowPort checks the words about a privileged port.
func TestLowPort(t *testing.T) {
	master := record.Process{PID: 8, User: "root"}
	worker := record.Process{PID: 9, User: "www-data", Parents: []record.Parent{{PID: 8}}}
	nameless := record.Process{PID: 10, UID: new(54321)}
	for _, test := range []struct {
		want    string
		flags   []string
		holders []record.Process
	}{
		{"low port: master root, workers www-data", []string{"needless-root"}, []record.Process{master, worker}},
		{"low port: root", []string{"needless-root"}, []record.Process{master}},
		{"low port: root", nil, []record.Process{master, {PID: 11, User: "root", Parents: []record.Parent{{PID: 8}}}}},
		{"low port: 54321", []string{"non-root"}, []record.Process{nameless}},
		{"low port: root and 54321", nil, []record.Process{master, nameless}},
		{"low port, free for every user", []string{"non-root", "lowered-start"}, []record.Process{nameless}},
		{"low port", nil, nil},
	} {
		r := record.Record{Privileged: new(true), Flags: test.flags, Processes: &test.holders}
		if got := note(&r); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	guess := record.Record{Kind: record.KindSocket, Service: "http-alt", ServiceBy: record.ByCommon, Plaintext: new(true)}
	if got := note(&guess); got != "plaintext?" {
		t.Errorf("a guess is %q", got)
	}
	tftp := record.Record{Kind: record.KindPort, Plaintext: new(true), Secure: "nothing: switch it off (RFC 1)"}
	if got := note(&tftp); got != "plaintext, switch it off" {
		t.Errorf("%q", got)
	}
}

// TestSameColumns checks that on a narrow terminal the columns go first that say the
// same in every row, and only there.
func TestSameColumns(t *testing.T) {
	rows := func(states ...string) (out []*record.Record) {
		for i, state := range states {
			out = append(out, &record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "127.0.0.1", Port: uint16(8000 + i), State: state, Service: "service", Exposure: "loopback", User: "root",
				NetNSName: "blue", Processes: &[]record.Process{{PID: 100 + i, Name: "a-server-with-a-name"}}})
		}
		return out
	}
	for _, test := range []struct {
		width    int
		states   []string
		there    string // words of the head, by blanks
		notThere string
	}{
		{200, []string{"listen", "listen"}, "STATE USER NETNS SERVICE EXPOSURE", ""},
		{80, []string{"listen", "listen"}, "STATE SERVICE EXPOSURE", "USER NETNS"},
		{70, []string{"listen", "listen"}, "SERVICE EXPOSURE", "USER NETNS STATE"},
		{80, []string{"listen", "bound"}, "STATE SERVICE EXPOSURE", "USER NETNS"},
		{200, []string{"listen"}, "STATE USER NETNS SERVICE EXPOSURE", ""},
	} {
		r := run{o: Options{Command: "list", Kind: record.KindSocket, Width: test.width}, records: rows(test.states...)}
		head, _, _ := strings.Cut(r.write(t, FormatTable), "\n")
		for word := range strings.FieldsSeq(test.there) {
			if !strings.Contains(head, word) {
				t.Errorf("%d columns, %q: no %s in %q", test.width, test.states, word, head)
			}
		}
		for word := range strings.FieldsSeq(test.notThere) {
			if strings.Contains(head, word) {
				t.Errorf("%d columns, %q: %s in %q", test.width, test.states, word, head)
			}
		}
	}
}

// TestSameColumnsForNotes checks that what says the same in every row goes before a
// note is cut, and that a note without room for some words goes as a whole.
func TestSameColumnsForNotes(t *testing.T) {
	rows := portRecords()[:2]
	o := Options{Command: "scan", Kind: record.KindPort}
	for _, test := range []struct {
		width int
		want  string
	}{
		{86, "HOST          PROTO  ADDRESS     PORT  STATE  SERVICE  CLASS       NOTE"},
		{80, "HOST          PROTO  ADDRESS     PORT  STATE  SERVICE  NOTE"},
		{60, "PROTO  ADDRESS     PORT  SERVICE  NOTE"},
		{40, "PROTO  ADDRESS     PORT  SERVICE"},
	} {
		o.Width = test.width
		got := render(t, o, FormatTable, rows)
		if head, _, _ := strings.Cut(got, "\n"); head != test.want {
			t.Errorf("%d columns: %q, not %q", test.width, head, test.want)
		}
		if strings.Contains(got, "…") {
			t.Errorf("%d columns: a text is cut:\n%s", test.width, got)
		}
	}
}

// TestWideIsBounded checks that one long argument does not pad every row.
func TestWideIsBounded(t *testing.T) {
	long := &record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "::", Port: 1, Processes: &[]record.Process{{PID: 1, Name: "x", Cmdline: []string{"x", strings.Repeat("a", 64<<10)}, Started: new(start())}}}
	short := &record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "::", Port: 2, Processes: &[]record.Process{{PID: 2, Name: "y", Started: new(start())}}}
	r := run{o: Options{Command: "list", Kind: record.KindSocket}, records: []*record.Record{long, short}}
	const most = 3 * 400
	if got := r.write(t, FormatWide); len(got) > most || !strings.Contains(got, "aaa…") {
		t.Errorf("%d bytes:\n%.2000s", len(got), got)
	}
}

// TestTableTree checks that sockets stand below the processes that hold them, that a
// process without one has a row without cells, and that a narrow terminal drops
// columns rather than the end of the tree.
func TestTableTree(t *testing.T) {
	systemd := record.Parent{PID: 1, Name: "systemd"}
	master := record.Process{PID: 900, Name: "nginx", Parents: []record.Parent{systemd}}
	worker := record.Process{PID: 901, Name: "nginx", Parents: []record.Parent{{PID: 900, Name: "nginx"}, systemd}}
	socket := func(port uint16, holders ...record.Process) *record.Record {
		return &record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "0.0.0.0", Port: port, State: "listen", Exposure: "all", User: "root", Processes: &holders}
	}
	rows := []*record.Record{socket(80, worker, master), socket(443, worker, master), socket(9000)}
	rows[2].Hidden = "permission"
	o := Options{Command: "list", Kind: record.KindSocket, Tree: true}
	const want = `PROCESS               PROTO  ADDRESS  PORT  STATE   EXPOSURE  USER
systemd (1)
└─ nginx (900)        tcp    0.0.0.0    80  listen  all       root
   │                  tcp    0.0.0.0   443  listen  all       root
   └─ nginx (901)
(hidden: permission)  tcp    0.0.0.0  9000  listen  all       root
`
	if got := render(t, o, FormatTable, rows); got != want {
		t.Errorf("got\n%s\nnot\n%s", got, want)
	}
	o.Width = 56
	if got := render(t, o, FormatTable, rows); !strings.Contains(got, "   └─ nginx (901)\n") || strings.Contains(got, "STATE") || !strings.Contains(got, "EXPOSURE") {
		t.Errorf("narrow:\n%s", got)
	}
	o.Columns = []string{"port", "process"}
	if got, want := render(t, o, FormatTable, rows[:1]), "PROCESS            PORT\nsystemd (1)\n└─ nginx (900)       80\n   └─ nginx (901)\n"; got != want {
		t.Errorf("columns:\n%s\nnot\n%s", got, want)
	}
}
