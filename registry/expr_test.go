package registry

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
)

func TestParsePorts(t *testing.T) {
	tests := []struct {
		expr   string
		protos string
		want   string
	}{
		{"22", "", "T:22,U:22"},
		{"22", "tcp", "T:22"},
		{"22,80,8000-9000", "tcp", "T:22,80,8000-9000"},
		{"-", "tcp", "T:1-65535"},
		{"all", "udp", "U:1-65535"},
		{"-1023", "tcp", "T:1-1023"},
		{"60000-", "tcp", "T:60000-65535"},
		{"0", "tcp", "T:0"},
		{"0-65535", "tcp", "T:0-65535"},
		{"well-known", "tcp", "T:0-1023"},
		{"registered", "tcp", "T:1024-49151"},
		{"Dynamic", "tcp", "T:49152-65535"},
		{"https", "", "T:443,U:443"},
		{"HTTPS", "tcp", "T:443"},
		{"www-http", "tcp", "T:80"},
		{"shilp,urd", "tcp", "T:465,2049"},
		{"ms-sql-s", "tcp", "T:1433"},
		{"prometheus", "tcp", "T:9090"},
		{"websm", "tcp", "T:9090"},
		{"wireguard", "", "U:51820"},
		{"vrml-multi-use", "tcp", "T:4200-4299"},
		{"914c/g", "tcp", "T:211"},
		{"sql*net", "tcp", "T:66,150"}, // a name of IANA's that is also a glob
		{"914c?g", "tcp", "T:211"},
		{"elastic*", "tcp", "T:9200,9300"},
		{"[g]opher", "tcp", "T:70"},
		{"U:53", "tcp", "U:53"},
		{"22,T:23,U:53,69,t:80", "tcp,udp", "T:22-23,80,U:22,53,69"},
		{"S:9,D:9", "", "S:9,D:9"},
		{" T: 22 ,\t80 , U:\u00a053", "", "T:22,80,U:53"},
		{"top:3", "tcp", "T:22,80,443"},
		{"T:top:1,U:TOP:1", "", "T:443,U:53"},
		{"0022", "tcp", "T:22"},
	}
	for _, tt := range tests {
		var protos []string
		if tt.protos != "" {
			protos = strings.Split(tt.protos, ",")
		}
		var r *Registry // nil works too
		got, err := r.ParsePorts(tt.expr, protos...)
		if err != nil {
			t.Errorf("ParsePorts(%q): %v", tt.expr, err)
		} else if got.String() != tt.want {
			t.Errorf("ParsePorts(%q, %s) = %q, want %q", tt.expr, tt.protos, got, tt.want)
		}
	}
}

func TestParsePortsErrors(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"90-80", `bad range "90-80" at column 1: the first port is above the last`},
		{"22,90-80", `bad range "90-80" at column 4: the first port is above the last`},
		{"gopher, é,1", `unknown service "é" at column 9: no service has this name; try part of it, as in *sql*`},
		{"é,90-80", `unknown service "é" at column 1: no service has this name; try part of it, as in *sql*`},
		{"-0", `bad range "-0" at column 1: the first port is above the last`},
		{"22,:80", `bad port ":80" at column 4: write 80, without the colon`},
		{"65536", `bad port "65536" at column 1: the highest port is 65535`},
		{"1-99999999999999999999", `bad range "1-99999999999999999999" at column 1: the highest port is 65535`},
		{"80--90", `bad range "80--90" at column 1: want ports such as 22 or 8000-9000, separated by commas`},
		{"22 80", `bad port "22 80" at column 1: want ports such as 22 or 8000-9000, separated by commas`},
		{"", `empty item at column 1: want a port, a range, a service or a set such as common`},
		{"22,,80", `empty item at column 4: want a port, a range, a service or a set such as common`},
		{"22, ", `empty item at column 5: want a port, a range, a service or a set such as common`},
		{"22,T:", `empty item at column 6: want a port, a range, a service or a set such as common`},
		{"22,T: 90-80", `bad range "90-80" at column 7: the first port is above the last`},
		{"X:22", `unknown prefix "X:22" at column 1: want T:, U:, S: or D: for tcp, udp, sctp or dccp`},
		{"T:U:53", `second prefix "U:53" at column 3: write the port once for each protocol, as in T:53,U:53`},
		{"htps", `unknown service "htps" at column 1: did you mean "https"?`},
		{"comon", `unknown service "comon" at column 1: did you mean "common"?`},
		{"22/TCP", `unknown service "22/TCP" at column 1: write T:22`},
		{"udp:53", `unknown service "udp:53" at column 1: write U:53`},
		{"T:wireguard", `no tcp service "wireguard" at column 3: only udp: write U:wireguard`},
		{"D:https", `no dccp service "https" at column 3: only tcp and udp and sctp: write T:https,U:https,S:https`},
		{"T:wireg*", `no tcp service "wireg*" at column 3: only udp: write U:wireg*`},
		{"zzzz*", `bad pattern "zzzz*" at column 1: no service matches`},
		{"http[", `bad pattern "http[" at column 1: want *, ? or a closed [a-z] in a service name`},
		{"top:0", `bad set "top:0" at column 1: want top:1 to top:1000`},
		{"top:1001", `bad set "top:1001" at column 1: want top:1 to top:1000`},
		{"top:x", `bad set "top:x" at column 1: want top:1 to top:1000`},
		{"S:common", `empty set "common" at column 3: there is no list of common ports for sctp`},
		{"\x1b[2J*", `bad pattern "\x1b[2J*" at column 1: want *, ? or a closed [a-z] in a service name`},
	}
	for _, tt := range tests {
		var r Registry
		got, err := r.ParsePorts(tt.expr)
		var mistake *PortError
		if !errors.As(err, &mistake) {
			t.Errorf("ParsePorts(%q) = %q, %v, want a PortError", tt.expr, got, err)
			continue
		}
		if err.Error() != "ports: "+tt.want {
			t.Errorf("ParsePorts(%q):\n got %s\nwant ports: %s", tt.expr, err, tt.want)
		}
		if mistake.Expr != tt.expr || !got.Empty() {
			t.Errorf("ParsePorts(%q): Expr = %q, ports = %q", tt.expr, mistake.Expr, got)
		}
	}
}

