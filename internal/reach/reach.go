// Package reach tells who gets through to the sockets of this machine, past the
// rules of its firewalls: it asks internal/firewall about each of them, and puts
// the answers into records.
//
//	judge := reach.New(snapshot.Namespaces)
//	answers := judge.Sockets(list) // one for each socket
//
// What it is about depends on where connections come from. For a socket in the
// caller's own network namespace that is anywhere outside of this machine. For
// the published port of a container it is where the port is published, and the
// way from there to the container. For other sockets in other namespaces it is
// outside of those.
package reach

import (
	"fmt"
	"net/netip"
	"slices"

	"porthole/internal/firewall"
	"porthole/internal/record"
	"porthole/sockets"
)

// Judge answers for the sockets of some network namespaces. It keeps answers, and
// must not be used by several goroutines at once.
type Judge struct {
	topology firewall.Topology
	spaces   map[uint64]sockets.Namespace
	own      *firewall.Host                    // of the caller's namespace; nil if it was not read
	bare     map[*firewall.Host]*firewall.Host // hosts without translation, as far as they were needed
	known    map[question]firewall.Reach
	texts    map[*firewall.Some]*texts
}

// New makes a Judge of namespaces with what was read of their firewalls.
func New(namespaces []sockets.Namespace) *Judge {
	j := &Judge{
		spaces: make(map[uint64]sockets.Namespace, len(namespaces)),
		known:  make(map[question]firewall.Reach),
		texts:  make(map[*firewall.Some]*texts),
		bare:   make(map[*firewall.Host]*firewall.Host),
	}
	for _, n := range namespaces {
		j.spaces[n.Inode] = n
		if n.Firewall == nil {
			continue
		}
		j.topology.Hosts = append(j.topology.Hosts, n.Firewall)
		if n.Own {
			j.own = n.Firewall
		}
	}
	return j
}

// Same reports whether namespaces are those that the Judge was made of, and
// nothing has changed there since.
func (j *Judge) Same(namespaces []sockets.Namespace) bool {
	if j == nil || len(j.spaces) != len(namespaces) {
		return false
	}
	for _, n := range namespaces {
		if was, ok := j.spaces[n.Inode]; !ok || was.Firewall != n.Firewall {
			return false
		}
	}
	return true
}

// question is one for a host.
type question struct {
	host *firewall.Host
	firewall.Question
	at string // the published address and port that it is about; "" if it is about a socket's own
}

// Sockets answers for each socket. The answer is nil for what only this machine
// can reach, for what waits for nobody, and where no firewall is read: on other
// systems than Linux.
func (j *Judge) Sockets(list []*sockets.Socket) []*record.Reach {
	answers := make([]*record.Reach, len(list))
	if len(j.spaces) == 0 {
		return answers
	}
	asked := make([][]question, len(list))
	for i, s := range list {
		if s.State.Waits() && s.Exposure() != sockets.ExposureLoopback {
			asked[i], answers[i] = j.questions(s)
		}
	}
	j.ask(asked)
	input := make([][]question, len(list))
	for i := range list {
		if slices.ContainsFunc(asked[i], j.ledAway) {
			input[i] = j.withoutTranslation(asked[i])
		}
	}
	j.ask(input)
	for i := range list {
		if len(asked[i]) > 0 {
			answers[i] = j.answer(list[i], asked[i])
			answers[i].Input = j.inputVerdict(input[i])
		}
	}
	return answers
}

// ask finds the answers that are not known yet. It asks all questions about one host
// together, which costs little more than one of them.
func (j *Judge) ask(asked [][]question) {
	fresh := make(map[*firewall.Host][]question)
	for _, list := range asked {
		for _, q := range list {
			if _, ok := j.known[q]; !ok {
				j.known[q] = firewall.Reach{}
				fresh[q.host] = append(fresh[q.host], q)
			}
		}
	}
	for host, list := range fresh {
		questions := make([]firewall.Question, len(list))
		for i := range list {
			questions[i] = list[i].Question
		}
		for i, r := range j.topology.Judge(host, questions) {
			j.known[list[i]] = r
		}
	}
}

