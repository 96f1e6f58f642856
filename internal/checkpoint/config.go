// Package checkpoint keeps a scan in a file while it runs, so that a scan that
// was killed can go on.
//
// The file is JSONL. Its first line holds the [Config], all that was asked for, and the
// lines after it the addresses. Each further line holds what became known since the
// line before: a [Batch] of verdicts, or a [Run] that ended. [Create] begins a file and
// [Open] reads one; both return a [Writer].
//
// A scan is written down in parts, see [DiscoveryPart] and [PortsPart]. In a part
// a position stands for a target, by an order that the scan can compute again.
//
// Each line ends with a checksum and is synced when it is written, at most
// [FlushEvery] after its verdicts: a kill -9 loses no more than that. It may leave
// a damaged last line, which is dropped; any other damage is a [DamageError].
package checkpoint

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// Schema names the format of the file.
const Schema = schemaPrefix + "4"

const schemaPrefix = "porthole-checkpoint/"

// Config is everything that a scan was asked for.
type Config struct {
	Targets  []string `json:"targets"` // as typed, or for a long list a name of it
	Exclude  []string `json:"exclude"`
	Ports    string   `json:"ports"` // in canonical form, without those excluded
	Family   string   `json:"family"`
	Discover string   `json:"discover"` // auto, always or never
	Show     string   `json:"show"`
	Verify   string   `json:"verify,omitempty"` // how open ports are asked what answers; "" if they are not
	Shard    uint64   `json:"shard"`            // from 1
	Shards   uint64   `json:"shards"`

	// Flags are the flags that were given, for a caller that resumes the scan
	// without giving them again.
	Flags map[string][]string `json:"flags"`

	Unresolved []string `json:"unresolved,omitempty"` // the errors of targets without an address

	ScopeHash string `json:"scope"` // see [Scope.Hash]
	Scope
}

// Scope decides which target has which position: scans with the same scope ask
// the same targets in the same order, on any machine.
type Scope struct {
	Sets     []Set  `json:"sets"`
	Discover bool   `json:"discovers"` // addresses are looked for before their ports are asked
	Seed     uint64 `json:"seed"`
}

// Set is some addresses, and the ports to ask. The addresses are in items, as
// hosts.Set writes them, which may be many: they are in lines of their own.
type Set struct {
	Port  uint16 `json:"port,omitempty"` // of a target such as host:8443
	Ports string `json:"ports"`          // in canonical form
	Items uint64 `json:"items"`          // how many
}

// Items are the items of the addresses of Scope.Sets[set]. None has a comma.
type Items func(set int) iter.Seq[string]

// hashLen is how many bytes of a SHA-256 a hash has.
const hashLen = 16

// Hash names a scope with its addresses: 32 hexadecimal digits.
func (s Scope) Hash(items Items) (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	h.Write(text)
	for i := range s.Sets {
		for item := range items(i) {
			io.WriteString(h, item)
			io.WriteString(h, "\n")
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:hashLen]), nil
}

func hash(c Config) (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%x", sum[:hashLen]), nil
}

// Differences says where another scan asks for something else: for each
// difference what the file has, and what other has.
func (c Config) Differences(other Config) []string {
	var lines []string
	for _, item := range []struct{ name, have, want string }{
		{"targets", sorted(c.Targets), sorted(other.Targets)},
		{"excluded targets", sorted(c.Exclude), sorted(other.Exclude)},
		{"ports", c.Ports, other.Ports},
		{"address family", c.Family, other.Family},
		{"discover", c.Discover, other.Discover},
		{"show", c.Show, other.Show},
		{"verify", c.Verify, other.Verify},
		{"seed", fmt.Sprint(c.Seed), fmt.Sprint(other.Seed)},
		{"shard", fmt.Sprintf("%d/%d", c.Shard, c.Shards), fmt.Sprintf("%d/%d", other.Shard, other.Shards)},
	} {
		if item.have != item.want {
			lines = append(lines, fmt.Sprintf("%s: the file has %s, not %s", item.name, shorten(item.have), shorten(item.want)))
		}
	}
	return lines
}

// sorted writes a list regardless of its order.
func sorted(list []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(list))), " ")
}

// shorten keeps a message readable when a list is long.
func shorten(s string) string {
	const maxBytes = 120
	switch {
	case s == "":
		return "none"
	case len(s) > maxBytes:
		return strings.ToValidUTF8(s[:maxBytes], "") + "…"
	}
	return s
}
