package mcpserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"porthole/internal/drift"
	"porthole/internal/listing"
	"porthole/internal/record"
	"porthole/internal/savedfile"
)

// What is kept of a session's answers, for diff.
const (
	maxResults = 8      // answers, the last ones
	maxKept    = 20_000 // records of each
)

// result is an answer of this session.
type result struct {
	name  string
	saved record.Saved
	total int              // records that it had
	list  *listing.Listing // how to list again; nil for a scan
}

// results are the last answers of this session.
type results struct {
	mu   sync.Mutex
	n    int
	last []result
}

// keep keeps the records of an answer, and returns its name.
func (k *results) keep(a *answer, sum *record.Summary, list *listing.Listing) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.n++
	name := fmt.Sprintf("%s-%d", a.command, k.n)
	k.last = append(k.last, result{name, record.Saved{Command: a.command, Records: a.records, Summary: sum}, a.total, list})
	if len(k.last) > maxResults {
		k.last = append([]result(nil), k.last[len(k.last)-maxResults:]...)
	}
	return name
}

// find returns a kept answer.
func (k *results) find(name string) (result, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range k.last {
		if r.name == name {
			return r, true
		}
	}
	return result{}, false
}

type diffInput struct {
	Old   string `json:"old" jsonschema:"what was: the result of an earlier list or scan (such as list-1), or a file that porthole wrote with -o json"`
	New   string `json:"new,omitempty" jsonschema:"what is: likewise; without it the list of old is made again now"`
	Limit int    `json:"limit,omitempty" jsonschema:"records in the answer, 1 to 1000, default 100"`
}

func (s *server) diff(ctx context.Context, _ *mcp.CallToolRequest, in diffInput) (doc document, err error) {
	a, err := newAnswer("diff", in.Limit)
	if err != nil {
		return doc, err
	}
	d := savedfile.NewDifference(s.Services)
	defer d.Close()
	if err := s.readSide(ctx, in.Old, d.TakeOld, d.ReadOld); err != nil {
		return doc, err
	}
	if in.New != "" {
		err = s.readSide(ctx, in.New, d.TakeNew, d.ReadNew)
	} else {
		err = s.listNow(ctx, in.Old, d)
	}
	if err != nil {
		return doc, err
	}
	if err := drift.Comparable(d.Old.Command, d.New.Command); err != nil {
		return doc, err
	}
	sum := a.summary()
	sum.DiffCounts = &record.DiffCounts{Old: d.Old.Records, New: d.New.Records}
	for i, side := range []record.Saved{d.Old.Saved(), d.New.Saved()} {
		if !side.Complete() {
			sum.Complete = false
			a.note("%s is incomplete: what it lacks may be there all the same", []string{"old", "new"}[i])
		}
	}
	err = d.Changes(ctx, func(change *record.Record) error {
		sum.DiffCounts.Count(*change)
		return a.Write(change)
	})
	if err != nil {
		return doc, err
	}
	return a.document(ctx, sum)
}

// readSide reads a kept answer, or a file.
func (s *server) readSide(ctx context.Context, name string, take func(record.Saved) error, read func(context.Context, string) error) error {
	if r, ok := s.kept.find(name); ok {
		if r.total > len(r.saved.Records) {
			return fmt.Errorf("%s had %d records, and only %d are kept; narrow what is compared", name, r.total, len(r.saved.Records))
		}
		return take(r.saved)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil && !strings.ContainsAny(name, `/\.`):
		return fmt.Errorf("there is no result %q in this session, or it was long ago (the last %d are kept)", name, maxResults)
	case err != nil || !info.Mode().IsRegular():
		return fmt.Errorf("%q is not a file that can be read", name)
	}
	if err := read(ctx, name); err != nil { // without what the file has: it may be a secret
		return fmt.Errorf("%q is not what porthole list or scan wrote with -o json", name)
	}
	return nil
}

// listNow makes the list of old again.
func (s *server) listNow(ctx context.Context, old string, d *savedfile.Difference) error {
	r, ok := s.kept.find(old)
	if !ok || r.list == nil {
		return errors.New("new: of a scan or a file, name what to compare it with: call scan or list, and give the name of its result")
	}
	now := answer{command: "list"}
	sum, err := now.list(ctx, *r.list)
	if err != nil {
		return err
	}
	if now.total > len(now.records) {
		return fmt.Errorf("there are %d sockets now, and %d can be compared; narrow the list", now.total, len(now.records))
	}
	return d.TakeNew(record.Saved{Command: "list", Records: now.records, Summary: sum})
}
