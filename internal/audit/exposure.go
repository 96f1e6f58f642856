package audit

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"porthole/internal/program"
	"porthole/internal/record"
)

// exposureText puts the exposure of a socket into words.
func exposureText(r record.Record, reach string) string {
	v6only := r.V6Only != nil && *r.V6Only
	switch reach {
	case "local":
		return "hosts on the local network can reach it"
	case "public":
		return "any host with a route to it can reach it"
	case "all":
		switch {
		case r.Addr == "::" && v6only:
			return "it listens on every IPv6 address"
		case r.Addr == "::":
			return "it listens on every address"
		}
		return "it listens on every IPv4 address"
	default:
		return "who can reach it is not known"
	}
}

func internalExposed(v *view) (matches []match) {
	for _, r := range v.waiting {
		reach := v.reach(r)
		if reach == "loopback" {
			continue
		}
		s, sure := internalService(r)
		if s.Internal == "" {
			continue
		}
		m := match{record: r, evidence: fmt.Sprintf("%s is %s; held by %s; %s", s.Name, s.Internal, holder(r), exposed(r, reach))}
		if !sure {
			m.evidence = fmt.Sprintf("port %d: %s; %s is %s; held by %s; %s", r.Port, r.NumberWords(), s.Name, s.Internal, holder(r), exposed(r, reach))
		}
		switch {
		case reach == byNobody:
			m.severity = record.SeverityLow
		case !sure, reach == "local", reach == "":
			m.severity = record.SeverityMedium
		}
		matches = append(matches, m)
	}
	return matches
}

// internalService returns the service of a socket, if it is one that belongs on an
// internal network. It is sure if the program is one that offers the service, or
// relays a registered number. The number alone counts where the program is not known,
// and without a registration only where it is hidden or a relay.
func internalService(r record.Record) (s program.Service, sure bool) {
	programs := programs(r)
	name, by := r.Number()
	s, listed := program.Named(name)
	listed = listed && s.Internal != "" && (r.Proto == "tcp" || name == "memcached")
	registered := by != record.ByCommon
	if listed && slices.ContainsFunc(programs, func(p program.Program) bool { return p.Offers(s) || registered && p.Forwards() }) {
		return s, true
	}
	for _, p := range programs {
		if k, ok := p.Internal(); ok && r.Proto == "tcp" {
			return k, true
		}
	}
	switch {
	case !listed, r.Kernel != "" && r.Service != s.Name:
		return program.Service{}, false
	case len(programs) == 0, slices.ContainsFunc(programs, program.Program.Relays):
		return s, false
	case !registered, slices.ContainsFunc(programs, program.Program.Known):
		return program.Service{}, false
	}
	return s, false
}

func plaintextExposed(v *view) (matches []match) {
	// Redirects and ACME need http, and a public name server is for everyone.
	const usual = "http http-alt domain"
	for _, r := range v.waiting {
		if r.Plaintext == nil || !*r.Plaintext || v.reach(r) == "loopback" {
			continue
		}
		m := match{record: r, evidence: fmt.Sprintf("%s sends everything in plain text; held by %s; %s", r.Service, holder(r), exposed(r, v.reach(r)))}
		if r.ServiceBy == record.ByCommon || slices.ContainsFunc(programs(r), program.Program.Relays) {
			m.evidence = fmt.Sprintf("port %d: %s; %s", r.Port, r.NumberWords(), m.evidence)
		}
		if advice, found := strings.CutPrefix(r.Secure, "nothing: "); found {
			m.evidence += "; " + advice
		} else if r.Secure != "" {
			m.evidence += "; use instead: " + r.Secure
		}
		if slices.Contains(strings.Fields(usual), r.Service) || v.reach(r) == "local" || v.reach(r) == "" || v.reach(r) == byNobody {
			m.severity = record.SeverityLow
		}
		matches = append(matches, m)
	}
	return matches
}

// serviceMismatch is about registered numbers: what is merely common on a number
// misleads nobody who finds another program there.
func serviceMismatch(v *view) (matches []match) {
	for _, r := range v.waiting {
		if fits, known := Fits(r); known && !fits {
			matches = append(matches, match{record: r, evidence: fmt.Sprintf("%s port %d: %s; held by %s", r.Proto, r.Port, r.NumberWords(), holder(r))})
		}
	}
	return matches
}

// Fits reports whether a holder of a socket is a program for what its port is
// registered for, by IANA or by the user. Known is false if there is no registration,
// or the programs for that service, or the holders, are not known.
func Fits(r record.Record) (fits, known bool) {
	name, by := r.Number()
	s, ok := program.Named(name)
	programs := programs(r)
	if !ok || by == record.ByCommon || len(programs) == 0 {
		return false, false
	}
	return slices.ContainsFunc(programs, func(p program.Program) bool { return p.Offers(s) || p.Forwards() }), true
}

// programs returns what the holders of a socket run, but for those that another
// holder started.
func programs(r record.Record) []program.Program {
	var out []program.Program
	for _, p := range r.Holders() {
		known := p.Exe != "" || p.Name != "" || len(p.Cmdline) > 0
		if known && !p.StartedByAny(r.Holders()) {
			out = append(out, program.Identify(p))
		}
	}
	return out
}

// holder names the holders of a socket, or says why they are not known.
func holder(r record.Record) string {
	var list []string
	for _, p := range r.Holders() {
		if text := programText(p); text != "" && !p.StartedByAny(r.Holders()) && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	switch {
	case len(list) > 0:
		return strings.Join(list, ", ")
	case r.Kernel != "":
		return "the kernel (" + r.Kernel + ")"
	case r.Hidden == "no-owner":
		return "no process that was found"
	}
	return "a process that is hidden (" + cmp.Or(r.Hidden, "not looked for") + ")"
}

// programText is the executable of a process with its user, and before it the name of
// the process where the executable has another: redis-server (/usr/bin/redis-check-rdb).
func programText(p record.Process) string {
	exe := strings.TrimSuffix(p.Exe, " (deleted)")
	text := cmp.Or(exe, p.Name)
	if exe != "" && p.Name != "" && !strings.HasPrefix(path.Base(exe), p.Name) {
		text = fmt.Sprintf("%s (%s)", p.Name, exe)
	}
	if user := p.UserText(); text != "" && user != "" {
		text += " as " + user
	}
	return text
}