func TestParsePortsUnknownProtocol(t *testing.T) {
	var r Registry
	_, err := r.ParsePorts("22", "icmp")
	if want := `ports: unknown protocol "icmp": want tcp, udp, sctp or dccp`; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

// Every name in the tables can be written in a port expression and is read as
// a name there.
func TestEveryNameIsAnItem(t *testing.T) {
	var r Registry
	for name := range r.allNames() {
		switch {
		case strings.Contains(name, ","), hasPrefix(name), strings.HasPrefix(name, "top:"), isSet(strings.ToLower(name)):
			t.Errorf("%q reads as something else", name)
		case !strings.ContainsFunc(name, unicode.IsLetter):
			t.Errorf("%q reads as a port", name)
		case !matcher(name)(name):
			t.Errorf("%q does not match itself", name)
		}
	}
}

func FuzzParsePorts(f *testing.F) {
	for _, expr := range []string{
		"22", "22,80,8000-9000", "-", "all", "-1023", "60000-", "https", "http*", "T:22,U:53", "common", "top:200",
		"well-known", "registered", "dynamic", "0", "22,90-80", " 22 , 80", "S:9,D:9", "T:U:1", "é,1", "ms-sql-s",
		"[", "\\", "22/tcp", "tcp:22", "65536", "top:", "\xff,2", "t:,",
	} {
		f.Add(expr, uint8(3))
	}
	var r Registry
	f.Fuzz(func(t *testing.T, expr string, which uint8) {
		if strings.Count(expr, ",") > 20 {
			t.Skip("each name costs a walk of the tables")
		}
		var protos []string
		for p := range protocols {
			if protocolSet(which).has(p) {
				protos = append(protos, p.String())
			}
		}
		ports, err := r.ParsePorts(expr, protos...)
		var mistake *PortError
		if errors.As(err, &mistake) {
			checkPortError(t, expr, mistake)
			return
		}
		if err != nil {
			t.Fatalf("%q: %v is not a PortError", expr, err)
		}
		if ports.Empty() {
			t.Fatalf("%q gives the empty set", expr)
		}
		again, err := r.ParsePorts(ports.String(), "dccp")
		if err != nil {
			t.Fatalf("%q prints as %q: %v", expr, ports, err)
		}
		if !again.Equal(ports) {
			t.Fatalf("%q prints as %q, which is %q", expr, ports, again)
		}
	})
}

// checkPortError checks that the column is where the item begins.
func checkPortError(t *testing.T, expr string, mistake *PortError) {
	t.Helper()
	chars := make([]int, 0, len(expr)+1) // the offset of each character
	for i := range expr {
		chars = append(chars, i)
	}
	chars = append(chars, len(expr))
	if mistake.Column < 1 || mistake.Column > len(chars) {
		t.Fatalf("%q: column %d of %d", expr, mistake.Column, len(chars))
	}
	if rest := expr[chars[mistake.Column-1]:]; !strings.HasPrefix(rest, mistake.Item) {
		t.Fatalf("%q: column %d is %q, not %q", expr, mistake.Column, rest, mistake.Item)
	}
	if msg := mistake.Error(); strings.ContainsAny(msg, "\n\x1b") {
		t.Fatalf("raw control character in %q", msg)
	}
}

func BenchmarkParsePorts(b *testing.B) {
	var r Registry
	for _, expr := range []string{"22,80,8000-9000", "https", "http*", "common", "top:1000"} {
		b.Run(strings.Trim(fmt.Sprintf("%q", expr), `"`), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.ParsePorts(expr); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
