package hosts

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shown is a target in the terms of its test.
func shown(ts Targets) []string {
	var out []string
	for t := range ts.All() {
		s := t.Name
		for i, r := range t.Ranges {
			if i > 0 {
				s += " "
			}
			s += r.String()
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
		{"192.0.2.0/255.255.255.0", []string{"192.0.2.0-192.0.2.255"}},
		{"192.0.2.9/255.255.255.255", []string{"192.0.2.9-192.0.2.9"}},
		{"10.0.0,1.3-7", []string{"10.0.0.3-10.0.0.7 10.0.1.3-10.0.1.7"}},
		{"10.0.0.1-3,7,9", []string{"10.0.0.1-10.0.0.3 10.0.0.7-10.0.0.7 10.0.0.9-10.0.0.9"}},
		{"10.0.0.1-3,7,9:22", []string{"10.0.0.1-10.0.0.3 10.0.0.7-10.0.0.7 10.0.0.9-10.0.0.9 port 22"}},
		{"10.0.0.1,7,192.0.2.1", []string{"10.0.0.1-10.0.0.1 10.0.0.7-10.0.0.7", "192.0.2.1-192.0.2.1"}},
		{"10,11.0.0.1", []string{"10.0.0.1-10.0.0.1 11.0.0.1-11.0.0.1"}},
		{"10.0.0.*", []string{"10.0.0.0-10.0.0.255"}},
		{"10.1-2.*.*", []string{"10.1.0.0-10.2.255.255"}},
		{"10.1.0-1.5-", []string{"10.1.0.5-10.1.0.255 10.1.1.5-10.1.1.255"}},
		{"10.0.0.250-", []string{"10.0.0.250-10.0.0.255"}},
		{"10.0.0.-3", []string{"10.0.0.0-10.0.0.3"}},
		{"10.0.0.-", []string{"10.0.0.0-10.0.0.255"}},
		{"192.0.2.1-192.0.2.3,192.0.2.9", []string{"192.0.2.1-192.0.2.3", "192.0.2.9-192.0.2.9"}},
		{"fd00::1-3", []string{"fd00::1-fd00::3"}},
		{"fd00::a-1f", []string{"fd00::a-fd00::1f"}},
		{"https://example.com/x?y#z", []string{"example.com port 443"}},
		{"http://user:secret@example.com:8080/x", []string{"example.com port 8080"}},
		{"HTTP://192.0.2.1:", []string{"192.0.2.1-192.0.2.1 port 80"}},
		{"https://[2001:db8::1]/,http://[2001:db8::1]:81/x", []string{"2001:db8::1-2001:db8::1 port 443", "2001:db8::1-2001:db8::1 port 81"}},
		{"redis+tls://192.0.2.1:7000", []string{"192.0.2.1-192.0.2.1 port 7000"}},
		{"192.0.2.0/30:22", []string{"192.0.2.0-192.0.2.3 port 22"}},
		{"[2001:db8::/126]:22", []string{"2001:db8::-2001:db8::3 port 22"}},
		{"[2001:db8::1-3]:22", []string{"2001:db8::1-2001:db8::3 port 22"}},
		{"0.0.0.0", []string{"0.0.0.0-0.0.0.0"}},
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
		"192.0.2.300":            `bad target "192.0.2.300": not an IP address; an octet is 255 at most`,
		"192.0.2":                `bad target "192.0.2": not an IP address; IPv4 has four octets`,
		".":                      `bad target ".": not an IP address; IPv4 has four octets`,
		"443":                    `bad target "443": not an IP address; a number alone is a port, for --ports`,
		"192.0.2.0/33":           `bad target "192.0.2.0/33": not a CIDR; write address/bits, such as 192.0.2.0/24`,
		"example.com/24":         `bad target "example.com/24": not a CIDR; write address/bits, such as 192.0.2.0/24`,
		"192.0.2.9-3":            `bad target "192.0.2.9-3": the first address is above the last`,
		"192.0.2.9-300":          `bad target "192.0.2.9-300": not an IP address`,
		"192.0.2.9-192.0.2.x":    `bad target "192.0.2.9-192.0.2.x": not a range; write first-last, such as 192.0.2.1-50, 192.0.2.1-192.0.3.9 or 2001:db8::1-f`,
		"192.0.2.1-2001:db8::1":  `bad target "192.0.2.1-2001:db8::1": a range cannot mix IPv4 and IPv6`,
		"3-7":                    `bad target "3-7": not an IP address; a number alone is a port, for --ports`,
		"example.3-7":            `bad target "example.3-7": not an IP address`,
		"192.0.2.1,3-7,":         `bad target "": empty; write a name, an address, a CIDR or a range`,
		"192.0.2.1,example,7":    `bad target "7": not an IP address; a number alone is a port, for --ports`,
		"192.0.2.1,443":          `bad target "192.0.2.1,443": not an IP address`,
		"10.0.0.01":              `bad target "10.0.0.01": not an IP address; leave out leading zeros, which some programs take for octal`,
		"192.0.2.1.":             `bad target "192.0.2.1.": not an IP address; leave out the dot at its end`,
		"192.0.2.1;192.0.2.2":    `bad target "192.0.2.1;192.0.2.2": not an IP address; write commas or blanks between targets`,
		"192.0.2.1:22,23":        `bad target "23": not an IP address; a number alone is a port, for --ports`,
		"192.0.2.0/24:http":      `bad target "192.0.2.0/24:http": the part after the colon is not a port from 1 to 65535`,
		"[2001:db8::/129]:22":    `bad target "[2001:db8::/129]:22": not a CIDR; write address/bits, such as 192.0.2.0/24`,
		"10.0.0.01,7":            `bad target "10.0.0.01,7": not an IP address`,
		"*.*.*.1":                `bad target "*.*.*.1": it stands for 16777216 separate ranges, of 262144 at most; write fewer, or whole networks as 10.0.0.0/8`,
		"192.0.2.0/255.0.255.0":  `bad target "192.0.2.0/255.0.255.0": the part after the slash is no netmask; write address/bits, such as 192.0.2.0/24`,
		"2001:db8::/255.0.0.0":   `bad target "2001:db8::/255.0.0.0": the part after the slash is no netmask; write address/bits, such as 192.0.2.0/24`,
		"2001:db8::5-1":          `bad target "2001:db8::5-1": the first address is above the last`,
		"2001:db8::5-10000":      `bad target "2001:db8::5-10000": not a range; write first-last, such as 192.0.2.1-50, 192.0.2.1-192.0.3.9 or 2001:db8::1-f`,
		"gopher7://example.com":  `bad target "gopher7://example.com": the port of gopher7:// is not known here; write host:port`,
		"http://192.0.2.1-9/":    `bad target "http://192.0.2.1-9/": a URL has one host`,
		"http://a.example/b,c":   `bad target "http://a.example/b": a comma in a URL may be a part of it; write blanks between targets, or the host alone`,
		"224.0.0.1":              `bad target "224.0.0.1": a multicast address is not a host`,
		"ff02::1%eth0":           `bad target "ff02::1%eth0": a multicast address is not a host`,
		"224.0.0.0/4":            `bad target "224.0.0.0/4": a multicast address is not a host`,
		"255.255.255.255":        `bad target "255.255.255.255": the broadcast address is not a host`,
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
	for _, seed := range []string{"example.com", "192.0.2.1-50", "[::1]:8443", "192.0.2.0/24,::1", "fe80::1%eth0", "a:1", "::", "[", "1-2-3", "10.0.0,1.3-7", "10.*.-.5-:22", "https://a@[::1]:1/x", "192.0.2.1/255.255.0.0", "fd00::1-3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		targets, err := Parse(expr)
		if err != nil {
			return
		}
		for target := range targets.All() {
			if (target.Name != "") == (len(target.Ranges) > 0) {
				t.Errorf("Parse(%q) gave %+v: neither or both of name and range", expr, target)
			}
			if target.Name != "" && checkName(target.Name) != "" {
				t.Errorf("Parse(%q) let the name %q through", expr, target.Name)
			}
		}
	})
}
