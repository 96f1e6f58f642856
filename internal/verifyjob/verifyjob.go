// Package verifyjob asks the listeners of this machine what answers on them.
//
// [Job.Run] takes the records of sockets and fills in their Verified: it asks each
// listener at an address that is its own, in its own network namespace, and puts
// the remarks beside the answer. Who holds a socket is known here, so that the
// program is asked first for what it speaks, and is contradicted if it does not.
package verifyjob

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"porthole/internal/label"
	"porthole/internal/program"
	"porthole/internal/record"
	"porthole/internal/remark"
	"porthole/scanner/verify"
)

// Job says how the listeners are asked.
type Job struct {
	All    bool          // also where every byte may do something, see [verify.Verifier]
	Expiry time.Duration // before the end of a certificate it is remarked on
	NetNS  uint64        // of this process; 0 if it is not known
	Bound  Bound         // all that is bound on this machine, also what is not asked

	// Done is called after each answer, with how many there are and how many ports
	// are asked. It may be nil.
	Done func(answers, ports int)
}

// Run asks those of the sockets that wait, and fills in their Verified. Sockets that
// share an address and port get one answer. It ends early with the error of ctx:
// sockets without an answer then stay without Verified.
func (j Job) Run(ctx context.Context, sockets []*record.Record) error {
	var groups []*group
	known := make(map[endpoint]*group)
	for _, r := range sockets {
		if !r.Waits() || r.Proto != "tcp" && r.Proto != "udp" {
			continue
		}
		at := endpoint{r.NetNS, r.Proto, r.Addr, r.Port, r.Device}
		g := known[at]
		if g == nil {
			g = &group{}
			known[at] = g
			groups = append(groups, g)
		}
		g.sockets = append(g.sockets, r)
	}
	namespaces := make(map[uint64]*netns)
	for _, g := range groups {
		j.plan(namespaces, g)
	}
	j.ask(ctx, namespaces)
	for _, g := range groups {
		g.finish(j)
	}
	return context.Cause(ctx)
}

// endpoint is where sockets wait.
type endpoint struct {
	netns       uint64
	proto, addr string
	port        uint16
	device      string
}

// group is the sockets that wait at one endpoint, and the answer.
type group struct {
	sockets []*record.Record
	asked   verify.Target
	answer  *record.Verified
}

// plan decides how a group is asked, or that it is not.
func (j Job) plan(namespaces map[uint64]*netns, g *group) {
	first := g.sockets[0]
	in := first.NetNS
	if in == j.NetNS {
		in = 0
	}
	if why := j.unasked(g); why != "" {
		g.leaveOut(why)
		return
	}
	s := namespaces[in]
	if s == nil {
		s = newNetNS(in, first, pidsOf(g.sockets))
		namespaces[in] = s
	}
	if s.err != nil { // another socket may know a way
		s.err = s.find(in, first, pidsOf(g.sockets))
	}
	if s.err != nil {
		g.leaveOut("its network namespace cannot be entered: " + s.err.Error())
		return
	}
	addr, ok := s.addrOf(first, j.Bound)
	if !ok {
		g.leaveOut("no address is its own alone")
		return
	}
	g.asked = verify.Target{Proto: first.Proto, Addr: netip.AddrPortFrom(addr, first.Port), Expect: expect(g.sockets)}
	s.groups = append(s.groups, g)
}

// unasked says why a group is not asked; "" if it is.
func (j Job) unasked(g *group) string {
	r := g.sockets[0]
	switch {
	case r.Device != "" && r.Device != "lo":
		return "it is bound to the interface " + r.Device + ", which this machine cannot reach it by"
	case r.Proto == "udp" && !verify.Usual(r.Proto, r.Port) && expect(g.sockets) == "":
		return "neither its number nor its process tells a protocol, and a datagram to a stranger may do something"
	}
	for _, s := range g.sockets {
		if why := remark.DebuggerOf(s); why != "" && !j.All {
			return why
		}
	}
	return ""
}

func (g *group) leaveOut(why string) {
	g.answer = &record.Verified{Outcome: record.OutcomeNotAsked, Reason: why}
}

// expect is the name by which the verifier knows the program that holds a socket;
// "" if it knows none of them.
func expect(sockets []*record.Record) string {
	for _, r := range sockets {
		for _, p := range r.Holders() {
			for _, name := range append(program.Identify(p).Names, p.Name) {
				switch {
				case name == "ssh": // the client, whose listener is a proxy (-D) if it is not a tunnel
					return "socks5"
				case verify.Knows(name):
					return name
				}
			}
		}
	}
	return ""
}

func pidsOf(sockets []*record.Record) (pids []int) {
	for _, r := range sockets {
		for _, p := range r.Holders() {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

// ask asks all groups, those of each namespace by a verifier of its own.
func (j Job) ask(ctx context.Context, namespaces map[uint64]*netns) {
	ports := 0
	for _, s := range namespaces {
		ports += len(s.groups)
	}
	var mu sync.Mutex
	answers := 0
	var all sync.WaitGroup
	for _, s := range namespaces {
		if len(s.groups) == 0 {
			continue
		}
		all.Go(func() {
			s.ask(ctx, j.verifier(len(namespaces)), func() {
				mu.Lock()
				defer mu.Unlock()
				if answers++; j.Done != nil {
					j.Done(answers, ports)
				}
			})
		})
	}
	all.Wait()
}

// verifier is one of n that work side by side.
func (j Job) verifier(n int) verify.Verifier {
	return verify.Verifier{Concurrency: max(4, verify.DefaultConcurrency/n), All: j.All, StartTLS: true, OldTLS: true}
}

// finish gives the answer of a group to its sockets, each with its own remarks.
func (g *group) finish(j Job) {
	if g.answer == nil {
		return
	}
	o := remark.Options{Now: time.Now(), Expiry: j.Expiry}
	for _, r := range g.sockets {
		v := *g.answer
		v.Info = slices.Clone(v.Info)
		r.Verified = &v
		o.Add(r)
	}
}

// answered keeps what was found out.
func (g *group) answered(s verify.Service) {
	g.answer = label.Verified(s)
	g.answer.Asked = g.asked.Addr.String()
}
