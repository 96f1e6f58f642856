package sockets

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"syscall"

	"porthole/internal/sockdiag"
	"porthole/sockets/internal/procfs"
)

// table reads the sockets of the calling thread's network namespace from the kernel,
// or, where sock_diag is missing or refused, from the files in dir with a warning.
func (k *kernelSource) table(ctx context.Context, want want, dir string) ([]row, []error, error) {
	var warnings []error
	if k.live {
		rows, err := k.askDiag(ctx, want)
		if err == nil {
			judgeDevices(rows)
		}
		if err == nil || ctx.Err() != nil {
			return rows, nil, err
		}
		if !isMissing(err) {
			return nil, nil, err
		}
		warnings = []error{fmt.Errorf("%w: %w", ErrFallback, err)}
	}
	rows, err := tableFiles(dir, want.all)
	return rows, warnings, err
}

func (k *kernelSource) askDiag(ctx context.Context, want want) ([]row, error) {
	if k.noDiag {
		return nil, sockdiag.ErrUnavailable
	}
	return diagRows(ctx, want)
}

// isMissing reports whether err means that the kernel has no sock_diag, or that a filter
// refuses it. A lack of descriptors or memory does not.
func isMissing(err error) bool {
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.ENOBUFS) {
		return false
	}
	return errors.Is(err, sockdiag.ErrUnavailable) || isErrno(err)
}

// diagRows reads the sockets of the calling thread's network namespace from
// the kernel. The error is sockdiag.ErrUnavailable or a syscall.Errno where
// sock_diag is missing or refused, and the table must come from elsewhere.
func diagRows(ctx context.Context, want want) ([]row, error) {
	conn, err := sockdiag.Open()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	d := diagReader{ctx: ctx, conn: conn, used: readProtocols(), devices: make(map[uint32]string)}
	stream, datagram := uint32(sockdiag.Listen), uint32(sockdiag.Close)
	if want.all {
		stream, datagram = sockdiag.AllStates&^sockdiag.Close, sockdiag.AllStates
	}
	for _, dump := range []struct {
		protocol uint16
		name     string
		states   uint32
		counted  bool // diagReader.used says whether there are any
		optional bool // kernels may lack it
	}{
		{sockdiag.TCP, "tcp", stream, !want.all, false},
		{sockdiag.UDP, "udp", datagram, true, false},
		{sockdiag.UDPLite, "udplite", datagram, true, true},
	} {
		if err := d.both(dump.protocol, dump.name, dump.states, dump.counted); err != nil && !(dump.optional && isErrno(err)) {
			return nil, err
		}
	}
	if want.all {
		if err := d.boundInactive(); err != nil {
			return nil, err
		}
	}
	if !want.changing {
		if err := d.markMPTCP(stream); err != nil {
			return nil, err
		}
	}
	return d.rows, nil
}

// isErrno reports whether the kernel refused a request; other errors are of the
// connection.
func isErrno(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno)
}

// diagReader collects dumps as rows.
type diagReader struct {
	ctx     context.Context
	conn    *sockdiag.Conn
	used    map[string]bool   // protocols that have a socket; nil unknown
	answers []sockdiag.Socket // of the last dump, kept for its memory
	spare   []sockdiag.Socket // memory for one more dump
	devices map[uint32]string
	rows    []row
}

// both dumps IPv4 and IPv6 sockets; with counted only where there are any.
func (d *diagReader) both(protocol uint16, name string, states uint32, counted bool) error {
	for _, family := range []uint8{sockdiag.IPv4, sockdiag.IPv6} {
		if counted && !d.mayHave(protocol, family) {
			continue
		}
		if err := d.dump(family, protocol, states); err != nil {
			if family == sockdiag.IPv6 && errors.Is(err, syscall.ENOENT) {
				continue
			}
			return err
		}
		passing, err := d.steady(family, protocol, states)
		if err != nil {
			return err
		}
		if spare := cap(d.rows) - len(d.rows); spare < len(d.answers) {
			d.rows = slices.Grow(d.rows, len(d.answers)*9/8) // rows are large: few copies
		}
		for i := range d.answers {
			r := d.row(&d.answers[i], name)
			r.passing = passing[r.Cookie]
			d.rows = append(d.rows, r)
		}
	}
	return nil
}

