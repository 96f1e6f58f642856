package hosts

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shown is a target in the terms of its test.
func shown(ts []Target) []string {
	var out []string
	for _, t := range ts {
		s := t.Name
		if s == "" {
			s = t.Range.String()
		}
		if t.Zone != "" {
			s += "%" + t.Zone
		}
		if t.Port != 0 {
			s += fmt.Sprint(" port ", t.Port)
		}
		out = append(out, s)
	}
	return out
}

func TestParse(t *testing.T) {
	for _, test := range []struct {
		expr string
		want []string
	}{
		{"example.com", []string{"example.com"}},
		{"example.com.", []string{"example.com."}},
		{"my_service-1", []string{"my_service-1"}},
		{"a-b.example", []string{"a-b.example"}},
		{"192.0.2.1", []string{"192.0.2.1-192.0.2.1"}},
		{"2001:db8::1", []string{"2001:db8::1-2001:db8::1"}},
		{"::ffff:192.0.2.1", []string{"192.0.2.1-192.0.2.1"}},
		{"fe80::1%eth0", []string{"fe80::1-fe80::1%eth0"}},
		{"fe80::1%br-lan", []string{"fe80::1-fe80::1%br-lan"}},
		{"192.0.2.0/24", []string{"192.0.2.0-192.0.2.255"}},
		{"192.0.2.77/24", []string{"192.0.2.0-192.0.2.255"}},
		{"2001:db8::/120", []string{"2001:db8::-2001:db8::ff"}},
		{"192.0.2.1-50", []string{"192.0.2.1-192.0.2.50"}},
		{"192.0.2.1-192.0.3.9", []string{"192.0.2.1-192.0.3.9"}},
		{"2001:db8::1-2001:db8::9", []string{"2001:db8::1-2001:db8::9"}},
		{"192.0.2.0/28,198.51.100.7", []string{"192.0.2.0-192.0.2.15", "198.51.100.7-198.51.100.7"}},
		{" 192.0.2.1 , example.com ", []string{"192.0.2.1-192.0.2.1", "example.com"}},
		{"example.com:8443", []string{"example.com port 8443"}},
		{"192.0.2.1:8443", []string{"192.0.2.1-192.0.2.1 port 8443"}},
		{"192.0.2.1-50:22", []string{"192.0.2.1-192.0.2.50 port 22"}},
		{"[::1]:8443", []string{"::1-::1 port 8443"}},
		{"[::1]", []string{"::1-::1"}},
		{"[fe80::1%eth0]:22", []string{"fe80::1-fe80::1%eth0 port 22"}},
	} {
		got, err := Parse(test.expr)
		if err != nil {
			t.Errorf("Parse(%q): %v", test.expr, err)
		}
		if diff := cmp.Diff(test.want, shown(got)); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", test.expr, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for expr, want := range map[string]string{
		"":                       `bad target "": empty; write a name, an address, a CIDR or a range`,
		"192.0.2.1,":             `bad target "": empty; write a name, an address, a CIDR or a range`,
		"192.0.2.300":            `bad target "192.0.2.300": not an IP address`,
		"192.0.2":                `bad target "192.0.2": not an IP address`,
		"443":                    `bad target "443": not an IP address`,
		"192.0.2.0/33":           `bad target "192.0.2.0/33": not a CIDR; write address/bits, such as 192.0.2.0/24`,
		"example.com/24":         `bad target "example.com/24": not a CIDR; write address/bits, such as 192.0.2.0/24`,
		"192.0.2.9-3":            `bad target "192.0.2.9-3": the first address is above the last`,
		"192.0.2.9-300":          `bad target "192.0.2.9-300": not a range; write first-last, such as 192.0.2.1-50 or 192.0.2.1-192.0.3.9`,
		"192.0.2.1-2001:db8::1":  `bad target "192.0.2.1-2001:db8::1": a range cannot mix IPv4 and IPv6`,
		"https://example.com":    `bad target "https://example.com": a URL is not a target; write its host, or host:port`,
		"example.com:0":          `bad target "example.com:0": the part after the colon is not a port from 1 to 65535`,
		"example.com:http":       `bad target "example.com:http": the part after the colon is not a port from 1 to 65535`,
		"[::1":                   `bad target "[::1": the bracket is not closed`,
		"[::1]8443":              `bad target "[::1]8443": after the bracket only :port may follow`,
		"exa mple":               `bad target "exa mple": ' ' cannot stand in a host name`,
		"exam\x1b[31m":           `bad target "exam\x1b[31m": '\x1b' cannot stand in a host name`,
		"a..b":                   `bad target "a..b": a host name has no empty labels`,
		"-example":               `bad target "-example": a host name does not start with a dash; flags are listed by --help`,
		"münchen.example":        `bad target "münchen.example": write an international name in its xn-- form`,
		"::ffff:192.0.2.0/120":   `bad target "::ffff:192.0.2.0/120": write an IPv4-mapped network as IPv4`,
		"fe80::1-fe80::9%a":      `bad target "fe80::1-fe80::9%a": a range takes no zone`,
		"2001:db8::9-2001:db8::": `bad target "2001:db8::9-2001:db8::": the first address is above the last`,
	} {
		if _, err := Parse(expr); err == nil || err.Error() != want {
			t.Errorf("Parse(%q) error:\n got %v\nwant %s", expr, err, want)
		}
	}
}

// FuzzParse holds that whatever parses is either a checked name or a valid
// range, never both.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"example.com", "192.0.2.1-50", "[::1]:8443", "192.0.2.0/24,::1", "fe80::1%eth0", "a:1", "::", "[", "1-2-3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		targets, err := Parse(expr)
		if err != nil {
			return
		}
		for _, target := range targets {
			if (target.Name != "") == target.Range.IsValid() {
				t.Errorf("Parse(%q) gave %+v: neither or both of name and range", expr, target)
			}
			if target.Name != "" && checkName(target.Name) != "" {
				t.Errorf("Parse(%q) let the name %q through", expr, target.Name)
			}
		}
	})
}
