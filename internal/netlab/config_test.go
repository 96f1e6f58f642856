package netlab

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, s := range texts {
		list = append(list, netip.MustParsePrefix(s))
	}
	return list
}

func addrs(texts ...string) []netip.Addr {
	var list []netip.Addr
	for _, s := range texts {
		list = append(list, netip.MustParseAddr(s))
	}
	return list
}

func TestConfigOutOfRange(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"negative delay", Config{Delay: -1}, "delay -1ns is not within 0 and 10s"},
		{"long delay", Config{Delay: time.Minute}, "delay 1m0s is not within"},
		{"loss in percent", Config{Loss: 3}, "loss 3 is not a share"},
		{"loss of no number", Config{Loss: math.NaN()}, "loss NaN is not a share"},
		{"negative reorder", Config{Reorder: -.1}, "reorder -0.1 is not a share"},
		{"long reorder", Config{ReorderBy: time.Hour}, "reorder delay 1h0m0s is not within"},
		{"somebody's address", Config{Targets: prefixes("8.8.8.0/24")}, "8.8.8.0/24 may belong to somebody"},
		{"somebody's private range", Config{Targets: prefixes("10.0.0.0/8")}, "may belong to somebody"},
		{"more than a spare range", Config{Targets: prefixes("198.16.0.0/14")}, "may belong to somebody"},
		{"everything", Config{Targets: prefixes("0.0.0.0/0")}, "may belong to somebody"},
		{"host bits", Config{Targets: prefixes("198.18.0.1/16")}, "198.18.0.1/16 is not the address of a network"},
		{"no prefix", Config{Targets: []netip.Prefix{{}}}, "is not the address of a network"},
		{"the link", Config{Targets: prefixes("198.18.0.0/15")}, "holds an address of the link itself"},
		{"a host elsewhere", Config{Targets: prefixes("198.18.0.0/24"), Alive: addrs("198.18.1.1")}, "198.18.1.1 is to be alive but lies outside"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := c.cfg.complete(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			if _, err := New(c.cfg); err == nil {
				t.Error("New took it")
			}
		})
	}
}

func TestConfigDefaults(t *testing.T) {
	cfg, err := Config{Delay: 30 * time.Millisecond}.complete()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.ReorderBy != 15*time.Millisecond || len(cfg.Targets) == 0 || cfg.Targets[0].String() != "198.18.0.0/16" {
		t.Errorf("completed to %+v", cfg)
	}
	if cfg, err := (Config{}).complete(); err != nil || cfg.ReorderBy != time.Millisecond {
		t.Errorf("zero value completed to %+v, %v", cfg, err)
	}
}

func TestLinks(t *testing.T) {
	cfg := Config{Targets: prefixes("198.18.0.0/24", "2001:db8::/64")}
	want := []string{
		"link set lo up",
		"link set wan txqueuelen 32768 mtu 1500 multicast off",
		"link set wan addrgenmode none",
		"link set wan up",
		"address add 198.19.255.2 peer 198.19.255.1 dev wan",
		"address add fd6e:6574:6c61:6200::2 peer fd6e:6574:6c61:6200::1 dev wan nodad",
	}
	for _, c := range []struct {
		name  string
		alive []netip.Addr
		want  []string
	}{
		{"all alive", nil, []string{
			"route replace local 198.18.0.0/24 dev lo",
			"route replace local 2001:db8::/64 dev lo",
			"route add blackhole 198.18.0.0/24",
			"route add blackhole 2001:db8::/64",
		}},
		{"two alive", addrs("198.18.0.9", "2001:db8::9"), []string{
			"route replace local 198.18.0.9/32 dev lo",
			"address replace 2001:db8::9/128 dev lo nodad",
			"route add blackhole 198.18.0.0/24",
			"route add blackhole 2001:db8::/64",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg.Alive = c.alive
			if diff := cmp.Diff(append(want[:len(want):len(want)], c.want...), targetLinks(cfg, true)); diff != "" {
				t.Errorf("target side (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("scanner without IPv6", func(t *testing.T) {
		got := scannerLinks(Config{Targets: cfg.Targets[:1]}, false)
		want := []string{
			"link set lo up",
			"link set wan txqueuelen 32768 mtu 1500 multicast off",
			"link set wan up",
			"address add 198.19.255.1 peer 198.19.255.2 dev wan",
			"route add 198.18.0.0/24 dev wan",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("scanner side (-want +got):\n%s", diff)
		}
	})
}

func TestMissingLocal(t *testing.T) {
	const table = "local ::1 dev lo proto kernel metric 0 pref medium\n" +
		"local 2001:db8::12 dev lo proto kernel metric 0 pref medium\n"
	want := addrs("2001:db8::1", "2001:db8::2")
	got := missingLocal(table, addrs("::1", "2001:db8::12", "2001:db8::1", "2001:db8::2", "198.18.0.1"))
	if !slices.Equal(got, want) {
		t.Errorf("missing %v, want %v", got, want)
	}
}
