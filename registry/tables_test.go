package registry

import (
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// builtin are the embedded tables by file name.
func builtin() map[string]table {
	return map[string]table{"iana.tsv": ianaTable, "curated.tsv": curatedTable}
}

func TestTablesAreWellFormed(t *testing.T) {
	for file, tab := range builtin() {
		t.Run(file, func(t *testing.T) { checkTable(t, tab) })
	}
}

// checkTable checks all that table promises and the searches rely on.
func checkTable(t *testing.T, tab table) {
	t.Helper()
	last, seen := Range{}, protocolSet(0)
	header := true
	for line := range strings.Lines(string(tab)) {
		text := strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(text, "#") {
			if !header {
				t.Errorf("comment amid the rows: %s", text)
			}
			continue
		}
		header = false
		r, _ := table(line).rowAt(0)
		if r.String() != text || !utf8.ValidString(text) || !strings.HasSuffix(line, "\n") {
			t.Errorf("row reads as %q: %q", r, line)
		}
		if r.name == "" || r.protos == 0 || r.Last < r.First {
			t.Errorf("row without ports, protocols or a name: %q", line)
		}
		switch {
		case r.Range != last && r.First <= last.Last:
			t.Errorf("row is not above %s: %q", last, line)
		case r.Range == last && r.protos&seen != 0:
			t.Errorf("second row for the same port and protocol: %q", line)
		case r.Range != last:
			last, seen = r.Range, 0
		}
		seen |= r.protos
	}
}

func TestCuratedTable(t *testing.T) {
	ranks := make(map[protocolSet][]int)
	plaintext := 0
	for row := range curatedTable.rows() {
		if row.description == "" {
			t.Errorf("%s %s has no description", row.Range, row.name)
		}
		if row.secure != "" {
			plaintext++
			if !strings.HasSuffix(row.secure, ")") {
				t.Errorf("%s %s: %q cites nothing", row.Range, row.name, row.secure)
			}
		}
		if row.rank == "" {
			continue
		}
		rank, err := strconv.Atoi(row.rank)
		if err != nil || row.First != row.Last || row.protos != setOf(tcp) && row.protos != setOf(udp) {
			t.Errorf("a rank is a number for one port of tcp or udp: %s", row)
		}
		ranks[row.protos] = append(ranks[row.protos], rank)
	}
	for protos, want := range map[protocolSet]int{setOf(tcp): 100, setOf(udp): 40} {
		got := ranks[protos]
		slices.Sort(got)
		for i, rank := range got {
			if rank != i+1 {
				t.Errorf("%s: the ranks miss or repeat %d", protos.words(), i+1)
				break
			}
		}
		if len(got) != want {
			t.Errorf("%s has %d common ports, want %d", protos.words(), len(got), want)
		}
	}
	if plaintext < 25 {
		t.Errorf("%d plaintext rows", plaintext)
	}
}

// Secure names a service that is no plaintext protocol itself.
func TestSecureIsNotPlaintext(t *testing.T) {
	for row := range curatedTable.rows() {
		_, port, ok := strings.Cut(row.secure, " on ")
		if !ok {
			continue
		}
		port = port[:strings.IndexAny(port, " ,")]
		var r Registry
		for s := range r.Services(parse(t, port)) {
			if s.Plaintext {
				t.Errorf("%s is told to use %q, which is plaintext", row.name, row.secure)
			}
		}
	}
}

// IANA's registry is the oracle of the generated table. It is too large to keep
// here and changes each week, so the test runs where PORTHOLE_IANA_CSV names a
// copy of service-names-port-numbers.csv.
func TestIANARegistry(t *testing.T) {
	file := os.Getenv("PORTHOLE_IANA_CSV")
	if file == "" {
		t.Skip("PORTHOLE_IANA_CSV does not name a copy of IANA's service-names-port-numbers.csv")
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	registered := make(map[string][]string) // the names by port/protocol
	for _, record := range records[1:] {
		name, ports, proto := record[0], record[1], record[2]
		if name == "" || ports == "" {
			continue
		}
		for port := range parse(t, ports).All("tcp") {
			for proto := range strings.FieldsSeq(proto + map[bool]string{true: "tcp udp"}[proto == ""]) {
				key := fmt.Sprintf("%d/%s", port, proto)
				registered[key] = append(registered[key], name)
			}
		}
	}
	var r Registry
	for key, names := range registered {
		number, proto, _ := strings.Cut(key, "/")
		port, _ := parsePort(number)
		got, _ := r.Lookup(proto, port)
		if !slices.Contains(names, got.IANA) {
			t.Errorf("%s is %q, not one of %q", key, got.IANA, names)
		}
		p, _ := parseProtocol(proto)
		row, _ := ianaTable.findAt(ianaTable.seek(port), p, port)
		for _, name := range names {
			if !row.has(name) {
				t.Errorf("%s is not found by its name %q", key, name)
			}
		}
		checked++
	}
	if checked < 10000 {
		t.Errorf("only %d ports checked: is %s the whole registry?", checked, file)
	}
}
