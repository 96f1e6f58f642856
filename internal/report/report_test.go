package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-runewidth"

	"porthole/internal/record"
)

func portRecords() []*record.Record {
	at := new(time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC))
	return []*record.Record{
		{Kind: record.KindPort, Host: "example.test", Proto: "tcp", Addr: "198.18.0.7", Port: 443, State: "open", Reason: "syn-ack", RTT: new(11.8), Attempts: 1, Service: "https", Class: "well-known", At: at},
		{Kind: record.KindPort, Host: "example.test", Proto: "tcp", Addr: "198.18.0.7", Port: 23, State: "open", Reason: "syn-ack", RTT: new(12.25), Attempts: 2, Service: "telnet", Class: "well-known", Plaintext: new(true), Secure: "ssh (RFC 4251)", At: at},
		{Kind: record.KindPort, Host: "example.test", Proto: "tcp", Addr: "198.18.0.7", Port: 8080, State: "filtered", Reason: "no-response", Attempts: 2, Service: "http-alt", Class: "registered", At: at},
	}
}

func socketRecords() []*record.Record {
	return []*record.Record{
		{Kind: record.KindSocket, Proto: "tcp", Addr: "0.0.0.0", Port: 22, State: "listen", Service: "ssh", Class: "well-known", Privileged: new(true), Exposure: "all", UID: new(0), User: "root", Inode: 4711,
			Processes: &[]record.Process{{PID: 812, Name: "sshd", Exe: "/usr/sbin/sshd", Cmdline: []string{"sshd", "-D"}, User: "root", UID: new(0)}}},
		{Kind: record.KindSocket, Proto: "tcp", Addr: "127.0.0.1", Port: 8080, State: "listen", Class: "registered", Privileged: new(false), Exposure: "loopback", UID: new(33),
			Processes: &[]record.Process{{PID: 5, Name: "日本語サーバ"}, {PID: 6, Name: "日本語サーバ"}, {PID: 7, Name: "日本語サーバ"}, {PID: 8, Name: "日本語サーバ"}, {PID: 9, Name: "w"}}},
		{Kind: record.KindSocket, Proto: "udp", Addr: "::", Port: 5353, State: "bound", Class: "registered", Privileged: new(false), Exposure: "all", UID: new(105), Processes: &[]record.Process{}, Hidden: "permission"},
		{Kind: record.KindSocket, Proto: "udp", Addr: "::", Port: 5354, State: "bound", Class: "registered", Privileged: new(false), Exposure: "all",
			Processes: &[]record.Process{{PID: 66, Name: "evil\x1b[31m\nroot 1 sshd", Cmdline: []string{"\u202etfel\U000e0041", "<&>"}}}},
	}
}

