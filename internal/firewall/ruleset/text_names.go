package ruleset

import (
	"fmt"
	"strings"
)

// metaName is what nft calls a key of meta, which it leaves "meta" out of for
// interfaces.
func metaName(key uint32) string {
	names := [...]string{"length", "protocol", "priority", "mark", "iif", "oif", "iifname", "oifname", "iiftype", "oiftype", "skuid", "skgid", "nftrace", "rtclassid", "secmark", "nfproto", "l4proto", "ibrname", "obrname", "pkttype", "cpu", "iifgroup", "oifgroup", "cgroup", "random", "secpath", "iifkind", "oifkind", "ibrpvid", "ibrvproto", "time", "day", "hour", "sdif", "sdifname", "broute"}
	if int(key) >= len(names) {
		return fmt.Sprintf("meta <%d>", key)
	}
	name := names[key]
	if strings.HasPrefix(name, "iif") || strings.HasPrefix(name, "oif") {
		return name
	}
	return "meta " + name
}

func metaForm(key uint32) form {
	switch key {
	case MetaProtocol:
		return formEther
	case MetaMark:
		return formMark
	case MetaIIFName, MetaOIFName, MetaIIFKind, MetaOIFKind, MetaBriIIFName, MetaBriOIFName, MetaSDIFName:
		return formName
	case MetaNFProto:
		return formNFProto
	case MetaL4Proto:
		return formProto
	case MetaPktType:
		return formPktType
	case MetaPriority:
		return formHex
	case MetaIIFType, MetaOIFType:
		return formHex
	}
	return formNative
}

func ctName(key uint32) string {
	names := [...]string{"state", "direction", "status", "mark", "secmark", "expiration", "helper", "l3proto", "saddr", "daddr", "protocol", "proto-src", "proto-dst", "label", "packets", "bytes", "avgpkt", "zone", "event", "ip saddr", "ip daddr", "ip6 saddr", "ip6 daddr", "id"}
	if int(key) >= len(names) {
		return fmt.Sprintf("<%d>", key)
	}
	return names[key]
}

func ctText(e *Ct) string {
	if !e.HasDirection {
		return ctName(e.Key)
	}
	return formDirection.show([]byte{e.Direction}) + " " + ctName(e.Key)
}

func ctForm(key uint32) form {
	switch key {
	case CtState:
		return formState
	case CtStatus:
		return formStatus
	case CtDirection:
		return formDirection
	case CtMark:
		return formMark
	case CtL3Proto:
		return formNFProto
	case CtProtocol:
		return formProto
	case CtProtoSrc, CtProtoDst:
		return formPort
	case CtSrcIP, CtDstIP:
		return formAddress4
	case CtSrcIP6, CtDstIP6:
		return formAddress6
	}
	return formHex
}

func fibText(e *Fib) string {
	var keys []string
	for i, name := range []string{"saddr", "daddr", "mark", "iif", "oif"} {
		if e.Flags&(1<<i) != 0 {
			keys = append(keys, name)
		}
	}
	result := [...]string{"", "oif", "oifname", "type"}[min(e.Result, 3)]
	return "fib " + strings.Join(keys, " . ") + " " + result
}

func fibForm(e *Fib) form {
	switch {
	case e.Flags&FibPresent != 0:
		return formExists
	case e.Result == FibResultType:
		return formAddrType
	case e.Result == FibResultOIFName:
		return formName
	}
	return formNative
}

// printPayload prints a change, or names what is loaded.
func (p *printer) printPayload(e *Payload) {
	t := p.payloadTerm(e)
	if e.Source != NoRegister {
		p.flush()
		p.add("%s set %s", t.text, p.text(p.at(e.Source), t.form))
		return
	}
	p.load(e.Dest, t)
}

// payloadTerm names a place in a header. A part of an address stands for a
// prefix of it.
func (p *printer) payloadTerm(e *Payload) term {
	switch {
	case e.Base == BaseTransport:
		if t, ok := p.transportTerm(e); ok {
			return t
		}
	case e.Base == BaseNetwork:
		for _, h := range []struct {
			name   string
			v6     bool
			at     int
			length int
			form   form
		}{
			{"ip saddr", false, 12, 4, formAddress4}, {"ip daddr", false, 16, 4, formAddress4},
			{"ip6 saddr", true, 8, 16, formAddress6}, {"ip6 daddr", true, 24, 16, formAddress6},
			{"ip protocol", false, 9, 1, formProto}, {"ip ttl", false, 8, 1, formByte},
			{"ip length", false, 2, 2, formNumber}, {"ip id", false, 4, 2, formNumber}, {"ip frag-off", false, 6, 2, formNumber},
			{"ip6 nexthdr", true, 6, 1, formProto}, {"ip6 hoplimit", true, 7, 1, formByte}, {"ip6 length", true, 4, 2, formNumber},
		} {
			fits := e.Offset == h.at && (e.Len == h.length || h.form.isAddress() && e.Len < h.length && e.Len > 0)
			if fits && p.couldBe(h.v6, e.Len == h.length) {
				return term{text: h.name, form: h.form}
			}
		}
	}
	names := [...]string{"ll", "nh", "th", "ih"}
	return term{text: fmt.Sprintf("@%s,%d,%d", names[min(e.Base, 3)], e.Offset*8, e.Len*8), form: formHex}
}

// couldBe reports whether a header is of that family: by the table, by what was
// asked before, or by what only one of the two has.
func (p *printer) couldBe(v6, whole bool) bool {
	switch {
	case p.family == FamilyIPv4 || p.l3 == byte(FamilyIPv4):
		return !v6
	case p.family == FamilyIPv6 || p.l3 == byte(FamilyIPv6):
		return v6
	}
	return whole
}

func (p *printer) transportTerm(e *Payload) (t term, ok bool) {
	proto := protoName(p.l4)
	if proto != "tcp" && proto != "udp" && proto != "udplite" && proto != "sctp" && proto != "dccp" {
		proto = "th"
	}
	switch {
	case e.Offset == 0 && e.Len == 2:
		return term{text: proto + " sport", form: formPort}, true
	case e.Offset == 2 && e.Len == 2:
		return term{text: proto + " dport", form: formPort}, true
	case proto == "tcp" && e.Offset == 13 && e.Len == 1:
		return term{text: "tcp flags", form: formTCPFlags}, true
	}
	return t, false
}

func (p *printer) numberTerm(e *Number) term {
	offset := ""
	if e.Offset != 0 {
		offset = fmt.Sprintf(" offset %d", e.Offset)
	}
	text := fmt.Sprintf("%s mod %d%s", e.Name, e.Modulus, offset)
	if e.Name == "jhash" {
		var names []string
		for _, t := range p.keyTerms(e.Source, &Set{KeyLen: e.Len}) {
			names = append(names, t.text)
		}
		text = fmt.Sprintf("jhash %s mod %d%s", strings.Join(names, " . "), e.Modulus, offset)
	}
	return term{text: text, form: formNative}
}
