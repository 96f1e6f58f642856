package mcpserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/sentence"
	"porthole/sockets"
)

// document is an answer: what porthole -o json writes (docs/schema/document.json),
// and what is left out of it.
type document struct {
	Schema  string            `json:"schema"`
	Command string            `json:"command"`
	Records []json.RawMessage `json:"records"`
	Summary json.RawMessage   `json:"summary"`

	Truncated bool     `json:"truncated,omitempty"` // there are more records than these
	Total     int      `json:"total,omitempty"`     // how many there are, if truncated
	Result    string   `json:"result,omitempty"`    // the name of this answer, for diff
	Notes     []string `json:"notes,omitempty"`     // what to know about it
}

// documentSchema is the shape of an answer.
func documentSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type:     "object",
		Required: []string{"schema", "command", "records", "summary"},
		Properties: map[string]*jsonschema.Schema{
			"schema":    {Type: "string", Description: "porthole/1.1: the shape of the records"},
			"command":   {Type: "string"},
			"records":   {Type: "array", Items: &jsonschema.Schema{Type: "object"}},
			"summary":   {Type: "object"},
			"truncated": {Type: "boolean", Description: "there are more records than these: narrow the question"},
			"total":     {Type: "integer", Description: "how many records there are, if truncated"},
			"result":    {Type: "string", Description: "the name of this answer, which diff takes"},
			"notes":     {Type: "array", Items: &jsonschema.Schema{Type: "string"}, Description: "what to know about the answer"},
		},
	}
}

// answer collects the records of a call: the first of them to show, and up to
// maxKept for a later diff.
type answer struct {
	command string
	limit   int
	begun   time.Time
	records record.List
	total   int
	notes   []string
}

// defaultRecords is the number of records of an answer without a limit.
const defaultRecords = 100

func newAnswer(command string, limit int) (*answer, error) {
	if limit == 0 {
		limit = defaultRecords
	}
	if limit < 1 || limit > maxRecords {
		return nil, fmt.Errorf("limit: %d is not from 1 to %d", limit, maxRecords)
	}
	return &answer{command: command, limit: limit, begun: time.Now()}, nil
}

// Write takes a record.
func (a *answer) Write(r *record.Record) error {
	if a.total++; len(a.records) < maxKept {
		a.records = append(a.records, *r)
	}
	return nil
}

// Count takes a verdict that is only counted.
func (a *answer) Count(record.Verdict) {}

func (a *answer) note(format string, args ...any) {
	a.notes = append(a.notes, fmt.Sprintf(format, args...))
}

// missing notes what may be missing of a listing, and reports whether nothing is.
func (a *answer) missing(warnings []error) (complete bool) {
	for _, w := range warnings {
		if errors.Is(w, sockets.ErrIncomplete) || errors.Is(w, sockets.ErrFallback) {
			a.note("%s", w)
		}
	}
	return sockets.Snapshot{Warnings: warnings}.Complete()
}

// rootSees is true for root, too, from whom a sandbox may hide a process.
const rootSees = "root sees more, unless a user namespace or a sandbox is in between"

// hidden notes that holders are not seen.
func (a *answer) hidden(n int) {
	if n > 0 {
		a.note("the holders of %s are hidden from porthole-mcp; "+rootSees, sentence.Count(n, "socket", "sockets"))
	}
}

// summary begins the summary of the call.
func (a *answer) summary() *record.Summary {
	return &record.Summary{Kind: "summary", Command: a.command, Complete: true}
}

// document makes the answer. Of too many bytes the last records are left out.
func (a *answer) document(ctx context.Context, sum *record.Summary) (document, error) {
	if sum.Elapsed == 0 {
		sum.Elapsed = record.Milliseconds(time.Since(a.begun))
	}
	var doc document
	for n := min(a.limit, len(a.records)); ; n /= 2 {
		text, err := write(ctx, a.command, a.records[:n], sum)
		if err != nil {
			return doc, err
		}
		if len(text) > maxAnswer && n > 0 {
			continue
		}
		if err := json.Unmarshal(text, &doc); err != nil {
			return doc, err
		}
		break
	}
	if len(doc.Records) < a.total {
		doc.Truncated, doc.Total = true, a.total
	}
	doc.Notes = a.notes
	return doc, nil
}

// write writes records as -o json does.
func write(ctx context.Context, command string, records []record.Record, sum *record.Summary) ([]byte, error) {
	var text bytes.Buffer
	out, err := report.Open(ctx, []report.Spec{{Format: report.FormatJSON}}, &text, report.Options{Command: command})
	if err != nil {
		return nil, err
	}
	for i := range records {
		if err := out.Write(&records[i]); err != nil {
			return nil, err
		}
	}
	if err := out.Close(sum); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}
