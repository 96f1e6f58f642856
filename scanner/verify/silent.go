package verify

import (
	"slices"
	"time"
)

// Some servers say nothing but to their own request, and there is room for four
// on the connections that are left. How they take a ClientHello and a GET tells
// which to ask first: whether they close, whether they do so before they read
// all of it, and after how many bytes they know enough.

// behavior is how a server took a request.
type behavior uint8

const (
	unknown    behavior = iota
	waits               // it stays connected, and silent
	closes              // it closes
	resets              // it closes with something unread, which resets the connection
	says                // it answers something
	closesLate          // it closes after a while, as a server does that waited for more
)

// lateClose is how long after the first byte a server that closes is taken to have waited
// for more: one that sees that the first bytes are wrong closes at once, even if it is
// busy. Knot waits for 0.5 s.
const lateClose = 400 * time.Millisecond

// reaction is how a server took what it did not understand, and after how many
// bytes it closed.
type reaction struct {
	hello, get behavior
	cut        int      // of the GET
	ssl        behavior // to an SSLRequest of PostgreSQL, which is a length of 8 and four bytes more
	sslCut     int
}

// behaviorOf tells how the server took a request whose first byte was sent so long ago.
func (p *port) behaviorOf(r reply, took time.Duration) behavior {
	switch {
	case len(r.data) > 0:
		return says
	case r.end == quiet:
		return waits
	case took >= lateClose+p.rtt:
		return closesLate
	case r.end == closed:
		return closes
	}
	return resets
}

// reactions are those of servers that were measured, by protocol.
func reactions() map[string][]reaction {
	at := func(hello, get behavior, cut int) reaction { return reaction{hello: hello, get: get, cut: cut} }
	framed := func(ssl behavior, sslCut int) reaction { return reaction{closes, closes, 4, ssl, sslCut} }
	return map[string][]reaction{
		"ajp13":           {framed(closes, 4)},                                             // Tomcat 10
		"bolt":            {framed(closes, 4)},                                             // by its framing
		"dns":             {at(closesLate, closesLate, 0)},                                 // BIND, Unbound, dnsmasq, Knot, NSD
		"epmd":            {at(closes, closes, 2)},                                         //
		"h2c":             {at(resets, resets, 18)},                                        // net/http without HTTP/1
		"memcached":       {at(closes, waits, 0)},                                          // with -B binary
		"fastcgi":         {at(resets, closes, 8)},                                         // PHP-FPM 8
		"git":             {at(resets, closes, 4)},                                         //
		"ident":           {at(resets, resets, 18)},                                        // oidentd
		"kafka":           {framed(waits, 0)},                                              // by its framing
		"ldap":            {at(closes, waits, 0)},                                          // OpenLDAP 2.5
		"mqtt":            {at(resets, resets, 2)},                                         // Mosquitto 2
		"mssql":           {at(closes, closes, 8)},                                         // by its framing
		"openvpn":         {at(closes, closes, 2)},                                         //
		"postgresql":      {at(closes, closes, 4)},                                         //
		"rpcbind":         {framed(waits, 0), at(waits, waits, 0), at(closes, closes, 18)}, // by its framing; the last is ypserv 4.2
		"sip":             {at(waits, closes, 0)},                                          // Kamailio
		"smb":             {at(waits, waits, 0)},                                           // Samba 4.17
		"socks5":          {at(resets, closes, 2)},                                         // Dante
		"stun":            {at(waits, resets, 0)},                                          // coturn
		"uwsgi":           {framed(closes, 4)},                                             //
		"x11":             {at(closes, closes, 18)},                                        // Xvfb
		"zabbix-agent":    {at(closes, closes, 2), at(resets, closes, 18)},                 // the second is agent 2
		"nrpe":            {at(resets, resets, 18)},                                        // NRPE 4.1
		"rdp":             {at(closes, waits, 0)},                                          // FreeRDP
		"usbip":           {{resets, closes, 8, closes, 8}},                                //
		"zabbix-trapper":  {{closes, closes, 2, closes, 4}},                                // Zabbix proxy 6
		"zookeeper":       {framed(waits, 0)},                                              //
		"adc":             {at(resets, resets, 4)},                                         // uHub 0.4
		"apcupsd":         {at(resets, closes, 2)},                                         // apcupsd 3.14
		"dicom":           {{resets, resets, 8, resets, 8}},                                // DCMTK 3.6
		"firebird":        {framed(closes, 4)},                                             // Firebird 3
		"giop":            {at(closes, closes, 18)},                                        // omniORB 4.2
		"java-rmi":        {{closes, closes, 8, closes, 8}},                                // OpenJDK 17
		"libvirt":         {{resets, closes, 4, closes, 8}},                                // libvirt 9
		"milter":          {{resets, resets, 8, waits, 0}},                                 // OpenDKIM 2.11
		"ovsdb":           {at(closes, closes, 2)},                                         // Open vSwitch 3.1
		"pulseaudio":      {at(resets, waits, 0)},                                          // PulseAudio 16
		"quassel":         {framed(waits, 0)},                                              // Quassel 0.14
		"sane":            {framed(closes, 4)},                                             // sane-utils 1.2
		"snapcast-stream": {at(closes, waits, 0)},                                          // Snapcast 0.26
	}
}

