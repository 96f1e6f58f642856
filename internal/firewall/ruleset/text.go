package ruleset

import (
	"fmt"
	"strings"
)

// String is the rule's text as nft prints it, without what counters counted.
// Rules with matches and targets of iptables, and those of iptables-legacy, are
// as iptables-save prints them. What has no text is in angle brackets.
func (r *Rule) String() string {
	if r.ofIptables() {
		return r.iptablesText()
	}
	p := printer{rule: r, family: r.Chain.Table.Family}
	for _, e := range r.Exprs {
		p.print(e)
	}
	p.flush()
	if r.Comment != "" {
		p.add("comment %q", r.Comment)
	}
	return strings.Join(p.words, " ")
}

// term is what a register holds, in words.
type term struct {
	text  string
	form  form
	mask  []byte // nil for all
	value []byte // of a constant; then text is ""
}

// printer puts expressions into words.
type printer struct {
	rule   *Rule
	family Family
	regs   [Registers]term
	words  []string

	// Conditions that nft leaves out if a more exact one follows.
	l4, l3         byte // the protocols that were asked for
	l4text, l3text string

	least string // what was just printed as "at least", which may begin a range
}

func (p *printer) add(format string, args ...any) {
	p.words = append(p.words, fmt.Sprintf(format, args...))
}

// flush prints conditions that are held back.
func (p *printer) flush() {
	for _, held := range []*string{&p.l3text, &p.l4text} {
		if *held != "" {
			p.words = append(p.words, *held)
			*held = ""
		}
	}
}

func (p *printer) load(to Register, t term) {
	if to >= 0 {
		p.regs[to] = t
	}
}

func (p *printer) at(from Register) term {
	if from < 0 {
		return term{}
	}
	return p.regs[from]
}

func (p *printer) print(e Expr) {
	if _, same := e.(*Cmp); !same {
		p.least = ""
	}
	switch e := e.(type) {
	case *Meta:
		p.printMeta(e)
	case *Payload:
		p.printPayload(e)
	case *Ct:
		if e.Source != NoRegister {
			p.flush()
			p.add("ct %s set %s", ctName(e.Key), p.text(p.at(e.Source), ctForm(e.Key)))
			return
		}
		p.load(e.Dest, term{text: "ct " + ctText(e), form: ctForm(e.Key)})
	case *Immediate:
		if e.Verdict != nil {
			p.flush()
			p.add("%s", e.Verdict)
			return
		}
		p.load(e.Dest, term{value: e.Data})
	case *Cmp:
		p.printCmp(e)
	case *Range:
		t := p.at(e.Source)
		p.hold(t.text)
		p.add("%s %s%s-%s", t.text, notText(e.Not), t.form.show(e.From), t.form.show(e.To))
	case *Bitwise:
		p.printBitwise(e)
	case *Byteorder:
		t := p.at(e.Source)
		if t.form == formNative || t.form == formMark {
			t.form = t.form.turned()
		}
		p.load(e.Dest, t)
	case *Lookup:
		p.printLookup(e)
	case *Fib:
		p.load(e.Dest, term{text: fibText(e), form: fibForm(e)})
	case *Load:
		p.load(e.Dest, term{text: e.Name, form: formHex})
	case *Exthdr:
		p.load(e.Dest, term{text: fmt.Sprintf("exthdr %d", e.Type), form: formHex})
	case *Number:
		p.load(e.Dest, p.numberTerm(e))
	case *Dynset:
		for _, t := range p.keyTerms(e.Source, e.Set) {
			p.holdOnly(t.text)
		}
		p.flush()
		p.add("%s", p.dynsetText(e))
	default:
		p.flush()
		p.printStatement(e)
	}
}

func notText(not bool) string {
	if not {
		return "!= "
	}
	return ""
}

// String gives nft's words.
func (v *Verdict) String() string {
	names := map[int32]string{VerdictDrop: "drop", VerdictAccept: "accept", VerdictQueue: "queue", VerdictContinue: "continue", VerdictBreak: "break", VerdictReturn: "return"}
	switch v.Code {
	case VerdictJump:
		return "jump " + v.Chain
	case VerdictGoto:
		return "goto " + v.Chain
	}
	if name := names[v.Code]; name != "" {
		return name
	}
	return fmt.Sprintf("<verdict %d>", v.Code)
}

func (p *printer) printMeta(e *Meta) {
	name := metaName(e.Key)
	if e.Source != NoRegister {
		p.flush()
		p.add("meta %s set %s", strings.TrimPrefix(name, "meta "), p.text(p.at(e.Source), metaForm(e.Key)))
		return
	}
	p.load(e.Dest, term{text: name, form: metaForm(e.Key)})
}

