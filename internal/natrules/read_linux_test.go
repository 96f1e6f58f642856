package natrules

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// inNamespace runs f on a thread in a network namespace of its own, where
// commands can be run that see nothing else.
func inNamespace(t *testing.T, f func(run func(stdin, name string, args ...string) error) error) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, for a network namespace")
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("skip: %w", err)
			return
		}
		done <- f(func(stdin, name string, args ...string) error {
			if _, err := exec.LookPath(name); err != nil {
				return fmt.Errorf("skip: %w", err)
			}
			cmd := exec.Command(name, args...)
			cmd.Stdin = strings.NewReader(stdin)
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w: %s", name, err, out)
			}
			return nil
		})
	}()
	if err := <-done; err != nil && strings.HasPrefix(err.Error(), "skip: ") {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
}

// words are the rules in a form to compare.
func words(rules []Rule) (list []string) {
	for _, r := range rules {
		at := "any"
		if r.At.IsValid() {
			at = r.At.String()
		}
		text := fmt.Sprintf("%s %s:%d-%d to %s:%d-%d", r.Proto, at, r.First, r.Last, r.To, r.ToFirst, r.ToLast)
		if r.Shifted {
			text += " shifted"
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

// TestReadNFT gives the kernel one rule after the other.
func TestReadNFT(t *testing.T) {
	inNamespace(t, func(run func(stdin, name string, args ...string) error) error {
		if rules, err := Read(t.Context()); err != nil || len(rules) > 0 {
			return fmt.Errorf("a new namespace has %v, %w", rules, err)
		}
		for _, test := range []struct {
			rule string
			want []string
		}{
			{"tcp dport 8080 dnat ip to 172.17.0.2:80", []string{"tcp any:8080-8080 to 172.17.0.2:80-80"}},
			{"udp dport 53 dnat ip6 to [fd00::2]:5353", []string{"udp any:53-53 to fd00::2:5353-5353"}},
			{"ip daddr 198.18.0.1 tcp dport 80 dnat ip to 172.17.0.2", []string{"tcp 198.18.0.1:80-80 to 172.17.0.2:0-0"}},
			{"ip6 daddr fd00::1 tcp dport 80 dnat ip6 to fd00::2", []string{"tcp fd00::1:80-80 to fd00::2:0-0"}},
			{`iifname != "docker0" fib daddr type local tcp dport 81 counter dnat ip to 172.17.0.2:80`, []string{"tcp any:81-81 to 172.17.0.2:80-80"}},
			{"tcp dport 8000-8010 dnat ip to 172.17.0.2", []string{"tcp any:8000-8010 to 172.17.0.2:0-0"}},
			{"tcp dport 8000-8010 dnat ip to 172.17.0.2:9000-9010", []string{"tcp any:8000-8010 to 172.17.0.2:9000-9010"}},
			{"tcp dport { 80, 443 } dnat ip to 172.17.0.2", []string{"tcp any:443-443 to 172.17.0.2:0-0", "tcp any:80-80 to 172.17.0.2:0-0"}},
			{"tcp dport { 80-90, 91-95, 443 } dnat ip to 172.17.0.2", []string{"tcp any:443-443 to 172.17.0.2:0-0", "tcp any:80-95 to 172.17.0.2:0-0"}},
			{"tcp dport >= 60000 dnat ip to 172.17.0.2", []string{"tcp any:60000-65535 to 172.17.0.2:0-0"}},
			{"meta l4proto { tcp, udp } th dport 53 dnat ip to 172.17.0.2", []string{"tcp any:53-53 to 172.17.0.2:0-0", "udp any:53-53 to 172.17.0.2:0-0"}},
			{"dnat ip to tcp dport map { 80 : 172.17.0.2, 443 : 172.17.0.3 }", []string{"tcp any:443-443 to 172.17.0.3:0-0", "tcp any:80-80 to 172.17.0.2:0-0"}},
			{"dnat ip to tcp dport map { 80 : 172.17.0.2 . 8080, 443 : 172.17.0.3 . 8443 }", []string{"tcp any:443-443 to 172.17.0.3:8443-8443", "tcp any:80-80 to 172.17.0.2:8080-8080"}},
			{"dnat ip6 to tcp dport map { 80 : fd00::2 . 8080 }", []string{"tcp any:80-80 to fd00::2:8080-8080"}},
			// What is left out rather than guessed.
			{"tcp dport != 22 dnat ip to 172.17.0.2", nil},
			{"ip daddr 198.18.0.0/24 tcp dport 80 dnat ip to 172.17.0.2", nil},
			{"ip daddr 198.18.0.0/25 tcp dport 80 dnat ip to 172.17.0.2", nil},
			{"ip daddr { 198.18.0.1, 198.18.0.2 } tcp dport 80 dnat ip to 172.17.0.2", nil},
			{"tcp dport 80 dnat ip to 172.17.0.2-172.17.0.9", nil},
			{"tcp dport 80 dnat ip to numgen inc mod 2 map { 0 : 172.17.0.2, 1 : 172.17.0.3 }", nil},
			{"tcp dport 80 dnat ip to ip saddr map { 198.18.0.9 : 172.17.0.2 }", nil},
			{"tcp dport 80 redirect to :8080", nil},
			{"tcp dport 80 accept", nil},
		} {
			err := run("flush ruleset\ntable inet nat {\nchain pre {\ntype nat hook prerouting priority dstnat\n"+test.rule+"\n}\n}\n", "nft", "-f", "-")
			if err != nil && strings.HasPrefix(err.Error(), "skip: ") {
				return err
			}
			if err != nil {
				t.Errorf("%s: %v", test.rule, err)
				continue
			}
			rules, err := Read(t.Context())
			if got := words(rules); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%s: %q, %v; want %q", test.rule, got, err, test.want)
			}
		}
		return nil
	})
}

// TestReadIptables: iptables-nft writes its rules into nftables.
func TestReadIptables(t *testing.T) {
	for _, test := range []struct {
		program, rule string
		want          []string
	}{
		{"iptables-nft", "-p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80", []string{"tcp any:8080-8080 to 172.17.0.2:80-80"}},
		{"iptables-nft", "! -i docker0 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2:5353", []string{"udp any:53-53 to 172.17.0.2:5353-5353"}},
		{"iptables-nft", "-d 198.18.0.1/32 -p tcp --dport 80 -j DNAT --to-destination 172.17.0.2", []string{"tcp 198.18.0.1:80-80 to 172.17.0.2:0-0"}},
		{"iptables-nft", "-p tcp --dport 8000:8010 -j DNAT --to-destination 172.17.0.2", []string{"tcp any:8000-8010 to 172.17.0.2:0-0"}},
		{"iptables-nft", "-p tcp --dport 8000:8010 -j DNAT --to-destination 172.17.0.2:9000-9010/8000", []string{"tcp any:8000-8010 to 172.17.0.2:9000-9010 shifted"}},
		{"iptables-nft", "-p tcp -m multiport --dports 80,443,8000:8010 -j DNAT --to-destination 172.17.0.2", []string{"tcp any:443-443 to 172.17.0.2:0-0", "tcp any:80-80 to 172.17.0.2:0-0", "tcp any:8000-8010 to 172.17.0.2:0-0"}},
		{"ip6tables-nft", "-p tcp --dport 8080 -j DNAT --to-destination [fd00::2]:80", []string{"tcp any:8080-8080 to fd00::2:80-80"}},
		{"iptables-nft", "-d 198.18.0.0/24 -p tcp --dport 80 -j DNAT --to-destination 172.17.0.2", nil},
		{"iptables-nft", "-p tcp ! --dport 80 -j DNAT --to-destination 172.17.0.2", nil},
		{"iptables-nft", "-p tcp --dport 80 -j REDIRECT --to-ports 8080", nil},
	} {
		inNamespace(t, func(run func(stdin, name string, args ...string) error) error {
			if err := run("", test.program, append([]string{"-t", "nat", "-A", "PREROUTING"}, strings.Fields(test.rule)...)...); err != nil {
				return err
			}
			rules, err := Read(t.Context())
			if got := words(rules); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%s %s: %q, %v; want %q", test.program, test.rule, got, err, test.want)
			}
			return nil
		})
	}
}

// TestReadRefused: without CAP_NET_ADMIN the kernel does not tell.
func TestReadRefused(t *testing.T) {
	inNamespace(t, func(func(stdin, name string, args ...string) error) error {
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		if err := unix.Capset(&header, &new([2]unix.CapUserData)[0]); err != nil {
			return err
		}
		if rules, err := Read(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%v, %v; want ErrUnavailable", rules, err)
		}
		return nil
	})
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		if _, err := Read(b.Context()); err != nil {
			b.Skip(err)
		}
	}
}
