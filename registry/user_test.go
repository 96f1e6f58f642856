package registry

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

const services = `# our own ports

shop      7400/tcp   store web-shop   # The shop's front end
shop-bus  7400/udp
intra     8080/tcp
old-shop  7400/tcp   store
www       80/tcp
rtmp      1/ddp      # AppleTalk, as older services files have it
pay       7401/sctp` // the last line has no newline

func loaded(t testing.TB, text string) *Registry {
	t.Helper()
	var r Registry
	if err := r.Load(strings.NewReader(text), "services"); err != nil {
		t.Fatal(err)
	}
	return &r
}

func TestLoad(t *testing.T) {
	r := loaded(t, services)
	tests := []Service{
		{Port: 7400, Proto: "tcp", Source: SourceUser, Name: "shop", IANA: "rtps-discovery", Description: "The shop's front end"},
		{Port: 7400, Proto: "udp", Source: SourceUser, Name: "shop-bus", IANA: "rtps-discovery"},
		// Common is about the port; plaintext was about http-alt.
		{Port: 8080, Proto: "tcp", Source: SourceUser, Name: "intra", IANA: "http-alt", Common: true},
		// One of IANA's names for 80, so that is the registration that counts.
		{Port: 80, Proto: "tcp", Source: SourceUser, Name: "www", IANA: "www", Common: true},
		{Port: 7401, Proto: "sctp", Source: SourceUser, Name: "pay"},
		{Port: 1, Proto: "tcp", Source: SourceIANA, Name: "tcpmux", IANA: "tcpmux", Description: "TCP Port Service Multiplexer"},
	}
	for _, want := range tests {
		got, ok := r.Lookup(want.Proto, want.Port)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("Lookup(%q, %d): %v (-want +got):\n%s", want.Proto, want.Port, ok, diff)
		}
	}
	checkTable(t, r.user)
	for _, name := range []string{"shop", "store", "web-shop", "old-shop"} {
		if got, err := r.ParsePorts(name); err != nil || got.String() != "T:7400" {
			t.Errorf("ParsePorts(%q) = %q, %v", name, got, err)
		}
	}
	if got := r.Suggest("shopbus"); got != "shop-bus" {
		t.Errorf("Suggest does not know the user's names: %q", got)
	}
}

func TestLoadTwice(t *testing.T) {
	r := loaded(t, "first 7400/tcp\n")
	if err := r.Load(strings.NewReader("second 7400/tcp # later\nthird 7399/tcp\n"), "more"); err != nil {
		t.Fatal(err)
	}
	checkTable(t, r.user)
	if got, _ := r.Lookup("tcp", 7400); got.Name != "first" || got.Description != "later" {
		t.Errorf("7400 is %+v", got)
	}
	if got, _ := r.Lookup("tcp", 7399); got.Name != "third" {
		t.Errorf("7399 is %+v", got)
	}
	if got, err := r.ParsePorts("second"); err != nil || got.String() != "T:7400" {
		t.Errorf("second is %q, %v", got, err)
	}
}

func TestLoadErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"shop", `services:1: "shop" has no port: want name port/protocol, as in myapp 8080/tcp`},
		{"\n\nshop 7400", `services:3: bad port "7400": want port/protocol, as in 8080/tcp`},
		{"shop 0/tcp", `services:1: bad port "0": want 1 to 65535`},
		{"shop 65536/tcp", `services:1: bad port "65536": want 1 to 65535`},
		{"shop -1/tcp", `services:1: bad port "-1": want 1 to 65535`},
		{"shop 7400/tpc", `services:1: unknown protocol "tpc": want tcp, udp, sctp or dccp`},
		{"7400 7400/tcp", `services:1: bad name "7400": want at least one letter`},
		{"a,b 7400/tcp", `services:1: bad name "a,b": commas, colons, and * ? [ have a meaning in port expressions`},
		{"shop 7400/tcp Common", `services:1: bad name "Common": it names a set in port expressions`},
		{"sh\x1bop 7400/tcp", `services:1: bad name "sh\x1bop": want printable characters`},
		{"ok 1/tcp\n" + strings.Repeat("x", 70000), `services:2: the line is longer than 65536 bytes`},
	}
	for _, tt := range tests {
		r := loaded(t, "before 7500/tcp")
		before := r.user
		err := r.Load(strings.NewReader(tt.text), "services")
		if err == nil || err.Error() != tt.want {
			t.Errorf("Load(%.40q):\n got %v\nwant %s", tt.text, err, tt.want)
		}
		if r.user != before {
			t.Errorf("Load(%.40q) failed and changed the registry", tt.text)
		}
	}
}

func TestLoadReadError(t *testing.T) {
	broken := errors.New("broken")
	var r Registry
	err := r.Load(io.MultiReader(strings.NewReader("ok 1/tcp\n"), iotest.ErrReader(broken)), "services")
	if !errors.Is(err, broken) || r.user != "" {
		t.Errorf("error = %v, table = %q", err, r.user)
	}
}

func TestUserServicesFile(t *testing.T) {
	env := map[string]string{userServices: "/named"}
	name, named := userServicesFile(func(key string) string { return env[key] })
	if name != "/named" || !named {
		t.Errorf("with the variable: %q, %v", name, named)
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		t.Skip("no configuration folder here:", err)
	}
	name, named = userServicesFile(func(string) string { return "" })
	if want := filepath.Join(dir, "porthole", "services"); name != want || named {
		t.Errorf("without the variable: %q, %v, want %q", name, named, want)
	}
}

func TestLoadUser(t *testing.T) {
	home := t.TempDir()
	for _, key := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} { // one of these is os.UserConfigDir's
		t.Setenv(key, home)
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	var r Registry
	unset := func(string) string { return "" }
	if err := r.LoadUser(unset); err != nil {
		t.Errorf("no file: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "porthole"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "porthole", "services")
	if err := os.WriteFile(file, []byte(services), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.LoadUser(unset); err != nil {
		t.Error(err)
	}
	if got, _ := r.Lookup("tcp", 7400); got.Name != "shop" {
		t.Errorf("7400 is %q", got.Name)
	}
	missing := func(string) string { return filepath.Join(home, "missing") }
	if err := r.LoadUser(missing); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "$PORTHOLE_SERVICES: ") {
		t.Errorf("a named file that is missing: %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(services)
	for _, text := range []string{"", "#", "a 1/tcp", "a 1/tcp\na 1/udp b\nc 1/tcp a", "a 1/ddp", "a\t1/dccp # b\tc", "a 65535/tcp\nb 1/tcp\r\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r Registry
		if err := r.Load(strings.NewReader(text), "services"); err != nil {
			if !strings.HasPrefix(err.Error(), "services:") || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("error %q", err)
			}
			return
		}
		last := 0
		for row := range r.user.rows() {
			if int(row.First) < last || row.name == "" {
				t.Fatalf("%q: row %s is not above %d", text, row, last)
			}
			last = int(row.First)
			for p := range protocols {
				if !row.protos.has(p) {
					continue
				}
				if s, ok := r.Lookup(p.String(), row.First); !ok || s.Name != row.name {
					t.Fatalf("%q: %d/%s is %+v, not %q", text, row.First, p, s, row.name)
				}
			}
			for name := range row.names() {
				if !r.matching(name).contains(tcp, row.First) && row.protos.has(tcp) {
					t.Fatalf("%q: %q is not found", text, name)
				}
			}
		}
	})
}