// printCmp prints a comparison, or holds it back if it is only about the
// protocol.
func (p *printer) printCmp(e *Cmp) {
	t := p.at(e.Source)
	ops := [...]string{"", "!= ", "< ", "<= ", "> ", ">= "}
	op := ""
	if int(e.Op) < len(ops) {
		op = ops[e.Op]
	}
	if e.Op == CmpEqual && t.mask == nil && len(e.Data) == 1 {
		switch t.text {
		case "meta l4proto":
			p.flushL4()
			p.l4, p.l4text = e.Data[0], "meta l4proto "+t.form.show(e.Data)
			return
		case "meta nfproto":
			p.l3, p.l3text = e.Data[0], "meta nfproto "+t.form.show(e.Data)
			return
		}
	}
	if e.Op == CmpAtMost && t.mask == nil && p.least == t.text && len(p.words) > 0 {
		p.words[len(p.words)-1] = strings.Replace(p.words[len(p.words)-1], " >= ", " ", 1) + "-" + t.form.show(e.Data)
		p.least = ""
		return
	}
	p.hold(t.text)
	if t.mask == nil {
		p.add("%s %s%s", t.text, op, t.form.show(e.Data))
		if e.Op == CmpAtLeast {
			p.least = t.text
		}
		return
	}
	p.add("%s", maskedText(t, e.Op, op, e.Data))
}

func (p *printer) flushL4() {
	if p.l4text != "" {
		p.words = append(p.words, p.l4text)
		p.l4text = ""
	}
}

// hold prints conditions that are held back, unless the next one says them.
func (p *printer) hold(next string) {
	p.holdOnly(next)
	p.flush()
}

// maskedText is a comparison under a mask.
func maskedText(t term, code uint32, op string, data []byte) string {
	if t.form.isAddress() {
		if bits, ok := prefixBits(t.mask); ok {
			return fmt.Sprintf("%s %s%s/%d", t.text, op, t.form.show(data), bits)
		}
	}
	if t.form.isFlags() && isZero(data) && (code == CmpNotEqual || code == CmpEqual) {
		op := ""
		if code == CmpEqual {
			op = "! "
		}
		return fmt.Sprintf("%s %s%s", t.text, op, t.form.show(t.mask))
	}
	if op == "" {
		op = "== "
	}
	mask := t.form.show(t.mask)
	if t.form == formTCPFlags {
		return fmt.Sprintf("%s %s%s / %s", t.text, strings.TrimPrefix(op, "== "), t.form.show(data), mask)
	}
	return fmt.Sprintf("%s & %s %s%s", t.text, mask, op, t.form.show(data))
}

func (p *printer) printBitwise(e *Bitwise) {
	t := p.at(e.Source)
	switch {
	case e.Op != BitwiseMaskXor:
		shift := "<<"
		if e.Op == BitwiseRight {
			shift = ">>"
		}
		t.text = fmt.Sprintf("%s %s %d", t.text, shift, e.Shift)
	case isZero(e.Xor) && t.mask == nil && !e.Second:
		t.mask = e.Mask
	case !e.Second:
		t.text, t.mask = changedText(t, e), nil
	default:
		t.text = "<computed>"
	}
	p.load(e.Dest, t)
}

// changedText is a value of which some bits are set.
func changedText(t term, e *Bitwise) string {
	if string(invert(e.Mask)) == string(e.Xor) {
		return fmt.Sprintf("%s | %s", t.text, t.form.show(e.Xor))
	}
	if isZero(invert(e.Mask)) {
		return fmt.Sprintf("%s ^ %s", t.text, t.form.show(e.Xor))
	}
	return fmt.Sprintf("%s & %s ^ %s", t.text, t.form.show(e.Mask), t.form.show(e.Xor))
}

// text is what a register holds: a constant in a form, or the words for it.
func (p *printer) text(t term, f form) string {
	if t.text == "" {
		return f.show(t.value)
	}
	if t.mask != nil {
		return fmt.Sprintf("%s & %s", t.text, t.form.show(t.mask))
	}
	return t.text
}

func (p *printer) printLookup(e *Lookup) {
	key := p.keyTerms(e.Source, e.Set)
	var names []string
	var forms []form
	for _, t := range key {
		p.holdOnly(t.text)
		names, forms = append(names, t.maskText()), append(forms, t.form)
	}
	name := strings.Join(names, " . ")
	set := setText(e, forms)
	switch {
	case e.Map && (e.Set == nil || e.Set.Verdicts):
		p.flush()
		p.add("%s vmap %s", name, set)
	case e.Map:
		p.load(e.Dest, term{text: name + " map " + set})
	default:
		p.flush()
		p.add("%s %s%s", name, notText(e.Not), set)
	}
}

func (t term) maskText() string {
	if t.mask == nil {
		return t.text
	}
	return fmt.Sprintf("%s & %s", t.text, t.form.show(t.mask))
}

// holdOnly drops a held condition that the text says, and keeps others.
func (p *printer) holdOnly(next string) {
	protocol, _, _ := strings.Cut(next, " ")
	switch protocol {
	case "ip", "ip6":
		p.l3text = ""
	case "tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmpv6":
		p.l4text = ""
	}
}

// keyTerms are the parts of a key, which lie in registers one after the other.
func (p *printer) keyTerms(from Register, s *Set) (terms []term) {
	if s == nil || from < 0 {
		return []term{p.at(from)}
	}
	for left := s.KeyLen; left > 0 && int(from) < Registers; {
		t := p.regs[from]
		size := t.form.size()
		if size == 0 {
			size = left
		}
		terms = append(terms, t)
		from += Register((size + 3) / 4)
		left -= (size + 3) / 4 * 4
	}
	return terms
}
