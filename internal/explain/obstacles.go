package explain

import (
	"fmt"
	"slices"

	"porthole/internal/machine"
	"porthole/internal/record"
)

// free says whether a port that nobody waits on can be had.
func (q question) free(b *record.Bind) string {
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

// bind tries the port and says what a new server would meet in this network
// namespace.
func (q question) bind() record.Bind {
	var b record.Bind
	b.Outcome, b.Error = q.Bind(q.label.Proto, q.label.Port)
	b.Meets = append(b.Meets, q.waiting()...)
	b.Meets = append(b.Meets, q.leftovers()...)
	b.Meets = append(b.Meets, q.rules()...)
	return b
}

// waiting is what those who are there mean for those who come.
func (q question) waiting() (out []string) {
	groups := make(map[uint64]int)
	var wild, specific []string
	for _, r := range q.here {
		switch {
		case !r.InNetNS(q.NetNS):
		case r.ReuseportGroup != 0:
			groups[r.ReuseportGroup]++
		case r.Addr == "0.0.0.0" || r.Addr == "::":
			wild = append(wild, r.Addr)
		default:
			specific = append(specific, r.Addr)
		}
	}
	for _, n := range groups {
		out = append(out, fmt.Sprintf("%d sockets share an address of it by SO_REUSEPORT: another of the same user that sets it, too, may join them.", n))
	}
	if len(wild) > 0 {
		out = append(out, fmt.Sprintf("A new server that binds every address, or any single one, is refused by the wildcard %s.", some(wild)))
	}
	if len(specific) > 0 {
		out = append(out, fmt.Sprintf("A new server that binds every address is refused because of %s; other single addresses are free.", some(specific)))
	}
	return out
}

// leftovers are connections that still have the port.
func (q question) leftovers() (out []string) {
	var timeWait, inactive, live int
	for _, r := range q.connections {
		switch {
		case !r.InNetNS(q.NetNS):
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
		out = append(out, fmt.Sprintf("%s bound to it without waiting: a new server is refused until that ends.", count(inactive, "socket is", "sockets are")))
	}
	if live > 0 && len(q.here) == 0 {
		out = append(out, fmt.Sprintf("%s it as the local port: a server that does not set SO_REUSEADDR is refused until they end.", count(live, "connection has", "connections have")))
	}
	return out
}

// rules are the kernel's for this port.
func (q question) rules() (out []string) {
	port := q.label.Port
	if !q.Ports.Known {
		return nil
	}
	reserved := slices.ContainsFunc(q.Ports.Reserved, func(r machine.Range) bool { return r.Contains(port) })
	switch {
	case port < q.Ports.FirstUnprivileged:
		out = append(out, fmt.Sprintf("It is privileged: to bind it a program needs root or CAP_NET_BIND_SERVICE (ip_unprivileged_port_start is %d).", q.Ports.FirstUnprivileged))
	case reserved:
		out = append(out, "It is in ip_local_reserved_ports: no outgoing connection takes it by itself.")
	case q.Ports.Ephemeral.Contains(port):
		out = append(out, fmt.Sprintf("It lies in ip_local_port_range (%d to %d): an outgoing connection may take it at any time; net.ipv4.ip_local_reserved_ports keeps it free.", q.Ports.Ephemeral.First, q.Ports.Ephemeral.Last))
	}
	return out
}
