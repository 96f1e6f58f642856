package explain

import (
	"context"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"

	"porthole/internal/record"
)

// TryBind binds a port as servers would, and lets it go at once: every address,
// IPv4 and IPv6 apart and together, and the given single ones, each with
// SO_REUSEADDR, as servers of Go set it on Unix, and without. A TCP port is listened
// on, too: only that shows that the address can be used.
//
// With held, a UDP port is not tried with SO_REUSEADDR: the kernel would give the
// holder's datagrams to the socket that came last.
func TryBind(ctx context.Context, proto string, port uint16, held bool, single []netip.Addr) record.Bind {
	var out record.Bind
	for _, reuse := range reuseAddr() {
		if reuse && held && proto == "udp" {
			continue
		}
		for _, at := range attempts(single) {
			try := record.BindTry{Addr: at.addr.String(), V6Only: at.v6only, ReuseAddr: reuse}
			try.Outcome, try.Error = outcome(bind(ctx, proto+at.family, netip.AddrPortFrom(at.addr, port), reuse))
			out.Tries = append(out.Tries, try)
		}
	}
	out.Outcome, out.Error = everyAddress(ctx, proto, port)
	return out
}

// everyAddress binds a port on every address, with the options of Go's servers.
func everyAddress(ctx context.Context, proto string, port uint16) (string, string) {
	at := net.JoinHostPort("", strconv.Itoa(int(port)))
	if proto == "udp" {
		conn, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", at)
		if err == nil {
			err = conn.Close()
		}
		return outcome(err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at)
	if err == nil {
		err = l.Close()
	}
	return outcome(err)
}

// attempt is a way to bind an address.
type attempt struct {
	addr   netip.Addr
	family string // of the network in package net: "4", "6", or "" for [::] with IPv4
	v6only bool
}

func attempts(single []netip.Addr) []attempt {
	all := []attempt{{netip.IPv4Unspecified(), "4", false}, {netip.IPv6Unspecified(), "", false}, {netip.IPv6Unspecified(), "6", true}}
	for _, addr := range single {
		if addr.Is4() {
			all = append(all, attempt{addr, "4", false})
		} else {
			all = append(all, attempt{addr, "6", true})
		}
	}
	return all
}

func bind(ctx context.Context, network string, at netip.AddrPort, reuse bool) error {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if cerr := c.Control(func(fd uintptr) { err = setReuseAddr(fd, reuse) }); cerr != nil {
			return cerr
		}
		return err
	}}
	config.SetMultipathTCP(false)
	if network[:3] == "udp" {
		conn, err := config.ListenPacket(ctx, network, at.String())
		if err != nil {
			return err
		}
		return conn.Close()
	}
	l, err := config.Listen(ctx, network, at.String())
	if err != nil {
		return err
	}
	return l.Close()
}

func outcome(err error) (outcome, reason string) {
	switch {
	case err == nil:
		return record.BindFree, ""
	case inUse(err):
		return record.BindInUse, err.Error()
	case denied(err):
		return record.BindDenied, err.Error()
	default:
		return record.BindFailed, err.Error()
	}
}

// FirstFree returns the first of the ports that can be bound on every address. The
// error is a [*NoneFreeError] if there is none.
func FirstFree(ctx context.Context, proto string, ports iter.Seq[uint16]) (uint16, error) {
	none := &NoneFreeError{Proto: proto}
	for port := range ports {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if port == 0 {
			continue // the kernel would choose any
		}
		outcome, reason := everyAddress(ctx, proto, port)
		switch outcome {
		case record.BindFree:
			return port, nil
		case record.BindInUse:
			none.InUse++
		case record.BindDenied:
			none.Denied++
		}
		none.Tried++
		none.Last, none.Reason = port, strings.TrimSpace(reason[strings.LastIndexByte(reason, ':')+1:]) // without the address
	}
	return 0, none
}

// NoneFreeError says why none of some ports can be bound.
type NoneFreeError struct {
	Proto                string
	Tried, InUse, Denied int
	Last                 uint16 // of the ports that were tried
	Reason               string // why that one cannot be bound
}

func (e *NoneFreeError) Error() string {
	switch e.Tried {
	case 0:
		return "no port was named that a server can have"
	case 1:
		return fmt.Sprintf("%s port %d cannot be bound: %s", e.Proto, e.Last, e.Reason)
	}
	var why []string
	if e.InUse > 0 {
		why = append(why, fmt.Sprintf("%d in use", e.InUse))
	}
	if e.Denied > 0 {
		why = append(why, fmt.Sprintf("%d not allowed to this user", e.Denied))
	}
	if others := e.Tried - e.InUse - e.Denied; others > 0 {
		why = append(why, fmt.Sprintf("%d for other reasons, the last %s", others, e.Reason))
	}
	return fmt.Sprintf("none of %d %s ports can be bound: %s", e.Tried, e.Proto, strings.Join(why, ", "))
}
