package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrCut is behind the error for an output that ends before its summary.
var ErrCut = errors.New("it ends without a summary, so the scan that wrote it was cut off: run it again")

// Read reads a scan that was written as JSON or JSONL, calls each with every
// record as it comes, and returns the summary.
func Read(r io.Reader, each func(*Record) error) (*Summary, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	line, err := in.ReadBytes('\n')
	if err != nil && err != io.EOF {
		return nil, err
	}
	in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(line), in), 1<<16)
	var record struct{ Kind string }
	var sum *Summary
	if json.Unmarshal(line, &record) == nil && record.Kind != "" {
		sum, err = readLines(in, each)
	} else {
		sum, err = readDocument(in, each)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return nil, ErrCut
	case err != nil:
		return nil, err
	case sum == nil:
		return nil, ErrCut
	case sum.Command != "scan" || sum.ScanCounts == nil || sum.Ledger == nil:
		return nil, fmt.Errorf("it is no result of porthole scan")
	}
	return sum, nil
}

// readLines reads JSONL: records, the summary last.
func readLines(in io.Reader, each func(*Record) error) (sum *Summary, err error) {
	dec := json.NewDecoder(in)
	for {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err == io.EOF {
			return sum, nil
		} else if err != nil {
			return nil, err
		}
		var record struct{ Kind string }
		if err := json.Unmarshal(raw, &record); err != nil {
			return nil, err
		}
		switch {
		case sum != nil:
			return nil, errors.New("something stands behind its summary; give each scan a file of its own")
		case record.Kind == "summary":
			sum = new(Summary)
			err = json.Unmarshal(raw, sum)
		default:
			err = readRecord(raw, each)
		}
		if err != nil {
			return nil, err
		}
	}
}

func readRecord(raw []byte, each func(*Record) error) error {
	var r Record
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	if r.Kind != KindPort {
		return fmt.Errorf("a record of kind %q is no verdict of a scan", r.Kind)
	}
	return each(&r)
}

// readDocument reads the object of -o json, its records one at a time.
func readDocument(in io.Reader, each func(*Record) error) (sum *Summary, err error) {
	dec := json.NewDecoder(in)
	if t, err := dec.Token(); err != nil {
		return nil, err
	} else if t != json.Delim('{') {
		return nil, errors.New("it is neither JSON nor JSONL of porthole")
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch key {
		case "records":
			err = readRecords(dec, each)
		case "summary":
			sum = new(Summary)
			err = dec.Decode(sum)
		default:
			err = dec.Decode(new(json.RawMessage))
		}
		if err != nil {
			return nil, err
		}
	}
	_, err = dec.Token()
	return sum, err
}

func readRecords(dec *json.Decoder, each func(*Record) error) error {
	if t, err := dec.Token(); err != nil {
		return err
	} else if t != json.Delim('[') {
		return errors.New("its records are no list")
	}
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		if err := readRecord(raw, each); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}
