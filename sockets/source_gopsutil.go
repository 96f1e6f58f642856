package sockets

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// gopsutilSource takes rows with their holders from gopsutil's table.
type gopsutilSource struct {
	table   gopsutil
	process func(ctx context.Context, pid int) (Process, error) // os.ErrProcessDone for one that has ended
	people  *users
	blocked func() Hidden          // what keeps this process from seeing every holder
	first   func() (uint16, error) // the lowest port that anyone may bind
	amend   func(rows []row)       // adds what the table lacks; may be nil
}

func (g *gopsutilSource) rows(ctx context.Context, want want) ([]row, []error, error) {
	rows, warnings, err := g.table.rows(ctx, want)
	if err == nil && g.amend != nil {
		g.amend(rows)
	}
	return rows, warnings, err
}

func (g *gopsutilSource) describe(ctx context.Context, pids []int) (map[int]Process, error) {
	return describeAll(ctx, pids, g.process)
}

func (g *gopsutilSource) separate() bool                              { return false }
func (g *gopsutilSource) holders(context.Context, []row) error        { return nil }
func (g *gopsutilSource) unreadable() Hidden                          { return g.blocked() }
func (g *gopsutilSource) firstUnprivileged() (uint16, error)          { return g.first() }
func (g *gopsutilSource) userName(uid int) string                     { return g.people.name(uid) }
func (g *gopsutilSource) finish(context.Context, want, []row) []error { return nil }
func (g *gopsutilSource) alive(int) bool                              { return true }
func (g *gopsutilSource) close()                                      {}
func (g *gopsutilSource) namespaces() []Namespace                     { return nil }

// gopsutil makes rows of gopsutil's table. The fields are how the table
// differs between systems.
type gopsutil struct {
	// connections reads the table, without holders if they are not wanted
	// and that is cheaper. The errors in the slice are warnings.
	connections func(ctx context.Context, holders bool) ([]psnet.ConnectionStat, []error, error)
	// perHolder: the table has a line per holder and descriptor (lsof), not
	// one per socket.
	perHolder bool
	// embedsZone: link-local addresses carry the interface's index inside,
	// as the KAME stack's sockets do.
	embedsZone bool
}

// rows reads the table and converts the lines that are wanted.
func (g gopsutil) rows(ctx context.Context, want want) ([]row, []error, error) {
	conns, warnings, err := g.connections(ctx, want.holders)
	if err != nil {
		return nil, warnings, err
	}
	var rows []row
	if want.all {
		rows = make([]row, 0, len(conns))
	}
	var firstBad error
	bad := 0
	for i := range conns {
		r, ok, err := rowOf(&conns[i], want.all)
		if err != nil {
			bad++
			firstBad = cmp.Or(firstBad, err)
		}
		if !ok {
			continue
		}
		if g.embedsZone {
			r.Local = extractZone(r.Local, interfaceName)
			r.Remote = extractZone(r.Remote, interfaceName)
		}
		if !want.holders {
			r.pids = nil
		}
		rows = append(rows, r)
	}
	if bad > 0 {
		warnings = append(warnings, incomplete("%d lines of the socket table left out, the first because of: %w", bad, firstBad))
	}
	if g.perHolder {
		rows = mergeHolders(rows)
	}
	return rows, warnings, nil
}

// rowOf converts one line. ok is false for lines that are not wanted; they
// are left before their addresses are parsed, as most lines often are.
func rowOf(c *psnet.ConnectionStat, all bool) (r row, ok bool, err error) {
	r.UID = -1
	switch c.Type {
	case syscall.SOCK_STREAM:
		r.Proto, r.State = "tcp", tcpState(c.Status)
	case syscall.SOCK_DGRAM:
		// gopsutil drops the state that the kernel gives, so the peer alone decides.
		r.Proto, r.State = "udp", StateBound
		if c.Raddr.Port != 0 {
			r.State = StateConnected
		}
	default:
		return r, false, nil
	}
	if !all && !r.State.Waits() {
		return r, false, nil
	}
	v6 := c.Family == syscall.AF_INET6
	if r.Local, err = addrPort(c.Laddr, v6); err != nil {
		return r, false, err
	}
	if r.Remote, err = addrPort(c.Raddr, v6); err != nil {
		return r, false, err
	}
	if r.Remote.Port() == 0 && (!r.Remote.IsValid() || r.Remote.Addr().IsUnspecified()) {
		r.Remote = netip.AddrPort{}
	}
	if c.Pid > 0 {
		r.pids, r.fd = []int{int(c.Pid)}, c.Fd
	}
	return r, true, nil
}