func (d *diagReader) dump(family uint8, protocol uint16, states uint32) (err error) {
	d.answers, err = d.conn.Dump(d.ctx, sockdiag.Request{Family: family, Protocol: protocol, States: states}, d.answers[:0])
	return err
}

// boundInactive adds TCP sockets that hold a port and do nothing with it.
// Kernels before 6.8 answer with none.
func (d *diagReader) boundInactive() error {
	before := len(d.rows)
	if err := d.both(sockdiag.TCP, "tcp", sockdiag.BoundInactive, false); err != nil && !isErrno(err) {
		return err
	}
	for i := range d.rows[before:] {
		d.rows[before+i].State = StateBoundInactive
	}
	return nil
}

// markMPTCP marks the TCP sockets that are the listener or the first subflow
// of an MPTCP socket: they have its inode.
func (d *diagReader) markMPTCP(states uint32) error {
	multipath := make(map[uint64]bool)
	for _, family := range []uint8{sockdiag.IPv4, sockdiag.IPv6} {
		if !d.mayHave(sockdiag.MPTCP, family) { // it takes a walk over all listeners
			continue
		}
		if err := d.dump(family, sockdiag.MPTCP, states); err != nil {
			if isErrno(err) {
				return nil // a kernel without MPTCP, or one that does not tell
			}
			return err
		}
		for i := range d.answers {
			if inode := d.answers[i].Inode; inode != 0 {
				multipath[uint64(inode)] = true
			}
		}
	}
	if len(multipath) == 0 {
		return nil
	}
	for i := range d.rows {
		s := &d.rows[i].Socket
		s.MPTCP = s.Proto == "tcp" && multipath[s.Inode]
	}
	return nil
}

func (d *diagReader) row(a *sockdiag.Socket, proto string) row {
	r := row{cgroup: a.Cgroup}
	s := &r.Socket
	s.Proto, s.Local, s.Remote = proto, a.Local, peer(a.Remote)
	s.State = kernelState(proto, a.State)
	s.UID, s.Inode, s.Cookie = int(a.UID), uint64(a.Inode), a.Cookie
	s.Device = d.device(a.Device)
	if s.Device != "" && a.Local.Addr().IsLinkLocalUnicast() && a.Local.Addr().Is6() {
		s.Local = netip.AddrPortFrom(a.Local.Addr().WithZone(s.Device), a.Local.Port())
	}
	s.RecvQ, s.SendQ = a.RecvQ, a.SendQ
	if s.State == StateListen {
		s.Backlog, s.SendQ = a.SendQ, 0
	}
	// The kernel gives it for listeners and for closed sockets, UDP among them.
	const closed = 7 // TCP_CLOSE of net/tcp_states.h
	if a.Family == sockdiag.IPv6 && (s.State == StateListen || a.State == closed) {
		s.V6Only = tristate(a.V6Only)
	}
	if a.Inode == 0 && a.UID == 0 && s.State == StateTimeWait {
		s.UID = -1
	}
	return r
}

// device names an interface, or gives its number if it is gone.
func (d *diagReader) device(index uint32) string {
	if index == 0 {
		return ""
	}
	name, ok := d.devices[index]
	if !ok {
		if name = d.conn.DeviceName(index); name == "" {
			name = strconv.FormatUint(uint64(index), 10)
		}
		d.devices[index] = name
	}
	return name
}

// readProtocols reads which protocols have a socket in the network namespace of the
// calling thread; nil if that is not known.
func readProtocols() map[string]bool {
	text, err := readWhole("/proc/thread-self/net/protocols")
	if err != nil {
		return nil
	}
	return procfs.ParseProtocols(text)
}

// mayHave reports whether there may be a socket of that protocol and family. A dump
// walks over the whole table of its protocol, which for UDP has as many slots as
// there are ports even where nothing is in it.
func (d *diagReader) mayHave(protocol uint16, family uint8) bool {
	if d.used == nil {
		return true
	}
	name := ""
	switch protocol {
	case sockdiag.TCP:
		name = "TCP"
	case sockdiag.UDP:
		name = "UDP"
	case sockdiag.MPTCP:
		name = "MPTCP"
	case sockdiag.UDPLite:
		if family == sockdiag.IPv4 {
			return d.used["UDP-Lite"]
		}
		name = "UDPLITE"
	}
	if family == sockdiag.IPv6 {
		name += "v6"
	}
	return d.used[name]
}
