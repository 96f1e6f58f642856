package explain

import (
	"fmt"
	"slices"

	"porthole/internal/machine"
	"porthole/internal/record"
)

// ifFree says whether a port that nobody waits on can be bound.
func (pt port) ifFree(b *record.Bind) string {
	switch b.Outcome {
	case record.BindFree:
		return "Nobody waits on it, and it can be bound: it was just tried on every address."
	case record.BindDenied:
		return "Nobody waits on it, but this user may not bind it."
	case record.BindInUse:
		return "Nobody waits on it, but it cannot be bound now: the kernel says that it is in use."
	default:
		return "Nobody waits on it, but it could not be bound: " + b.Error + "."
	}
}

// bind tries to bind the port, and says what a new server in this network namespace
// has to reckon with.
func (pt port) bind() record.Bind {
	var b record.Bind
	b.Outcome, b.Error = pt.Bind(pt.label.Proto, pt.label.Port)
	b.Meets = append(b.Meets, pt.obstacles()...)
	b.Meets = append(b.Meets, pt.connectionsLeft()...)
	b.Meets = append(b.Meets, pt.rules()...)
	return b
}

// obstacles says how the sockets that wait on the port affect a new server.
func (pt port) obstacles() (out []string) {
	groups := make(map[uint64]int)
	var wild, specific []string
	for _, r := range pt.listeners {
		switch {
		case !r.InNetNS(pt.NetNS):
		case r.ReuseportGroup != 0:
			groups[r.ReuseportGroup]++
		case r.Addr == "0.0.0.0" || r.Addr == "::":
			wild = append(wild, r.Addr)
		default:
			specific = append(specific, r.Addr)
		}
	}
	for _, n := range groups {
		out = append(out, fmt.Sprintf("%d sockets share an address of it by SO_REUSEPORT: another socket of the same user may join them if it sets that option, too.", n))
	}
	if len(wild) > 0 {
		out = append(out, fmt.Sprintf("A new server that binds every address, or any single one, is refused because of the wildcard %s.", join(wild)))
	}
	if len(specific) > 0 {
		out = append(out, fmt.Sprintf("A new server that binds every address is refused because of %s; other single addresses are free.", join(specific)))
	}
	return out
}

// connectionsLeft says how other sockets with this local port affect a new server.
func (pt port) connectionsLeft() (out []string) {
	var timeWait, inactive, live int
	for _, r := range pt.connections {
		switch {
		case !r.InNetNS(pt.NetNS):
		case r.State == "time-wait":
			timeWait++
		case r.State == "bound-inactive" || r.State == "closed":
			inactive++
		default:
			live++
		}
	}
	if timeWait > 0 {
		out = append(out, fmt.Sprintf("%s in TIME_WAIT for up to a minute: a server that does not set SO_REUSEADDR is refused until then.", count(timeWait, "connection is", "connections are")))
	}
	if inactive > 0 {
		out = append(out, fmt.Sprintf("%s bound to it, but not listening: a new server is refused until that ends.", count(inactive, "socket is", "sockets are")))
	}
	if live > 0 && len(pt.listeners) == 0 {
		out = append(out, fmt.Sprintf("%s it as the local port: a server that does not set SO_REUSEADDR is refused until they end.", count(live, "connection has", "connections have")))
	}
	return out
}

// rules says which settings of the kernel are about this port.
func (pt port) rules() (out []string) {
	port := pt.label.Port
	if !pt.Ports.Known {
		return nil
	}
	reserved := slices.ContainsFunc(pt.Ports.Reserved, func(r machine.Range) bool { return r.Contains(port) })
	switch {
	case port < pt.Ports.FirstUnprivileged:
		out = append(out, fmt.Sprintf("It is privileged: to bind it, a program needs root or CAP_NET_BIND_SERVICE (ip_unprivileged_port_start is %d).", pt.Ports.FirstUnprivileged))
	case reserved:
		out = append(out, "It is in ip_local_reserved_ports: the kernel never chooses it for an outgoing connection.")
	case pt.Ports.Ephemeral.Contains(port):
		out = append(out, fmt.Sprintf("It is within ip_local_port_range (%d to %d): an outgoing connection may take it at any time; add it to net.ipv4.ip_local_reserved_ports to keep it free.", pt.Ports.Ephemeral.First, pt.Ports.Ephemeral.Last))
	}
	return out
}
