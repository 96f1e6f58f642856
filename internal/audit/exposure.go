package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
)

// reach is the exposure of a socket. The addresses of another network namespace are
// those of an inner network, so that a wildcard there is not open to the world.
func (v *view) reach(r record.Record) string {
	if !r.InNetNS(v.NetNS) && r.Exposure != "loopback" {
		return "local"
	}
	return r.Exposure
}

// exposureText puts an exposure into words.
func exposureText(reach string) string {
	switch reach {
	case "local":
		return "hosts on the local network can reach it"
	case "public":
		return "any host with a route to it can reach it"
	default:
		return "it listens on every address"
	}
}

func internalExposed(v *view) (matches []match) {
	for _, r := range v.waiting {
		reach := v.reach(r)
		if reach == "loopback" {
			continue
		}
		s, sure := internalService(r)
		if s.internal == "" {
			continue
		}
		m := match{record: r, evidence: fmt.Sprintf("%s is %s; held by %s; %s (%s)", s.name, s.internal, holder(r), exposureText(reach), r.Addr)}
		if !sure {
			m.evidence = fmt.Sprintf("port %d is registered for %s, %s; held by %s; %s (%s)", r.Port, s.name, s.internal, holder(r), exposureText(reach), r.Addr)
		}
		if !sure || reach == "local" {
			m.severity = record.SeverityMedium
		}
		matches = append(matches, m)
	}
	return matches
}

// internalService returns the service of a socket, if it is one that belongs on an
// internal network. It is sure if the program is one that offers the service, or a
// forwarder, which does not show what is behind it.
func internalService(r record.Record) (s service, sure bool) {
	names := programs(r)
	for _, name := range names {
		if k, ok := serviceOfProgram(name); ok {
			return k, true
		}
	}
	k, ok := serviceByName(r.Service)
	if !ok || k.internal == "" || r.Proto != "tcp" && r.Service != "memcached" {
		return service{}, false
	}
	return k, slices.ContainsFunc(names, func(name string) bool { return has(k.programs, name) || has(forwarders(), name) })
}

func plaintextExposed(v *view) (matches []match) {
	// Redirects and ACME need http, and a public name server is for everyone.
	const usual = "http http-alt domain"
	for _, r := range v.waiting {
		if r.Plaintext == nil || !*r.Plaintext || v.reach(r) == "loopback" {
			continue
		}
		m := match{record: r, evidence: fmt.Sprintf("%s sends everything in plain text; held by %s; %s (%s)", r.Service, holder(r), exposureText(v.reach(r)), r.Addr)}
		if r.Secure != "" {
			m.evidence += "; use instead: " + r.Secure
		}
		if has(usual, r.Service) || v.reach(r) == "local" {
			m.severity = record.SeverityLow
		}
		matches = append(matches, m)
	}
	return matches
}

func serviceMismatch(v *view) (matches []match) {
	for _, r := range v.waiting {
		if fits, known := Fits(r); known && !fits {
			matches = append(matches, match{record: r, evidence: fmt.Sprintf("%s port %d is registered for %s; held by %s", r.Proto, r.Port, r.Service, holder(r))})
		}
	}
	return matches
}

// Fits reports whether a holder of a socket is a program for what its port is
// registered for. Known is false if the programs for that service, or the holders,
// are not known.
func Fits(r record.Record) (fits, known bool) {
	k, ok := serviceByName(r.Service)
	names := programs(r)
	if !ok || len(names) == 0 {
		return false, false
	}
	return slices.ContainsFunc(names, func(name string) bool {
		return has(k.programs, name) || has(forwarders(), name) || strings.Contains(name, k.name)
	}), true
}

// holder names the holders of a socket, or says why they are not known.
func holder(r record.Record) string {
	if list := r.Programs(); len(list) > 0 {
		return strings.Join(list, ", ")
	}
	return "a process that is hidden (" + cmp.Or(r.Hidden, "not looked for") + ")"
}
