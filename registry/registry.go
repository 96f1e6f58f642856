// Package registry says what a port means: the service that is registered or
// usually found there, its class, whether its protocol is plaintext, and which
// ports a port expression names.
//
// Start with [Registry.Lookup]:
//
//	var r registry.Registry
//	s, ok := r.Lookup("tcp", 443) // s.Name == "https"
//
// [Registry.ParsePorts] reads port expressions such as "22,80,8000-9000" or
// "T:common,U:53", and [Registry.Named] finds services by name or glob.
//
// Two tables are built in. iana.tsv is IANA's Service Name and Transport
// Protocol Port Number Registry (RFC 6335), which IANA dedicates to the public
// domain (CC0). curated.tsv is this project's own: the names that people use
// where IANA's differ or lack, the plaintext protocols with what replaces
// them, and the ranked common ports. [Registry.Load] adds a user's names.
//
// A label from this package is registered or common, never verified: it says what
// a port number is for, not what answers there. [Service.Source] tells the two
// apart.
//
// The package promises that nothing runs at program start, that a lookup
// allocates nothing, and that a Registry which is no longer loaded into may be
// used from any number of goroutines.
package registry

import (
	_ "embed" // for the tables
	"iter"
	"sync/atomic"
)

//go:generate go run ./gen -o iana.tsv

//go:embed iana.tsv
var ianaTable table

//go:embed curated.tsv
var curatedTable table

// Service is what a port of one protocol is for.
type Service struct {
	Port        uint16
	Proto       string // "tcp", "udp", "sctp" or "dccp"
	Name        string // the name people know, never ""
	IANA        string // the name that IANA registered, "" when it registered none
	Source      Source // who gave the port its Name
	Description string // one line in plain words, may be ""
	Plaintext   bool   // known to carry its data, often passwords too, unencrypted
	Secure      string // what replaces a plaintext protocol and where that is written, "ssh (RFC 4251)"; "" otherwise
	Common      bool   // in the ranked list that the set "common" names
}

// Source tells who gave a port its name.
type Source uint8

const (
	SourceIANA   Source = iota + 1 // IANA registered the port for this service, perhaps by another name
	SourceCommon                   // people commonly run it there, whatever is registered
	SourceUser                     // the user's services file
)

// Registry answers from the built-in tables and from what was loaded into it.
// The zero value and a nil *Registry have the built-in tables alone. Any number
// of goroutines may read a Registry at once, but not during [Registry.Load].
type Registry struct {
	user table

	// gap is where the last Lookup that failed found no row: the first port in
	// the upper half, the one behind the last in the lower. Lists come sorted,
	// and most of their ports have no service.
	gap atomic.Uint64
}

// Lookup returns the service of a port; proto is "tcp", "udp", "sctp" or
// "dccp". It reports false when neither IANA, nor this project, nor the user
// has a name for the port. It does not allocate.
func (r *Registry) Lookup(proto string, port uint16) (Service, bool) {
	p, ok := parseProtocol(proto)
	if !ok {
		return Service{}, false
	}
	if r.inGap(port) {
		return Service{}, false
	}
	pos := r.seek(port)
	s, ok := r.at(pos, p, port)
	if !ok && r != nil {
		r.gap.Store(uint64(port)<<32 | uint64(r.next(pos, int(port))))
	}
	return s, ok
}

// inGap reports whether no protocol has a row for the port, as far as that is
// remembered.
func (r *Registry) inGap(port uint16) bool {
	if r == nil {
		return false
	}
	gap := r.gap.Load()
	return uint64(port) >= gap>>32 && uint64(port) < gap&(1<<32-1)
}

// Services yields every named service of the set, by port and then in the
// order tcp, udp, sctp, dccp.
func (r *Registry) Services(p Ports) iter.Seq[Service] {
	return func(yield func(Service) bool) {
		for _, span := range p.spans() {
			for from := int(span.First); from <= int(span.Last); from++ {
				pos := r.seek(uint16(from))
				port := r.next(pos, from)
				if port > int(span.Last) {
					break
				}
				for proto := range protocols {
					if !p.contains(proto, uint16(port)) {
						continue
					}
					if s, ok := r.at(pos, proto, uint16(port)); ok && !yield(s) {
						return
					}
				}
				from = port
			}
		}
	}
}

func (r *Registry) userTable() table {
	if r == nil {
		return ""
	}
	return r.user
}

// position is an offset into each table, all for the same port.
type position struct{ user, curated, iana int }

func (r *Registry) seek(port uint16) position {
	return position{r.userTable().seek(port), curatedTable.seek(port), ianaTable.seek(port)}
}

// next returns the lowest port, at or above from, that some table has a row
// for; above 65535 when there is none. pos is the position of from.
func (r *Registry) next(pos position, from int) int {
	first := min(r.userTable().firstAt(pos.user), curatedTable.firstAt(pos.curated), ianaTable.firstAt(pos.iana))
	return max(first, from)
}

// at is Lookup from the position of the port.
func (r *Registry) at(pos position, p protocol, port uint16) (Service, bool) {
	user, inUser := r.userTable().findAt(pos.user, p, port)
	curated, inCurated := curatedTable.findAt(pos.curated, p, port)
	iana, inIANA := ianaTable.findAt(pos.iana, p, port)
	if !inUser && !inCurated && !inIANA {
		return Service{}, false
	}
	return compose(p, port, user, curated, iana), true
}

// compose makes one service of what the three tables say; a table that says
// nothing gives a zero row.
func compose(p protocol, port uint16, user, curated, iana row) Service {
	s := Service{Port: port, Proto: p.String(), IANA: iana.name, Common: curated.rank != ""}
	switch {
	case user.name != "":
		s.Name, s.Source = user.name, SourceUser
	case curated.name != "":
		s.Name, s.Source = curated.name, SourceCommon
	default:
		s.Name, s.Source = iana.name, SourceIANA
	}
	// IANA registered several names for some ports. Where the curated or the
	// user's name is one of them, it is that name's registration that counts.
	switch {
	case iana.has(user.name):
		s.IANA = user.name
	case iana.has(curated.name):
		s.IANA = curated.name
	}
	if s.Source == SourceCommon && (s.Name == s.IANA || iana.name != "" && curated.has(iana.name)) {
		s.Source = SourceIANA // people call it so, IANA perhaps by another name
	}
	if s.Name == curated.name {
		s.Plaintext, s.Secure = curated.secure != "", curated.secure
	}
	// A description belongs to a name: the one of websm would mislead beside
	// prometheus.
	switch {
	case user.description != "":
		s.Description = user.description
	case s.Name == iana.name && iana.description != "":
		s.Description = iana.description
	case s.Name == curated.name:
		s.Description = curated.description
	}
	return s
}
