// Package checkpoint keeps a scan on disk while it runs, so that a scan that
// was killed goes on where it was.
//
// The file is JSONL. Its first line holds the [Config], the whole of what was
// asked for; each further line holds what became known since the line before:
// a [Batch] of verdicts, or the [Run] that ended. [Create] begins a file and
// [Open] reads one; both lead to a [Writer]. Every line carries a checksum and
// is synced when it is written, at most [FlushEvery] after its verdicts, so
// that a kill -9 loses no more than that. A last line that is damaged is what a
// kill leaves behind, and is dropped; any other damage is a [DamageError].
package checkpoint

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// Schema names the shape of the file.
const Schema = schemaPrefix + "2"

const schemaPrefix = "porthole-checkpoint/"

// Config is everything that a scan was asked for.
type Config struct {
	Targets  []string `json:"targets"` // as typed
	Exclude  []string `json:"exclude"`
	Ports    string   `json:"ports"` // in canonical form, without those excluded
	Family   string   `json:"family"`
	Discover string   `json:"discover"` // auto, always or never
	Show     string   `json:"show"`
	Shard    uint64   `json:"shard"` // from 1
	Shards   uint64   `json:"shards"`

	// Flags are the command's flags as typed, for those that a resumed scan
	// leaves out.
	Flags map[string][]string `json:"flags"`

	Unresolved []string `json:"unresolved,omitempty"` // what was said of targets without an address

	Plan
}

// Plan is what decides which probe has which position: scans of one plan ask
// the same probes in the same order, on any machine.
type Plan struct {
	Sets     []Set  `json:"sets"`
	Discover bool   `json:"discovers"` // dead addresses are looked for first
	Seed     uint64 `json:"seed"`
}

// Set is some addresses, as hosts.Set writes them, and what is asked of them.
type Set struct {
	Port      uint16   `json:"port,omitempty"` // the target's own
	Ports     string   `json:"ports"`          // in canonical form
	Addresses []string `json:"addresses"`
}

// Hash names a plan: 32 hexadecimal digits, FNV-1a of 128 bits. It guards
// against mistakes, not against forgers.
func (p Plan) Hash() (string, error) { return hash(p) }

func hash(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	h := fnv.New128a()
	h.Write(text)
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// Differences says where another scan asks for something else, a line each:
// what the file has, and what other has.
func (c Config) Differences(other Config) []string {
	var lines []string
	for _, item := range []struct{ name, have, want string }{
		{"targets", words(c.Targets), words(other.Targets)},
		{"excluded targets", words(c.Exclude), words(other.Exclude)},
		{"ports", c.Ports, other.Ports},
		{"address family", c.Family, other.Family},
		{"discover", c.Discover, other.Discover},
		{"show", c.Show, other.Show},
		{"seed", fmt.Sprint(c.Seed), fmt.Sprint(other.Seed)},
		{"shard", fmt.Sprintf("%d/%d", c.Shard, c.Shards), fmt.Sprintf("%d/%d", other.Shard, other.Shards)},
	} {
		if item.have != item.want {
			lines = append(lines, fmt.Sprintf("%s: the file has %s, not %s", item.name, brief(item.have), brief(item.want)))
		}
	}
	return lines
}

// words is a list regardless of its order.
func words(list []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(list))), " ")
}

// brief keeps a message readable when a list is long.
func brief(s string) string {
	const most = 120
	switch {
	case s == "":
		return "none"
	case len(s) > most:
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
