package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// protocols in the order of their letters in the table.
const (
	protocolNames   = "tcp udp sctp dccp"
	protocolLetters = "TUSD"
)

// key is one port of one protocol; proto is an index into protocolLetters.
type key struct {
	port  uint16
	proto int
}

func (k key) String() string {
	return fmt.Sprintf("%d/%s", k.port, strings.Fields(protocolNames)[k.proto])
}

// entry is what IANA registered for a key.
type entry struct {
	names       []string // in IANA's order; the first is the name, the others are aliases
	description string
}

// packageName is the one name that the package has: the last of IANA's.
func (e entry) packageName() string { return e.names[len(e.names)-1] }

// parseIndex reads the package's index.json, one object of
// "port/protocol": [name, description]. Keys with a blank name, which the
// package has for reserved and unassigned ports, are dropped.
func parseIndex(data []byte) (map[key]entry, error) {
	var index map[string][]string
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("index.json: %w", err)
	}
	entries := make(map[key]entry, len(index))
	for text, value := range index {
		k, err := parseKey(text)
		if err != nil {
			return nil, fmt.Errorf("index.json: %w", err)
		}
		if len(value) != 2 {
			return nil, fmt.Errorf("index.json: %s has %d values, not a name and a description", text, len(value))
		}
		name := value[0]
		if name == "" {
			continue
		}
		if err := checkName(name); err != nil {
			return nil, fmt.Errorf("index.json: %s: %w", text, err)
		}
		entries[k] = entry{names: []string{name}, description: oneLine(value[1])}
	}
	return entries, nil
}

func parseKey(s string) (key, error) {
	port, proto, ok := strings.Cut(s, "/")
	if !ok {
		return key{}, fmt.Errorf("key %q is not port/protocol", s)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return key{}, fmt.Errorf("key %q: %w", s, err)
	}
	i := slices.Index(strings.Fields(protocolNames), proto)
	if i < 0 {
		return key{}, fmt.Errorf("key %q: unknown protocol", s)
	}
	return key{uint16(n), i}, nil
}

// checkName refuses a name that would break a row apart.
func checkName(name string) error {
	if strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return fmt.Errorf("bad name %q: want printable ASCII without blanks", name)
	}
	return nil
}

// oneLine makes a description fit a column.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
