package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// header is the first line.
type header struct {
	Kind   string `json:"kind"` // always "checkpoint"
	Schema string `json:"schema"`
	Hash   string `json:"hash"` // of the configuration
	Config Config `json:"config"`
}

// DiscoveryPart is the part in which the addresses of Scope.Sets[set] are looked
// for.
func DiscoveryPart(set int) int { return 2 * set }

// PortsPart is the part in which the ports of Scope.Sets[set] are asked.
func PortsPart(set int) int { return 2*set + 1 }

// addresses is some of the items of a set, in their order.
type addresses struct {
	Kind  string `json:"kind"` // always "addresses"
	Set   int    `json:"set"`
	Items string `json:"items"` // with commas
}

// Batch is what became known of one part between two writes.
type Batch struct {
	Kind string    `json:"kind"` // always "batch"
	Part int       `json:"part"`
	At   time.Time `json:"at"`

	// Next is the position reached: positions below it without a verdict in the
	// file are in flight.
	Next uint64 `json:"next"`

	// Counted has the positions of the verdicts that are only counted, such as
	// "0-41,44", by their outcome, such as "closed conn-refused".
	Counted map[string]string `json:"done,omitempty"`

	// Shown has the verdicts that are shown.
	Shown []Verdict `json:"shown,omitempty"`
}

// Verdict is a verdict with all that is to be shown of it.
type Verdict struct {
	Position  uint64        `json:"position"`
	State     string        `json:"state"`
	Reason    string        `json:"reason,omitempty"`
	RTT       time.Duration `json:"rtt_ns,omitempty"`
	Attempts  int           `json:"attempts"`
	At        time.Time     `json:"at"`
	Middlebox bool          `json:"middlebox,omitempty"`
	Error     string        `json:"error,omitempty"`

	Verified json.RawMessage `json:"verified,omitempty"` // what answered, the caller's
}

// Run is one run of the scan that was not killed, whether or not it got to the
// end of the scan.
type Run struct {
	Kind    string          `json:"kind"` // always "run"
	Elapsed time.Duration   `json:"elapsed_ns"`
	Stats   json.RawMessage `json:"ledger,omitempty"` // the caller's
}

// crcMark precedes the checksum at the end of a line: the CRC-32 (IEEE) of what
// is before the mark, in eight hexadecimal digits.
const crcMark = `,"crc":"`

const crcLength = len(crcMark + `00000000"}`)

// encode makes a line of v, which must be an object with at least one field.
func encode(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	text = text[:len(text)-1]
	return fmt.Appendf(text, "%s%08x\"}\n", crcMark, crc32.ChecksumIEEE(text)), nil
}

// decode checks a line and reads it into v.
func decode(line []byte, v any) error {
	if err := check(line); err != nil {
		return err
	}
	return json.Unmarshal(line, v)
}

// errTorn is the error of a line that a kill or a crash cut off.
var errTorn = errors.New("it was not written whole")

func check(line []byte) error {
	line, whole := bytes.CutSuffix(line, []byte("\n"))
	cut := len(line) - crcLength
	if !whole || cut < 0 {
		return errTorn
	}
	if want := fmt.Sprintf("%s%08x\"}", crcMark, crc32.ChecksumIEEE(line[:cut])); string(line[cut:]) != want {
		return errTorn
	}
	return nil
}
