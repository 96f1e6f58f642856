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

// Batch is what became known of one part of a scan between two writes. Part
// 2*i is the discovery of the plan's set i, part 2*i+1 its scan.
type Batch struct {
	Kind string    `json:"kind"` // always "batch"
	Part int       `json:"part"`
	At   time.Time `json:"at"`

	// Next is the position reached: what lies below it and has no verdict in
	// the file is in flight.
	Next uint64 `json:"next"`

	// Done has the positions of verdicts that only count, by what they say, as
	// in "closed conn-refused": "0-41,44".
	Done map[string]string `json:"done,omitempty"`

	// Shown has the verdicts that are results.
	Shown []Shown `json:"shown,omitempty"`
}

// Shown is one verdict whole.
type Shown struct {
	Position  uint64        `json:"position"`
	State     string        `json:"state"`
	Reason    string        `json:"reason,omitempty"`
	RTT       time.Duration `json:"rtt_ns,omitempty"`
	Attempts  int           `json:"attempts"`
	At        time.Time     `json:"at"`
	Middlebox bool          `json:"middlebox,omitempty"`
	Error     string        `json:"error,omitempty"`
}

// Run is one run of the scan that ended in good order, whether or not it got
// to the end.
type Run struct {
	Kind    string          `json:"kind"` // always "run"
	Elapsed time.Duration   `json:"elapsed_ns"`
	Ledger  json.RawMessage `json:"ledger,omitempty"` // the caller's
}

// crcMark stands before the checksum, which ends a line: the CRC-32 (IEEE) of
// all before it, in eight hexadecimal digits.
const crcMark = `,"crc":"`

const crcLength = len(crcMark + `00000000"}`)

// encode makes a line of v, which must be an object with a field at least.
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

// errTorn is a line that was not written whole, as a kill or a crash leaves it.
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
