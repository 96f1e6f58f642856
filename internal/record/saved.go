package record

// Saved is the output of one command, read back from JSON or JSONL.
type Saved struct {
	Command string
	Records []Record
	Summary *Summary // nil if the file ends before it
}

// Complete reports whether the command said that its output is complete.
func (s Saved) Complete() bool { return s.Summary != nil && s.Summary.Complete }

// Args is the command line, the command first; nil if the file is of a version
// that did not write it.
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
