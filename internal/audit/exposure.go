package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
)

// reach is who can come to a socket. Another namespace's addresses are those
// of its inner network: what is behind its own door is not open to the world.
func (v *view) reach(r record.Record) string {
	if !r.InNetNS(v.NetNS) && r.Exposure != "loopback" {
		return "local"
	}
	return r.Exposure
}

// words says a reach in a sentence.
func words(reach string) string {
	switch reach {
	case "local":
		return "neighbours can reach it"
	case "public":
		return "anyone with a route to it can reach it"
	default:
		return "it listens on every address"
	}
}

func internalExposed(v *view) (hits []hit) {
	for _, r := range v.waiting {
		reach := v.reach(r)
		if reach == "loopback" {
			continue
		}
		what, sure := insideService(r)
		if what.inside == "" {
			continue
		}
		h := hit{record: r, evidence: fmt.Sprintf("%s is %s; held by %s; %s (%s)", what.service, what.inside, holder(r), words(reach), r.Addr)}
		if !sure {
			h.evidence = fmt.Sprintf("port %d is registered for %s, %s; held by %s; %s (%s)", r.Port, what.service, what.inside, holder(r), words(reach), r.Addr)
		}
		if !sure || reach == "local" {
			h.severity = record.SeverityMedium
		}
		hits = append(hits, h)
	}
	return hits
}

// insideService is what a socket offers that belongs inside; sure tells that
// the program itself says so, or that the port is all that can be known.
func insideService(r record.Record) (what known, sure bool) {
	names := programs(r)
	for _, name := range names {
		if k, ok := runs(name); ok {
			return k, true
		}
	}
	k, ok := find(r.Service)
	if !ok || k.inside == "" || r.Proto != "tcp" && r.Service != "memcached" {
		return known{}, false
	}
	return k, slices.ContainsFunc(names, func(name string) bool { return has(k.programs, name) || has(forwarders(), name) })
}

func plaintextExposed(v *view) (hits []hit) {
	// Redirects and certificates need the one, and the others answer strangers
	// by their nature.
	const usual = "http http-alt domain"
	for _, r := range v.waiting {
		if r.Plaintext == nil || !*r.Plaintext || v.reach(r) == "loopback" {
			continue
		}
		h := hit{record: r, evidence: fmt.Sprintf("%s sends everything in the clear; held by %s; %s (%s)", r.Service, holder(r), words(v.reach(r)), r.Addr)}
		if r.Secure != "" {
			h.evidence += "; what replaces it: " + r.Secure
		}
		if has(usual, r.Service) || v.reach(r) == "local" {
			h.severity = record.SeverityLow
		}
		hits = append(hits, h)
	}
	return hits
}

func serviceMismatch(v *view) (hits []hit) {
	for _, r := range v.waiting {
		if fits, judged := Fits(r); judged && !fits {
			hits = append(hits, hit{record: r, evidence: fmt.Sprintf("%s port %d is registered for %s; held by %s", r.Proto, r.Port, r.Service, holder(r))})
		}
	}
	return hits
}

// Fits tells whether a holder of a socket is what its port is registered for.
// It is judged only where the service's programs and the holders are known.
func Fits(r record.Record) (fits, judged bool) {
	k, ok := find(r.Service)
	names := programs(r)
	if !ok || len(names) == 0 {
		return false, false
	}
	return slices.ContainsFunc(names, func(name string) bool {
		return has(k.programs, name) || has(forwarders(), name) || strings.Contains(name, k.service)
	}), true
}

// holder names who holds a socket, or why that is not known.
func holder(r record.Record) string {
	if list := r.Programs(); len(list) > 0 {
		return strings.Join(list, ", ")
	}
	return "a process that is hidden (" + cmp.Or(r.Hidden, "not looked for") + ")"
}
