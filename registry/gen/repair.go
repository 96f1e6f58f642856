package main

import (
	_ "embed" // for the repairs
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// repairsTable restores what the package lost: rows of IANA's registry that
// cover a range of ports or name no protocol (it drops both), and all but the
// last of the names that IANA registered for one port.
//
//go:embed repairs.tsv
var repairsTable string

// repair is one line of repairs.tsv.
type repair struct {
	line        int // in repairs.tsv
	keys        []key
	names       []string // all that IANA registered, in its order
	description string   // of the first name
}

// parseRepairs reads the columns ports, protocols, names, description, source.
func parseRepairs(text string) ([]repair, error) {
	var repairs []repair
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) != 5 {
			return nil, fmt.Errorf("repairs.tsv:%d: %d columns, not 5", n, len(columns))
		}
		keys, err := parseKeys(columns[0], columns[1])
		if err != nil {
			return nil, fmt.Errorf("repairs.tsv:%d: %w", n, err)
		}
		names := strings.Fields(columns[2])
		if len(names) == 0 || columns[4] == "" {
			return nil, fmt.Errorf("repairs.tsv:%d: want a name and a source", n)
		}
		repairs = append(repairs, repair{n, keys, names, oneLine(columns[3])})
	}
	return repairs, nil
}

// parseKeys expands a port or range and letters of protocols.
func parseKeys(ports, protos string) ([]key, error) {
	first, last, isRange := strings.Cut(ports, "-")
	if !isRange {
		last = first
	}
	a, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return nil, err
	}
	b, err := strconv.ParseUint(last, 10, 16)
	if err != nil {
		return nil, err
	}
	var keys []key
	for _, letter := range protos {
		proto := strings.IndexRune(protocolLetters, letter)
		if proto < 0 {
			return nil, fmt.Errorf("unknown protocol %q", letter)
		}
		for port := a; port <= b; port++ {
			keys = append(keys, key{uint16(port), proto})
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("no port in %q %q", ports, protos)
	}
	return keys, nil
}

// apply puts a repair into the entries. It refuses one that has gone stale,
// because the package then knows better.
func (r repair) apply(entries map[key]entry) error {
	for _, k := range r.keys {
		old, known := entries[k]
		if known && !slices.Contains(r.names, old.packageName()) {
			return fmt.Errorf("repairs.tsv:%d: stale: the package names %s %q", r.line, k, old.packageName())
		}
		if known && slices.Equal(old.names, r.names) && old.description == r.description {
			return fmt.Errorf("repairs.tsv:%d: stale: the package has %s right", r.line, k)
		}
		entries[k] = entry{r.names, r.description}
	}
	return nil
}

// restoreWellFormed undoes the commonest loss by rule. Where a name breaks the
// syntax of RFC 6335 section 5.1, IANA registered a well-formed one in front of
// it (section 10.1), with a dash for each character that is not allowed.
func restoreWellFormed(entries map[key]entry) {
	illegal := regexp.MustCompile(`[^A-Za-z0-9-]`)
	for k, e := range entries {
		name := e.names[0]
		if wellFormed := illegal.ReplaceAllString(name, "-"); wellFormed != name {
			e.names = []string{wellFormed, name}
			entries[k] = e
		}
	}
}
