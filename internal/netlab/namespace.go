package netlab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Namespace is one side of a lab. Its methods may be called from any
// goroutine, until the lab is closed.
type Namespace struct {
	name   string       // of the side, for errors
	addrs  []netip.Addr // of the device: IPv4, then IPv6 if there is any
	handle *os.File     // keeps the namespace

	mu     sync.Mutex
	server *server // of Listen and Respond; nil until needed
	closed bool
}

// Addrs returns the addresses of this side's end of the link: the source of
// its packets, IPv4 first, then IPv6 if this kernel speaks it.
func (n *Namespace) Addrs() []netip.Addr { return n.addrs }

// Do calls f on a thread inside the namespace and returns its error. Sockets
// that f itself makes belong to the namespace and may be used outside of Do;
// what goroutines started by f make belongs to the world outside, so dial
// literal addresses and run scanners with [Namespace.Command].
func (n *Namespace) Do(f func() error) error {
	if n.isClosed() {
		return fmt.Errorf("netlab: the %s side: %w", n.name, os.ErrClosed)
	}
	return enter(n.handle, f)
}

// Command is [exec.Command] for a program that runs inside the namespace, with
// everything that an [exec.Cmd] can do. The program is executed by nsenter,
// which ends if it cannot enter: it never runs elsewhere. Limits are the
// caller's to set, as in Command("sh", "-c", "ulimit -n 64; exec …").
//
// Beware of the peak memory in [os.ProcessState.SysUsage]: Linux starts it at
// the peak of the process that starts a program, which is this one. A small
// process in between that asks for RUSAGE_CHILDREN knows better.
func (n *Namespace) Command(name string, arg ...string) *exec.Cmd {
	path, err := exec.LookPath(name)
	if err == nil && n.isClosed() {
		err = fmt.Errorf("netlab: the %s side: %w", n.name, os.ErrClosed)
	}
	if err != nil {
		cmd := exec.Command(name, arg...)
		cmd.Err = err
		return cmd
	}
	handle := fmt.Sprintf("--net=/proc/%d/fd/%d", os.Getpid(), n.handle.Fd())
	return exec.Command("nsenter", append([]string{handle, "--", path}, arg...)...)
}

// Sysctl sets a kernel parameter of this namespace, such as
// "net.ipv4.tcp_syncookies". Parameters of the whole machine are refused: here
// the kernel does not show them, or not as writable.
func (n *Namespace) Sysctl(key, value string) error {
	if !strings.HasPrefix(key, "net.") || strings.ContainsAny(key, "/\x00") || strings.Contains(key, "..") {
		return fmt.Errorf("netlab: %q is not a network parameter such as net.ipv4.tcp_syncookies", key)
	}
	path := "/proc/sys/" + strings.ReplaceAll(key, ".", "/")
	return n.Do(func() error {
		// Without O_CREATE and O_TRUNC, which mean nothing to /proc.
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("netlab: the %s side has no parameter %s to set: %w", n.name, key, err)
		}
		_, err = f.WriteString(value)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("netlab: set %s to %q on the %s side: %w", key, value, n.name, err)
		}
		return nil
	})
}

// LimitICMP sets how many ICMP errors each second this side sends to one
// address, 1 to 100, or without limit for 0. Of itself a Linux host sends 1 per
// second over IPv4 and 10 over IPv6, after a burst of 6. The kernel counts in
// its own ticks, so rates above 25 are not exact.
func (n *Namespace) LimitICMP(perSecond int) error {
	if perSecond < 0 || perSecond > 100 {
		return fmt.Errorf("netlab: %d ICMP errors per second are not within 0 and 100", perSecond)
	}
	interval, total := "0", "1000000" // milliseconds from one to the next
	if perSecond > 0 {
		interval, total = strconv.Itoa(1000/perSecond), "1000"
	}
	settings := []setting{
		{"net.ipv4.icmp_ratelimit", interval},
		{"net.ipv4.icmp_msgs_per_sec", total},
		{"net.ipv4.icmp_msgs_burst", total},
	}
	if len(n.addrs) > 1 {
		settings = append(settings, setting{"net.ipv6.icmp.ratelimit", interval})
	}
	for _, s := range settings {
		if err := n.Sysctl(s.key, s.value); err != nil {
			return err
		}
	}
	return nil
}

// Nft gives the rules to `nft -f` inside the namespace, which takes all of
// them or none. [Filter], [LimitAnswers] and others write such rules; "flush
// ruleset" removes every rule.
func (n *Namespace) Nft(rules string) error { return n.feed(rules, "nft", "-f", "-") }

// configure applies the settings and the lines of `ip -batch`, and returns when
// the addresses are in use, which includes those of the link.
func (n *Namespace) configure(links []string, settings []setting, addrs []netip.Addr) error {
	for _, s := range settings {
		if err := n.Sysctl(s.key, s.value); err != nil {
			return err
		}
	}
	if err := n.feed(strings.Join(links, "\n")+"\n", "ip", "-batch", "-"); err != nil {
		return err
	}
	// Without a queueing discipline only the device can drop, and it counts.
	if err := n.feed("qdisc replace dev "+device+" root noqueue\n", "tc", "-batch", "-"); err != nil {
		return err
	}
	return n.awaitAddresses(append(n.addrs[:len(n.addrs):len(n.addrs)], addrs...))
}

// awaitAddresses waits until the kernel has put IPv6 addresses in use.
func (n *Namespace) awaitAddresses(addrs []netip.Addr) error {
	if !slices.ContainsFunc(addrs, netip.Addr.Is6) {
		return nil
	}
	const timeout = 10 * time.Second
	for begin := time.Now(); ; time.Sleep(time.Millisecond) {
		table, err := n.Command("ip", "-6", "route", "show", "table", "local").Output()
		if err != nil {
			return fmt.Errorf("netlab: list the addresses of the %s side: %w", n.name, err)
		}
		missing := missingLocal(string(table), addrs)
		if len(missing) == 0 {
			return nil
		}
		if time.Since(begin) > timeout {
			return fmt.Errorf("netlab: the %s side still does not use %v after %v", n.name, missing, timeout)
		}
	}
}

// feed runs a program inside with input, and fails with what it complained of.
func (n *Namespace) feed(input, name string, arg ...string) error {
	cmd := n.Command(name, arg...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("netlab: %s on the %s side: %w: %s", name, n.name, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// sendDrops is how many packets the device threw away because the relay took
// them too late.
func (n *Namespace) sendDrops() (drops uint64, err error) {
	err = n.Do(func() error {
		table, err := os.ReadFile("/proc/thread-self/net/dev")
		if err != nil {
			return err
		}
		drops, err = parseSendDrops(string(table), device)
		return err
	})
	return drops, err
}

// parseSendDrops finds the drops on sending of a device in /proc/net/dev
// (net/core/net-procfs.c): after the name and eight counters of what was
// received come the bytes, packets, errors and drops of what was sent.
func parseSendDrops(table, device string) (uint64, error) {
	for line := range strings.Lines(table) {
		name, counters, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) != device {
			continue
		}
		fields := strings.Fields(counters)
		if len(fields) < 12 {
			return 0, fmt.Errorf("line %q of /proc/net/dev has too few counters", line)
		}
		return strconv.ParseUint(fields[11], 10, 64)
	}
	return 0, fmt.Errorf("no device %q in /proc/net/dev", device)
}

func (n *Namespace) isClosed() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.closed
}

func (n *Namespace) close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	var err error
	if n.server != nil {
		err = n.server.close()
	}
	return errors.Join(err, n.handle.Close())
}
