package report

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"porthole/internal/grid"
	"porthole/internal/record"
	"porthole/internal/sentence"
)

// findingsWriter writes the findings of an audit for people. A finding is too long
// for a row of a table: it is a heading, with the evidence and the advice below. The
// title stands below the heading where the terminal has no room beside it.
// Findings that differ in nothing but the address are put together.
type findingsWriter struct {
	w    *bufio.Writer
	o    Options
	n    int
	held sameFindings
}

func (f *findingsWriter) write(r *record.Record) error {
	if f.held.add(r) {
		return nil
	}
	if err := f.flush(); err != nil {
		return err
	}
	f.held = sameFindings{}
	f.held.add(r)
	return nil
}

func (f *findingsWriter) close(*record.Summary) error { return f.flush() }

func (f *findingsWriter) flush() error {
	if len(f.held.places) == 0 {
		return nil
	}
	r := &f.held.first
	if f.n++; f.n > 1 {
		f.w.WriteByte('\n')
	}
	where := f.held.where()
	if r.NetNSName != "" {
		where += " in " + r.NetNSName
	}
	severity := paint(fmt.Sprintf("%-6s", r.Finding.Severity), severityStyle(r), f.o.Color)
	const margin, do = "        ", "do: "
	heading := f.o.plain(where + "  " + r.Finding.Rule)
	full := heading + "  " + f.o.plain(r.Finding.Title)
	fits := func(text string) bool { return f.o.Width == 0 || len(margin)+grid.Width(text) <= f.o.Width }
	below := ""
	switch {
	case fits(full):
		heading = full
	case fits(heading):
		below = r.Finding.Title
	default:
		heading, below = f.o.plain(where), r.Finding.Rule+": "+r.Finding.Title
	}
	fmt.Fprintf(f.w, "%s  %s\n", severity, heading)
	if below != "" {
		paragraph(f.w, f.o, margin, margin, below)
	}
	paragraph(f.w, f.o, margin, margin, f.held.evidence())
	return paragraph(f.w, f.o, margin+do, margin+strings.Repeat(" ", len(do)), r.Finding.Advice)
}

// sameFindings are those of one rule about one port, whose evidence differs in one
// clause at most: a service on several addresses.
type sameFindings struct {
	first   record.Record
	places  []string
	differs int      // the clause of the evidence that does
	clauses []string // that clause of each
}

// shownPlaces is how many addresses are named.
const shownPlaces = 3

// add reports whether a finding is of the same kind, and keeps it if it is.
func (s *sameFindings) add(r *record.Record) bool {
	if len(s.places) == 0 {
		s.first, s.differs = *r, -1
		finding := *r.Finding
		s.first.Finding = &finding
		s.places = []string{r.Endpoint()}
		return true
	}
	a, b := s.first.Finding, r.Finding
	if a.Rule != b.Rule || a.Severity != b.Severity || a.Title != b.Title || a.Advice != b.Advice || r.Addr == "" ||
		s.first.Proto != r.Proto || s.first.Port != r.Port || s.first.NetNS != r.NetNS || s.first.NetNSName != r.NetNSName {
		return false
	}
	mine, theirs := clausesOf(a.Evidence), clausesOf(b.Evidence)
	if len(mine) != len(theirs) {
		return false
	}
	differs := s.differs
	for i := range mine {
		switch {
		case mine[i] == theirs[i]:
		case differs >= 0 && differs != i:
			return false
		default:
			differs = i
		}
	}
	if s.differs = differs; differs >= 0 {
		if s.clauses == nil {
			s.clauses = []string{mine[differs]}
		}
		if !slices.Contains(s.clauses, theirs[differs]) {
			s.clauses = append(s.clauses, theirs[differs])
		}
	}
	s.places = append(s.places, r.Endpoint())
	return true
}

func clausesOf(evidence string) []string { return strings.Split(evidence, "; ") }

func (s *sameFindings) where() string {
	if more := len(s.places) - shownPlaces; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(s.places[:shownPlaces], ", "), more)
	}
	return sentence.Join(s.places, "and")
}

func (s *sameFindings) evidence() string {
	clauses := clausesOf(s.first.Finding.Evidence)
	switch n := len(s.clauses); {
	case n > shownPlaces:
		clauses[s.differs] = fmt.Sprintf("%s; %d more like this", strings.Join(s.clauses[:shownPlaces], "; "), n-shownPlaces)
	case n > 1:
		clauses[s.differs] = sentence.Join(s.clauses, "and")
	}
	return strings.Join(clauses, "; ")
}

func severityStyle(r *record.Record) style {
	switch r.Finding.Severity {
	case record.SeverityHigh:
		return styleBad
	case record.SeverityMedium:
		return styleCaution
	default:
		return styleFaint
	}
}