// tcpState reads the spellings of Linux (SYN_RECV, FIN_WAIT1, CLOSE), Windows
// (SYN_RECEIVED, FIN_WAIT_1, CLOSED) and lsof (SYN_RCVD).
func tcpState(status string) State {
	switch status {
	case "LISTEN":
		return StateListen
	case "ESTABLISHED":
		return StateEstablished
	case "SYN_SENT":
		return StateSynSent
	case "SYN_RECV", "SYN_RECEIVED", "SYN_RCVD":
		return StateSynRecv
	case "FIN_WAIT1", "FIN_WAIT_1":
		return StateFinWait1
	case "FIN_WAIT2", "FIN_WAIT_2":
		return StateFinWait2
	case "TIME_WAIT":
		return StateTimeWait
	case "CLOSE_WAIT":
		return StateCloseWait
	case "LAST_ACK":
		return StateLastAck
	case "CLOSING":
		return StateClosing
	case "CLOSE", "CLOSED", "DELETE":
		return StateClosed
	default:
		return StateUnknown
	}
}

// addrPort converts an address of gopsutil: "" is none, "*" every address of
// the family, and an IPv6 socket's IPv4-mapped address comes as plain IPv4.
func addrPort(a psnet.Addr, v6 bool) (netip.AddrPort, error) {
	if a.Port > 0xffff {
		return netip.AddrPort{}, fmt.Errorf("port %d above 65535", a.Port)
	}
	port := uint16(a.Port)
	switch {
	case a.IP == "" && port == 0:
		return netip.AddrPort{}, nil
	case (a.IP == "" || a.IP == "*") && v6:
		return netip.AddrPortFrom(netip.IPv6Unspecified(), port), nil
	case a.IP == "" || a.IP == "*":
		return netip.AddrPortFrom(netip.IPv4Unspecified(), port), nil
	}
	addr, err := netip.ParseAddr(strings.Trim(a.IP, "[]"))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("bad address %q: %w", a.IP, err)
	}
	if v6 && addr.Is4() {
		addr = netip.AddrFrom16(addr.As16())
	}
	return netip.AddrPortFrom(addr, port), nil
}

// mergeHolders makes one row of the lines of one socket. A line does not name its
// socket, so lines with the same protocol, addresses and state count as one; no holder
// is lost by that.
func mergeHolders(rows []row) []row {
	type key struct {
		proto         string
		local, remote netip.AddrPort
		state         State
	}
	at := make(map[key]int, len(rows))
	merged := rows[:0]
	for _, r := range rows {
		k := key{r.Proto, r.Local, r.Remote, r.State}
		i, seen := at[k]
		if !seen {
			at[k] = len(merged)
			merged = append(merged, r)
			continue
		}
		merged[i].pids = append(merged[i].pids, r.pids...)
	}
	sortHolders(merged)
	return merged
}

// sortHolders sorts the holders of each row and leaves each in once.
func sortHolders(rows []row) {
	for i := range rows {
		slices.Sort(rows[i].pids)
		rows[i].pids = slices.Compact(rows[i].pids)
	}
}

// extractZone moves the interface index, which the KAME stack keeps in the
// second 16 bits of a link-local address (fe80:4::1 for fe80::1 on interface
// 4), into the zone.
func extractZone(ap netip.AddrPort, name func(index int) string) netip.AddrPort {
	a := ap.Addr()
	if !a.Is6() || a.Zone() != "" || !a.IsLinkLocalUnicast() && !a.IsLinkLocalMulticast() {
		return ap
	}
	b := a.As16()
	index := int(b[2])<<8 | int(b[3])
	if index == 0 {
		return ap
	}
	b[2], b[3] = 0, 0
	return netip.AddrPortFrom(netip.AddrFrom16(b).WithZone(name(index)), ap.Port())
}

// interfaceName is the index itself for an interface that is gone.
func interfaceName(index int) string {
	ifi, err := net.InterfaceByIndex(index)
	if err != nil {
		return fmt.Sprint(index)
	}
	return ifi.Name
}