// render writes records through one format.
func render(t *testing.T, o Options, f Format, records []*record.Record) string {
	t.Helper()
	var buf bytes.Buffer
	out, err := Open(t.Context(), []Spec{{Format: f}}, &buf, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := out.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	sum := &record.Summary{Kind: "summary", Command: o.Command, Complete: true, ScanCounts: &record.ScanCounts{Targets: 1, Probes: 100, Open: 2, Closed: 97, Filtered: 1}, Elapsed: 212.4}
	if err := out.Close(sum); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestTables(t *testing.T) {
	scan := Options{Command: "scan", Kind: record.KindPort}
	list := Options{Command: "list", Kind: record.KindSocket}
	narrow := func(width int) Options { return Options{Command: "list", Kind: record.KindSocket, Width: width} }
	for _, test := range []struct {
		name    string
		o       Options
		f       Format
		records []*record.Record
		want    string
	}{
		{"scan", scan, FormatTable, portRecords(), `
HOST          PROTO  ADDRESS     PORT  STATE     SERVICE   CLASS       NOTE
example.test  tcp    198.18.0.7    23  open      telnet    well-known  plaintext, use ssh
example.test  tcp    198.18.0.7   443  open      https     well-known
example.test  tcp    198.18.0.7  8080  filtered  http-alt  registered
`},
		{"scan wide", scan, FormatWide, portRecords(), `
HOST          PROTO  ADDRESS     PORT  STATE     REASON       RTT MS  TRIES  SERVICE   CLASS       NOTE
example.test  tcp    198.18.0.7    23  open      syn-ack      12.250      2  telnet    well-known  plaintext, use ssh
example.test  tcp    198.18.0.7   443  open      syn-ack      11.800      1  https     well-known
example.test  tcp    198.18.0.7  8080  filtered  no-response              2  http-alt  registered
`},
		{"list", list, FormatTable, socketRecords(), `
PROTO  ADDRESS    PORT  STATE   SERVICE  EXPOSURE  USER  PROCESS                             NOTE
tcp    0.0.0.0      22  listen  ssh      all       root  sshd (812)                          low port: root
tcp    127.0.0.1  8080  listen           loopback  33    日本語サーバ ×4: 5, 6, 7, …, w (9)
udp    ::         5353  bound            all       105   (hidden: permission)
udp    ::         5354  bound            all             evil\x1b[31m\nroot 1 sshd (66)
`},
		{"list on a narrow terminal", narrow(68), FormatTable, socketRecords(), `
PROTO  ADDRESS    PORT  SERVICE  EXPOSURE  PROCESS
tcp    0.0.0.0      22  ssh      all       sshd (812)
tcp    127.0.0.1  8080           loopback  日本語サーバ ×4: 5, 6, 7…
udp    ::         5353           all       (hidden: permission)
udp    ::         5354           all       evil\x1b[31m\nroot 1 ssh…
`},
		{"list on a narrower one", narrow(50), FormatTable, socketRecords(), `
PROTO  ADDRESS    PORT  PROCESS
tcp    0.0.0.0      22  sshd (812)
tcp    127.0.0.1  8080  日本語サーバ ×4: 5, 6, 7,…
udp    ::         5353  (hidden: permission)
udp    ::         5354  evil\x1b[31m\nroot 1 sshd…
`},
		{"nothing", scan, FormatTable, nil, "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := "\n" + render(t, test.o, test.f, test.records)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestColour checks that colour changes nothing else.
// TestASCII holds that what people read is ASCII in a locale that is not UTF-8, and
// fits the terminal, and that the formats for programs stay UTF-8.
func TestASCII(t *testing.T) {
	foreign := socketRecords()
	for i, r := range foreign {
		holders := []record.Process{{PID: 7, Name: "日本語サーバー"}}
		for pid := range i * 5 {
			holders = append(holders, record.Process{PID: 100 + pid, Name: "nginx", Parents: []record.Parent{{PID: 7, Name: "日本語サーバー"}}})
		}
		r.Processes = &holders
	}
	findings := auditRun()
	findings.records[0].Finding.Evidence += "; held by /opt/日本"
	explained := explainRun()
	explained.records[0].Explanation.Card[0].Lines[0] += " …日本"
	for _, test := range []struct {
		o       Options
		f       Format
		records []*record.Record
	}{
		{Options{Command: "list", Kind: record.KindSocket}, FormatTable, foreign},
		{Options{Command: "list", Kind: record.KindSocket}, FormatWide, foreign},
		{Options{Command: "list", Kind: record.KindSocket, Tree: true}, FormatTable, foreign},
		{findings.o, FormatTable, findings.records},
		{explained.o, FormatTable, explained.records},
	} {
		for _, width := range []int{0, 40, 72} {
			test.o.Width, test.o.ASCII, test.o.Verbose = width, true, true
			got := render(t, test.o, test.f, test.records)
			if i := strings.IndexFunc(got, func(r rune) bool { return r > unicode.MaxASCII }); i >= 0 {
				t.Errorf("%s %s in %d columns has %.20q:\n%s", test.o.Command, test.f, width, got[i:], got)
			}
			if !strings.Contains(got, `\u65e5`) && width == 0 {
				t.Errorf("%s %s lost the name:\n%s", test.o.Command, test.f, got)
			}
			for line := range strings.Lines(got) {
				if width > 0 && len(strings.TrimSuffix(line, "\n")) > width && test.o.Kind == record.KindSocket {
					t.Errorf("wider than %d: %q", width, line)
				}
			}
		}
	}
	for _, f := range []Format{FormatJSON, FormatCSV, FormatMarkdown, FormatHTML} {
		if got := render(t, Options{Command: "list", Kind: record.KindSocket, ASCII: true}, f, foreign); !strings.Contains(got, "日本語") {
			t.Errorf("%s:\n%s", f, got)
		}
	}
}

func TestColour(t *testing.T) {
	o := Options{Command: "list", Kind: record.KindSocket, Color: true}
	coloured := render(t, o, FormatTable, socketRecords())
	if !strings.Contains(coloured, "\x1b[32mlisten") {
		t.Errorf("an open state is not green:\n%q", coloured)
	}
	o.Color = false
	if got, want := stripSGR(coloured), render(t, o, FormatTable, socketRecords()); got != want {
		t.Errorf("without its colours the table reads\n%s\nnot\n%s", got, want)
	}
}

// TestNarrowColour checks that a cut line has the width of the terminal, not
// counting colours, and leaves no colour on.
func TestNarrowColour(t *testing.T) {
	for width := 1; width < 110; width++ {
		o := Options{Command: "list", Kind: record.KindSocket, Color: true, Width: width}
		for line := range strings.Lines(render(t, o, FormatTable, socketRecords())) {
			line = strings.TrimSuffix(line, "\n")
			if w := runewidth.StringWidth(stripSGR(line)); w > width {
				t.Errorf("at %d columns a line has %d: %q", width, w, line)
			}
			if at := strings.LastIndex(line, "\x1b["); at >= 0 && !strings.HasPrefix(line[at:], "\x1b[0") && !strings.HasPrefix(line[at:], "\x1b[22m") {
				t.Errorf("at %d columns a colour stays on: %q", width, line)
			}
		}
	}
}

// stripSGR removes the colour sequences that fatih/color writes.
func stripSGR(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, s, _ = strings.Cut(rest, "m")
	}
}

func TestJSON(t *testing.T) {
	got := render(t, Options{Command: "scan", Kind: record.KindPort}, FormatJSON, portRecords()[:1])
	want := `{"schema":"porthole/1.1","command":"scan","records":[
{"kind":"port","host":"example.test","proto":"tcp","addr":"198.18.0.7","port":443,"state":"open","reason":"syn-ack","rtt_ms":11.8,"attempts":1,"service":"https","class":"well-known","at":"2026-11-23T07:00:00Z"}
],"summary":{"kind":"summary","command":"scan","complete":true,"targets":1,"down":0,"probes":100,"open":2,"closed":97,"filtered":1,"open_filtered":0,"middlebox_ports":0,"unknown":0,"unresolved":0,"elapsed_ms":212.4}}
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestJSONWhole checks that both JSON formats are valid for any number of records,
// and carry strings from outside unchanged.
func TestJSONWhole(t *testing.T) {
	for n := range len(socketRecords()) + 1 {
		records := socketRecords()[:n]
		var doc struct{ Records []record.Record }
		if err := json.Unmarshal([]byte(render(t, Options{Command: "list", Kind: record.KindSocket}, FormatJSON, records)), &doc); err != nil {
			t.Fatalf("%d records: %v", n, err)
		}
		if len(doc.Records) != n {
			t.Errorf("%d records came back as %d", n, len(doc.Records))
		}
		lines := strings.Split(strings.TrimSpace(render(t, Options{}, FormatJSONL, records)), "\n")
		if len(lines) != n+1 {
			t.Fatalf("%d records make %d lines, not one each and the summary", n, len(lines))
		}
		for i, line := range lines[:n] {
			if at := strings.IndexFunc(line, hostile); at >= 0 {
				t.Errorf("%q lets a raw %q through", line, line[at:])
			}
			var r record.Record
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(records[i], &r); diff != "" {
				t.Errorf("record %d (-wrote +read):\n%s", i, diff)
			}
		}
	}
}

func TestCSV(t *testing.T) {
	records := socketRecords()
	(*records[0].Processes)[0].Name = "=cmd()"
	rows, err := csv.NewReader(strings.NewReader(render(t, Options{Kind: record.KindSocket}, FormatCSV, records))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cell := func(row int, name string) string {
		for i, header := range rows[0] {
			if header == name {
				return rows[row][i]
			}
		}
		t.Fatalf("no column %q in %q", name, rows[0])
		return ""
	}
	for _, test := range []struct {
		row        int
		name, want string
	}{
		{1, "port", "22"},
		{1, "privileged", "true"},
		{1, "process", "'=cmd() (812)"},
		{2, "pid", "5; 6; 7; 8; 9"},
		{3, "hidden", "permission"},
		{3, "uid", "105"},
		{4, "uid", ""},
		{4, "process", `evil\x1b[31m\nroot 1 sshd (66)`},
	} {
		if got := cell(test.row, test.name); got != test.want {
			t.Errorf("row %d %s is %q, want %q", test.row, test.name, got, test.want)
		}
	}
}

func TestParseSpec(t *testing.T) {
	for _, test := range []struct{ in, want, err string }{
		{"json", "json ", ""},
		{"jsonl=a=b", "jsonl a=b", ""},
		{"csv=", "", `output: "csv=" names no file; write csv=FILE`},
		{"json,csv", "", `output: "json,csv" is several formats; write -o for each, and files for all but one: -o json=FILE -o csv`},
		{"yaml", "", `output: unknown format "yaml"; the formats are table, wide, json, jsonl, csv, html, xml, grep, prometheus, markdown, sarif, junit, hostport`},
	} {
		got, err := ParseSpec(test.in)
		switch {
		case test.err != "" && (err == nil || err.Error() != test.err):
			t.Errorf("ParseSpec(%q) error %v, want %s", test.in, err, test.err)
		case test.err == "" && string(got.Format)+" "+got.File != test.want:
			t.Errorf("ParseSpec(%q) = %+v, want %s", test.in, got, test.want)
		}
	}
}

// TestFor checks that the error for a format that a command does not have says what
// to write instead.
func TestFor(t *testing.T) {
	for _, test := range []struct {
		f       Format
		command string
		want    string
	}{
		{FormatJSON, "lookup", ""},
		{FormatHTML, "list", ""},
		{FormatXML, "scan", ""},
		{FormatPrometheus, "list", ""},
		{FormatXML, "list", "output: xml is for scan, merge; the formats of list are table, wide, json, jsonl, csv, html, prometheus, markdown, hostport"},
		{FormatGrep, "lookup", "output: grep is for scan, merge; the formats of lookup are table, wide, json, jsonl, csv, html, markdown"},
		{FormatPrometheus, "scan", "output: prometheus is for list; the formats of scan are table, wide, json, jsonl, csv, html, xml, grep, markdown, hostport"},
	} {
		got := ""
		if err := (Spec{Format: test.f}).For(test.command); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s for %s: %q, want %q", test.f, test.command, got, test.want)
		}
		if _, err := Open(t.Context(), []Spec{{Format: test.f}}, &bytes.Buffer{}, Options{Command: test.command}); (err != nil) != (test.want != "") {
			t.Errorf("%s for %s opened with %v", test.f, test.command, err)
		}
	}
}

func TestOneStandardOutput(t *testing.T) {
	if _, err := Open(t.Context(), []Spec{{Format: FormatJSON}, {Format: FormatTable}}, &bytes.Buffer{}, Options{}); err == nil {
		t.Error("two formats on standard output were accepted")
	}
}

// TestFiles checks that a file appears complete, under its name, and no other file.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "scan.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := Open(t.Context(), []Spec{{FormatJSON, path}, {FormatCSV, os.DevNull}}, &bytes.Buffer{}, Options{Command: "scan", Kind: record.KindPort})
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Write(portRecords()[0]); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); string(b) != "old" {
		t.Errorf("the file changed before it was whole: %q", b)
	}
	if err := out.Close(&record.Summary{}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !json.Valid(b) {
		t.Errorf("%v: %q", err, b)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files are left, not one", len(left))
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("the null device was replaced: %v %v", info, err)
	}
}

// full is a device without room.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestFullDisk(t *testing.T) {
	for _, f := range Formats() {
		o, rec := Options{Command: "scan", Kind: record.KindPort}, portRecords()[0]
		if f == FormatPrometheus {
			o, rec = Options{Command: "list", Kind: record.KindSocket}, socketRecords()[0]
		}
		if f == FormatSARIF || f == FormatJUnit {
			o, rec = auditRun().o, auditRun().records[0]
		}
		out, err := Open(t.Context(), []Spec{{Format: f}}, full{}, o)
		if err != nil {
			t.Fatal(err)
		}
		err = out.Write(rec)
		if cerr := out.Close(&record.Summary{}); err == nil {
			err = cerr
		}
		if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "standard output") {
			t.Errorf("%s on a full device ended with %v", f, err)
		}
	}
}
