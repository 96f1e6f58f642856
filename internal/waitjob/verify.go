package waitjob

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"porthole/internal/label"
	"porthole/internal/record"
	"porthole/scanner/verify"
)

// ParseFor reads what to wait for: open, closed, free, or verified=NAME. The name is
// that of a protocol, as scan --verify shows it: http, tls/http, ssh. Names with an s
// for TLS are known, too (https), and tls is any protocol within TLS.
func ParseFor(text string) (what, protocol string, err error) {
	what, protocol, given := strings.Cut(text, "=")
	switch {
	case slices.Contains([]string{Open, Closed, Free}, what) && !given:
		return what, "", nil
	case what != Verified:
		return "", "", fmt.Errorf("unknown value %q; write open, closed, free or verified=NAME", text)
	case protocol == "":
		return "", "", errors.New("verified=NAME names a protocol; write verified=http")
	case !verify.Knows(strings.TrimPrefix(protocol, "tls/")) && !verify.Knows(withoutTLS(protocol)):
		return "", "", fmt.Errorf("no protocol %q can be verified; write its name as scan --verify shows it, such as http, tls/http or ssh", protocol)
	}
	return what, protocol, nil
}

// withoutTLS is the protocol within TLS that a name such as https stands for; "" if
// it is no such name.
func withoutTLS(name string) string {
	if plain, ok := strings.CutSuffix(name, "s"); ok && !verify.Knows(name) {
		return plain
	}
	return ""
}

// isProtocol reports whether an answer is of the protocol.
func isProtocol(v *record.Verified, name string) bool {
	tls := v.Transport == "tls"
	return v.Identified() && (v.Service == name || v.Protocol() == name || tls && name == "tls" || tls && v.Service == withoutTLS(name))
}

// listens takes a look at a port of this machine whose answer was asked for before. A
// listener that is new is asked at once.
func (p *Port) listens(was Port) {
	switch {
	case p.State == Closed:
		p.askAt = time.Time{}
	case p.at == was.at:
		p.State, p.Why, p.Holds = was.State, was.Why, was.Holds
	default:
		p.askAt = time.Time{}
	}
}

// verify asks what answers on the ports that are due.
func (j *Job) verify(ctx context.Context) error {
	var targets []verify.Target
	asked := make(map[verify.Target][]*Port)
	for _, p := range j.Ports {
		if p.Local() && !p.at.IsValid() || time.Now().Before(p.askAt) {
			continue
		}
		if !p.Local() {
			p.State, p.Why = "", ""
		}
		p.Holds = false
		addrs, err := j.answering(ctx, p)
		if err != nil {
			p.Why = err.Error()
		}
		for _, addr := range addrs {
			t := verify.Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, p.Port), Host: p.Host, Expect: j.expect()}
			if asked[t] = append(asked[t], p); len(asked[t]) == 1 {
				targets = append(targets, t)
			}
		}
	}
	v := verify.Verifier{LateMailOnly: true}
	for s, err := range v.VerifyAll(ctx, slices.Values(targets)) {
		for _, p := range asked[s.Target] {
			if p.askAt = time.Now().Add(j.Interval); err == nil && !p.Holds {
				p.heard(label.Verified(s), s.Target.Addr, j.Protocol)
			}
		}
	}
	return nil
}

// expect is what is asked first; "" if the name is no protocol's own.
func (j *Job) expect() string {
	for _, name := range []string{strings.TrimPrefix(j.Protocol, "tls/"), withoutTLS(j.Protocol)} {
		if verify.Knows(name) {
			return name
		}
	}
	return ""
}

// answering are the addresses at which a port is asked what answers.
func (j *Job) answering(ctx context.Context, p *Port) ([]netip.Addr, error) {
	switch at := p.at.Addr().Unmap(); {
	case !p.Local():
		return j.resolve(ctx, p)
	case !at.IsUnspecified():
		return []netip.Addr{at}, nil
	case p.Addr.IsValid():
		return []netip.Addr{p.Addr}, nil
	case at.Is4():
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	}
	return []netip.Addr{netip.IPv6Loopback()}, nil
}

// heard takes an answer.
func (p *Port) heard(v *record.Verified, at netip.AddrPort, protocol string) {
	p.Holds = isProtocol(v, protocol)
	p.State = cmp.Or(v.Protocol(), v.Outcome)
	why := []string{fmt.Sprintf("from %s", at)}
	for _, text := range []string{v.Program(), v.Reason, v.Error} {
		if text != "" {
			why = append([]string{text}, why...)
		}
	}
	if p.Why = strings.Join(why, " "); !v.Identified() && v.FirstBytes != "" {
		p.Why += ", which said " + v.FirstBytes
	}
}
