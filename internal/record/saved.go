package record

// Saved is what one command wrote as JSON or JSONL.
type Saved struct {
	Command string
	Records []Record
	Summary *Summary // nil when the file breaks off before it
}

// Complete tells whether the answer was whole when it was saved.
func (s Saved) Complete() bool { return s.Summary != nil && s.Summary.Complete }

// Args is the command line that made it, the command first; nil if the file is
// of a version that did not write that down.
func (s Saved) Args() []string {
	if s.Summary == nil {
		return nil
	}
	return s.Summary.Args
}

// List keeps records in memory, for a caller that compares or counts them.
type List []Record

// Write appends a record.
func (l *List) Write(r *Record) error {
	*l = append(*l, *r)
	return nil
}

// Count does nothing: what is not shown is not kept.
func (l *List) Count(Verdict) {}