// ledAway reports whether connections do not meet the rules for a host's own ports.
func (j *Judge) ledAway(q question) bool { return j.known[q].LedAway() }

// withoutTranslation is questions about hosts that lead nothing elsewhere.
func (j *Judge) withoutTranslation(asked []question) (list []question) {
	for _, q := range asked {
		bare := j.bare[q.host]
		if bare == nil {
			bare = q.host.WithoutTranslation()
			j.bare[q.host] = bare
		}
		q.host = bare
		list = append(list, q)
	}
	return list
}

// inputVerdict is the verdict of the rules for a host's own ports; "" if they were not
// asked.
func (j *Judge) inputVerdict(input []question) string {
	if len(input) == 0 {
		return ""
	}
	var verdicts []firewall.Verdict
	for _, q := range input {
		verdicts = append(verdicts, j.known[q].Verdict)
	}
	return together(verdicts).String()
}

// publishedMost is about how many published ports of one socket is asked.
const publishedMost = 64

// questions are those about a socket, or the answer if nothing can be asked.
func (j *Judge) questions(s *sockets.Socket) ([]question, *record.Reach) {
	if s.Proto != "tcp" && s.Proto != "udp" {
		return nil, unknown("rules are followed for TCP and UDP alone")
	}
	if len(s.PublishedAt) == 0 {
		host, refusal := j.host(s.NetNS)
		if refusal != nil {
			return nil, refusal
		}
		var list []question
		for _, addr := range addrs(s, host) {
			list = append(list, question{host: host, Question: firewall.Question{Addr: addr, Proto: s.Proto, Port: s.Local.Port(), Device: s.Device}})
		}
		return list, nil
	}
	var list []question
	for _, at := range s.PublishedAt {
		host, refusal := j.host(at.NetNS)
		if refusal != nil {
			return nil, refusal
		}
		for port := int(at.First); port <= int(at.Last); port++ {
			q := firewall.Question{Addr: at.Addr, Proto: s.Proto, Port: uint16(port)}
			list = append(list, question{host: host, Question: q, at: netip.AddrPortFrom(at.Addr, q.Port).String()})
		}
		if len(list) > publishedMost {
			return nil, unknown(fmt.Sprintf("it is published at more than %d ports", publishedMost))
		}
	}
	return list, nil
}

// host finds the firewall of a namespace, or says why there is none.
func (j *Judge) host(netns uint64) (*firewall.Host, *record.Reach) {
	n, known := j.spaces[netns]
	switch {
	case !known:
		return nil, unread("its network namespace is not known")
	case n.Firewall == nil:
		return nil, unread("its network namespace could not be entered to read the firewall's rules")
	case len(n.Firewall.Unread) > 0:
		return nil, unread(n.Firewall.Unread[0])
	}
	return n.Firewall, nil
}

// addrs are the addresses to ask about: a socket on [::] takes IPv4, too, if it
// was not told otherwise. Families without an address are left out.
func addrs(s *sockets.Socket, host *firewall.Host) []netip.Addr {
	addr := s.Local.Addr().WithZone("").Unmap()
	if addr != netip.IPv6Unspecified() || s.V6Only == sockets.TristateYes {
		return []netip.Addr{addr}
	}
	v4, v6 := host.Addressed(false), host.Addressed(true)
	switch {
	case v4 && !v6:
		return []netip.Addr{netip.IPv4Unspecified()}
	case v6 && !v4:
		return []netip.Addr{addr}
	}
	return []netip.Addr{netip.IPv4Unspecified(), addr}
}

func unknown(why string) *record.Reach {
	return &record.Reach{Verdict: record.ReachUnknown, Why: why}
}

func unread(why string) *record.Reach {
	return &record.Reach{Verdict: record.ReachUnknown, Why: why, Unread: true}
}
