package hosts

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"net/netip"
	"strings"

	"go4.org/netipx"
)

// Targets is a list of targets in the order given. A single address takes a few
// bytes, so that a file may have millions of them. The zero value is empty.
type Targets struct {
	AnyAddress bool // for excludes: take also addresses that are no hosts, such as multicast

	runs  []targetRun
	n     int
	texts []string // the first shownTexts of them, as typed
	hash  uint64   // of all texts, whatever their order
}

// targetRun is targets that follow each other: single addresses with the same port,
// or one of another kind.
type targetRun struct {
	singles addrs
	port    uint16
	other   *Target
}

// Add adds the targets of an expression: see [Parse]. After an error there are none
// more than before.
func (l *Targets) Add(expr string) error {
	var some [4]Target
	found := some[:0]
	if err := l.parse(expr, &found); err != nil {
		return err
	}
	for i := range found {
		l.add(&found[i])
	}
	return nil
}

// Len is the number of targets.
func (l *Targets) Len() int { return l.n }

// Names are the names of hosts among the targets.
func (l *Targets) Names() (names []string) {
	for _, run := range l.runs {
		if run.other != nil && run.other.Name != "" {
			names = append(names, run.other.Name)
		}
	}
	return names
}

// parse appends the targets of an expression to found.
func (l *Targets) parse(expr string, found *[]Target) error {
	return parse(expr, func(t Target) error {
		if msg := noHosts(&t); msg != "" && !l.AnyAddress {
			return &Error{Text: t.Text, Msg: msg}
		}
		*found = append(*found, t)
		return nil
	})
}

func (l *Targets) add(t *Target) {
	if a, single := t.single(); single {
		l.addSingle(a, t.Port, t.Text)
		return
	}
	l.count(t.Text)
	l.runs = append(l.runs, targetRun{other: t.clone()})
}

func (l *Targets) addSingle(a netip.Addr, port uint16, text string) {
	l.count(text)
	last := len(l.runs) - 1
	if last < 0 || l.runs[last].other != nil || l.runs[last].port != port || !l.runs[last].singles.takes(a) {
		l.runs = append(l.runs, targetRun{port: port})
		last++
	}
	l.runs[last].singles.add(a)
}

// count counts a target with its text.
func (l *Targets) count(text string) {
	l.n++
	l.hash += textHash(text)
	if len(l.texts) < shownTexts {
		l.texts = append(l.texts, strings.Clone(text))
	}
}

// shownTexts is how many targets are kept as they were typed.
const shownTexts = 100

// Texts tells the targets as they were typed; of more than 100 how many there are,
// and a hash of them. Lists with other targets have other texts, whatever their
// order.
func (l *Targets) Texts() []string {
	if l.n <= shownTexts {
		return l.texts
	}
	return []string{fmt.Sprintf("%d targets (%016x)", l.n, l.hash)}
}

// textHash is the first 64 bits of SHA-256. The sum over a list does not depend on its
// order, and hardly any other list has the same.
func textHash(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:])
}

// clone is a copy that does not keep the line in memory that t was cut from.
func (t *Target) clone() *Target {
	c := *t
	c.Name = strings.Clone(t.Name)
	if c.Text == c.Name {
		c.Text = c.Name
	} else {
		c.Text = strings.Clone(t.Text)
	}
	return &c
}

// All yields every target. One that was a single address has the text that an
// address has.
func (l *Targets) All() iter.Seq[*Target] {
	return func(yield func(*Target) bool) {
		for i := range l.runs {
			run := &l.runs[i]
			if run.other != nil && !yield(run.other) {
				return
			}
			for k := range run.singles.len() {
				if !yield(singleTarget(run.singles.at(k), run.port)) {
					return
				}
			}
		}
	}
}

func singleTarget(a netip.Addr, port uint16) *Target {
	plain := a.WithZone("")
	t := &Target{Text: a.String(), Ranges: []netipx.IPRange{netipx.IPRangeFrom(plain, plain)}, Zone: a.Zone(), Port: port}
	if port != 0 {
		t.Text = netip.AddrPortFrom(a, port).String()
	}
	return t
}
