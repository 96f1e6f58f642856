package reach

import (
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/firewall"
	"porthole/internal/record"
	"porthole/sockets"
)

// answer is what was found out about a socket. Of several questions some may have
// other answers than others.
func (j *Judge) answer(s *sockets.Socket, asked []question) *record.Reach {
	out := &record.Reach{}
	var open, closed []string                     // the rules that let in, and the others
	families := make(map[bool][]firewall.Verdict) // by whether it is IPv6
	for _, q := range asked {
		r := j.known[q]
		v6 := q.Addr.Is6()
		families[v6] = append(families[v6], r.Verdict)
		j.explain(out, r)
		if rule := ruleOf(r); nobody(r.Verdict) {
			closed = append(closed, rule)
		} else {
			open = append(open, rule)
		}
	}
	verdict := together(slices.Concat(families[false], families[true]))
	out.Verdict = verdict.String()
	if v4, v6 := together(families[false]), together(families[true]); len(families) == 2 && v4 != v6 {
		out.IPv4, out.IPv6 = v4.String(), v6.String()
	}
	if verdict == firewall.VerdictPartly {
		j.some(out, asked)
	}
	out.Rule = strings.Join(compact(append(open, closed...)), "; ")
	if out.Nobody() && out.Why == "" && s.Proto == "udp" && s.Local.Addr().IsUnspecified() {
		out.Why = "packets to multicast and broadcast addresses are not followed"
	}
	return out
}

// explain adds why an answer is as it is.
func (j *Judge) explain(out *record.Reach, r firewall.Reach) {
	for _, note := range r.Notes {
		if !slices.Contains(out.Notes, note) {
			out.Notes = append(out.Notes, note)
		}
	}
	why := r.Why()
	if d := r.Decision(); why == "" && d != nil && d.Kernel != "" {
		why = d.Kernel
	}
	if limit := r.Some().Limited; why == "" && limit != nil {
		why = "at an ordinary rate: there is " + limit.String()
	}
	if out.Why == "" || r.Verdict == firewall.VerdictUnknown && why != "" {
		out.Why = why
	}
}

// ruleOf is the text of the rule or policy that decided; "" if none did.
func ruleOf(r firewall.Reach) string {
	if d := r.Decision(); d != nil && d.Kernel == "" {
		return d.String()
	}
	return ""
}

// together is the verdict over several.
func together(list []firewall.Verdict) firewall.Verdict {
	sum := firewall.VerdictUnknown
	for i, v := range list {
		switch {
		case i == 0:
			sum = v
		case sum == firewall.VerdictUnknown || v == firewall.VerdictUnknown:
			return firewall.VerdictUnknown
		case nobody(sum) && nobody(v):
			if sum != v {
				sum = firewall.VerdictDrop
			}
		case sum != v:
			sum = firewall.VerdictPartly
		}
	}
	return sum
}

func nobody(v firewall.Verdict) bool {
	return v == firewall.VerdictDrop || v == firewall.VerdictReject
}

// some fills in who gets through, of several questions together.
func (j *Judge) some(out *record.Reach, asked []question) {
	var from, except sources
	var to, links []string
	anyLink, anyDest, closed := false, false, false
	for _, q := range asked {
		r := j.known[q]
		every := sources{list: []string{"0.0.0.0/0"}}
		if q.Addr.Is6() {
			every.list[0] = "::/0"
		}
		t := &texts{}
		if nobody(r.Verdict) {
			except.add(every)
			closed = true
			continue
		} else if r.Verdict == firewall.VerdictPartly {
			t = j.textsOf(r.Some())
		}
		if len(t.from.list) > 0 {
			every = t.from
		}
		from.add(every)
		except.add(t.except)
		links, anyLink = append(links, t.links...), anyLink || t.links == nil
		if to = append(to, t.to...); t.to == nil {
			to, anyDest = append(to, q.at), anyDest || q.at == ""
		}
	}
	switch {
	case except.within(from): // nobody is left out, or in one place who gets through in another
	case except.len() < from.len():
		out.Except, out.More = except.list, except.more
	default:
		out.From, out.More = from.list, from.more
	}
	if !anyLink {
		out.Interfaces = compact(links)
	}
	if !anyDest && (closed || asked[0].at == "") {
		out.To = compact(to)
	}
}

// prefixesMost is how many sources a record names.
const prefixesMost = 64

// sources is prefixes in words, and how many more there are.
type sources struct {
	list []string
	more int
}

func (s sources) len() int { return len(s.list) + s.more }

func (s *sources) add(other sources) {
	s.more += other.more
	for _, one := range other.list {
		switch {
		case slices.Contains(s.list, one):
		case len(s.list) < prefixesMost:
			s.list = append(s.list, one)
		default:
			s.more++
		}
	}
}

// within reports whether all of them are among others.
func (s sources) within(others sources) bool {
	return s.more == 0 && !slices.ContainsFunc(s.list, func(one string) bool { return !slices.Contains(others.list, one) })
}

// compact drops repeats and empty texts.
func compact(list []string) (out []string) {
	for _, s := range list {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// texts is a [firewall.Some] in words; what is empty does not matter.
type texts struct {
	from, except sources
	links, to    []string
}

func (j *Judge) textsOf(s *firewall.Some) *texts {
	t := j.texts[s]
	if t == nil {
		t = &texts{links: s.Interfaces, to: prefixes(s.To, len(s.To)).list}
		t.from, t.except = prefixes(s.From, prefixesMost), prefixes(s.Except, prefixesMost)
		j.texts[s] = t
	}
	return t
}

func prefixes(list []netip.Prefix, most int) (out sources) {
	out.more = max(len(list)-most, 0)
	for _, p := range list[:len(list)-out.more] {
		text := p.String()
		if p.IsSingleIP() {
			text = p.Addr().String()
		}
		out.list = append(out.list, text)
	}
	return out
}
