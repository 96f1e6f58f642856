package registry

import (
	"fmt"
	"slices"
	"testing"
)

func TestNamed(t *testing.T) {
	tests := []struct {
		pattern string
		want    []string
	}{
		{"https", []string{"443/tcp https", "443/udp https", "443/sctp https"}},
		{"HTTPS", []string{"443/tcp https", "443/udp https", "443/sctp https"}},
		{"www-http", []string{"80/tcp http", "80/udp http"}},         // IANA's last name
		{"whoispp", []string{"63/tcp whoispp", "63/udp whoispp"}},    // the well-formed one
		{"whois++", []string{"63/tcp whoispp", "63/udp whoispp"}},    // the one it replaced
		{"websm", []string{"9090/tcp prometheus", "9090/udp websm"}}, // IANA's, where people use another
		{"prometheus", []string{"9090/tcp prometheus"}},
		{"cockpit", []string{"9090/tcp prometheus"}}, // a curated alias
		{"shilp", []string{"2049/tcp nfs", "2049/udp nfs"}},
		{"urd", []string{"465/tcp submissions"}},
		{"914c/g", []string{"211/tcp 914c-g", "211/udp 914c-g"}},
		{"914c?g", []string{"211/tcp 914c-g", "211/udp 914c-g"}},
		{"ETHERNET*1", []string{"2222/tcp ssh-alt", "2222/udp EtherNet-IP-1"}},
		{"ircu", []string{
			"6665/tcp ircd", "6666/tcp ircd", "6667/tcp ircd", "6668/tcp ircd", "6669/tcp ircd",
		}},
		{"my[sx]ql", []string{"3306/tcp mysql", "3306/udp mysql"}},
		{"htps", nil},
		{"", nil},
		{"[", nil},
	}
	for _, tt := range tests {
		var got []string
		var r *Registry // nil works too
		for s := range r.Named(tt.pattern) {
			got = append(got, fmt.Sprintf("%d/%s %s", s.Port, s.Proto, s.Name))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("Named(%q) = %q, want %q", tt.pattern, got, tt.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	tests := []struct{ name, want string }{
		{"htps", "https"},
		{"htpts", "https"},
		{"POSTGRES", "postgres"},
		{"posgresql", "postgresql"},
		{"shs", "ssh"},
		{"prometeus", "prometheus"},
		{"zzzzzzzz", ""},
		{"", ""},
		{"é", ""},
		{string(make([]byte, 1000)), ""},
	}
	for _, tt := range tests {
		var r Registry
		if got := r.Suggest(tt.name); got != tt.want {
			t.Errorf("Suggest(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func BenchmarkNamed(b *testing.B) {
	var r Registry
	for _, pattern := range []string{"https", "http*"} {
		b.Run(pattern, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for range r.Named(pattern) {
				}
			}
		})
	}
}

func BenchmarkSuggest(b *testing.B) {
	var r Registry
	for b.Loop() {
		r.Suggest("posgresql")
	}
}
