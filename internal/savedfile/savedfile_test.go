package savedfile

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"porthole/internal/record"
	"porthole/registry"
)

const (
	scanned = `{"kind":"port","proto":"tcp","addr":"192.0.2.1","port":22,"state":"open","reason":"syn-ack","service":"ssh","verified":{"outcome":"identified","service":"ssh","product":"OpenSSH","version":"9.2p1","transport":"plain"}}
{"kind":"port","proto":"tcp","addr":"192.0.2.1","port":80,"state":"open","reason":"syn-ack","service":"http"}
{"kind":"summary","command":"scan","complete":true}
`
	xmlScan = `<?xml version="1.0"?>
<nmaprun scanner="nmap" args="nmap -sV -oX - 192.0.2.1" start="1795974765" version="7.93" xmloutputversion="1.05">
<host><status state="up" reason="echo-reply"/><address addr="192.0.2.1" addrtype="ipv4"/><ports>
<port protocol="tcp" portid="22"><state state="open" reason="syn-ack"/><service name="ssh" product="OpenSSH" version="9.2p1 Debian 2" method="probed" conf="10"/></port>
<port protocol="tcp" portid="8080"><state state="open" reason="syn-ack"/></port>
</ports></host>
<runstats><finished time="1795974766" elapsed="0.12" exit="success"/><hosts up="1" down="0" total="1"/></runstats>
</nmaprun>
`
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRows: records come as they were written, those of XML with the user's own names.
func TestRows(t *testing.T) {
	services := new(registry.Registry)
	if err := services.Load(strings.NewReader("shop 8080/tcp\n"), "services"); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ text, want string }{
		"jsonl": {scanned, "tcp/192.0.2.1:22 ssh 9.2p1, tcp/192.0.2.1:80 http "},
		"xml":   {xmlScan, "tcp/192.0.2.1:22 ssh 9.2p1 Debian 2, tcp/192.0.2.1:8080 shop "},
	} {
		var got []string
		source, err := Rows(t.Context(), write(t, name, test.text), services, func(r *record.Record) error {
			version := ""
			if r.Verified != nil {
				version = r.Verified.Version
			}
			got = append(got, r.Endpoint()+" "+r.Service+" "+version)
			return nil
		})
		if text := strings.Join(got, ", "); err != nil || text != test.want || source.Summary == nil || !source.Summary.Complete {
			t.Errorf("%s: %q, %+v, %v; want %q", name, text, source, err, test.want)
		}
	}
	cut := write(t, "cut.xml", xmlScan[:len(xmlScan)/2])
	if source, err := Rows(t.Context(), cut, nil, func(*record.Record) error { return nil }); err == nil && source.Summary != nil && source.Summary.Complete {
		t.Error("half a file is a whole scan")
	} else if err != nil && !strings.Contains(err.Error(), cut) {
		t.Errorf("the error does not name the file: %v", err)
	}
}

// TestReadAgain: of a file, and of XML that is no file of records, the same record is
// had again, and the same text.
func TestReadAgain(t *testing.T) {
	for name, text := range map[string]string{"jsonl": scanned, "xml": xmlScan} {
		f, err := Open(t.Context(), write(t, name, text), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var places []int64
		var first []string
		if _, err := f.rows(func(r *record.Record, at int64) error {
			places, first = append(places, at), append(first, r.Endpoint())
			return nil
		}); err != nil || len(places) != 2 {
			t.Fatalf("%s: %d records, %v", name, len(places), err)
		}
		for i := len(places) - 1; i >= 0; i-- {
			if r, err := f.At(places[i]); err != nil || r.Endpoint() != first[i] {
				t.Errorf("%s: the record at %d is %s, %v; want %s", name, places[i], r.Endpoint(), err, first[i])
			}
		}
		again, err := io.ReadAll(f.Again())
		if err != nil || strings.Count(string(again), `"kind":"port"`) != 2 {
			t.Errorf("%s again: %q, %v", name, again, err)
		}
	}
}

// changes compares two files.
func changes(t *testing.T, old, new string) (list []string) {
	t.Helper()
	d := NewDifference(nil)
	defer d.Close()
	if err := d.Read(t.Context(), old, new); err != nil {
		t.Fatal(err)
	}
	if err := d.Changes(t.Context(), func(r *record.Record) error {
		list = append(list, r.Change.What+" "+r.Endpoint())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestDifference: between two runs of one program another version is a change; between
// porthole and nmap, who have other words for the same, it is not.
func TestDifference(t *testing.T) {
	ours, theirs := write(t, "a.jsonl", scanned), write(t, "b.xml", xmlScan)
	updated := write(t, "c.jsonl", strings.Replace(scanned, "9.2p1", "9.3p1", 1))
	for _, test := range []struct{ old, new, want string }{
		{ours, ours, ""},
		{ours, updated, "version tcp/192.0.2.1:22"},
		{ours, theirs, "closed tcp/192.0.2.1:80, opened tcp/192.0.2.1:8080"},
		{theirs, ours, "opened tcp/192.0.2.1:80, closed tcp/192.0.2.1:8080"},
		{theirs, theirs, ""},
	} {
		if got := strings.Join(changes(t, test.old, test.new), ", "); got != test.want {
			t.Errorf("%s to %s: %q, want %q", filepath.Base(test.old), filepath.Base(test.new), got, test.want)
		}
	}
}