// pieces are the ends of the pieces of a GET: two bytes hold the length in many
// framings, four in others, eight a header of FastCGI.
func pieces() []int { return []int{2, 4, 8} }

// dislikes reports that the port closes on what is not its own, so that it can
// be told at which byte.
func (p *port) dislikes() bool {
	return p.reaction.hello == closes || p.reaction.hello == resets || p.reaction.hello == closesLate || p.secure
}

// putInPieces sends a request in pieces and notes how the server reacted, and after how
// many bytes.
func (p *port) putInPieces(request []byte, ends []int, took *behavior, cut *int, wait waitFunc, judge func(reply) verdict) reply {
	// Two pauses and what a busy server needs are less than lateClose.
	from, pause := 0, 2*p.rtt+25*time.Millisecond+min(max(2*p.lag, p.helloTook), 100*time.Millisecond)
	began := time.Now()
	for _, end := range ends {
		r := p.exchange(request[from:end], fixedWait(pause), judge)
		if from = end; r.gone() || len(r.data) > 0 {
			*took, *cut = p.behaviorOf(r, time.Since(began)), end
			return r
		}
	}
	r := p.exchange(request[from:], wait, judge)
	if *took, *cut = p.behaviorOf(r, time.Since(began)), len(request); *took == waits {
		*cut = 0
	}
	return r
}

// alike reports that a server with a measured behavior may be seen with another: one that
// closes late seems to wait if we leave before, and one that closes at once does so late
// on a slow machine.
func alike(measured, seen behavior) bool {
	return measured == seen || measured == closesLate && seen == waits || (measured == closes || measured == resets) && seen == closesLate
}

// silent lists what is to be asked of a port that does not tell what it is, the
// likeliest first.
func (p *port) silent() []*protocol {
	known := reactions()
	likeness := func(proto *protocol) int {
		if p.secure { // it may be a proxy, whose reaction to a GET tells nothing about the server
			return min(len(proto.tls), 1)
		}
		best := 0
		for _, r := range known[proto.name] {
			n := 0
			if alike(r.hello, p.reaction.hello) {
				n++
			}
			if alike(r.get, p.reaction.get) {
				n += 2
			}
			if n == 3 && (r.cut == p.reaction.cut || r.get == closesLate) {
				n++
			}
			if p.reaction.ssl != unknown && r.ssl != unknown {
				if alike(r.ssl, p.reaction.ssl) && r.sslCut == p.reaction.sslCut {
					n++
				} else {
					n = 0
				}
			}
			best = max(best, n)
		}
		return best
	}
	var list []*protocol
	for _, proto := range p.table {
		if proto.rank > 0 && !p.tried[proto] {
			list = append(list, proto)
		}
	}
	slices.SortStableFunc(list, func(a, b *protocol) int {
		if a.rank == 1 || b.rank == 1 { // a page
			return a.rank - b.rank
		}
		if x, y := likeness(a), likeness(b); x != y {
			return y - x
		}
		return a.rank - b.rank
	})
	return list
}

// nextSilent is the likeliest protocol that was not asked yet, or nil if there
// is no connection left for it.
func (p *port) nextSilent() *protocol {
	list := p.silent()
	if len(list) == 0 || p.hangs() || p.opened >= mostConnections-p.reserve() {
		return nil
	}
	return list[0]
}

// reserve is the connection that late wants, if the port waited through all
// that it was asked.
func (p *port) reserve() int {
	if p.answered || p.secure || p.lateWait() <= 0 || p.reaction.hello != waits || p.reaction.get != waits && p.reaction.get != unknown {
		return 0
	}
	return 1
}

// hangs reports that a port is silent to what its number tells as well, and that there
// is no time to wait longer, or that the port is a mail server's and was waited for.
func (p *port) hangs() bool {
	known, _ := p.known()
	return (p.lateGreeting() < 0 || p.knownMail()) && len(known) > 0 && p.reaction.hello == waits && p.reaction.get == waits
}
