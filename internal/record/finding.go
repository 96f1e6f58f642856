package record

// The severities of a finding.
const (
	SeverityLow    = "low"
	SeverityMedium = "medium"
	SeverityHigh   = "high"
)

// Severities are all of them, the least first.
func Severities() []string { return []string{SeverityLow, SeverityMedium, SeverityHigh} }

// Finding is what a record of the kind "finding" has beside the fields of the
// socket that it is about.
type Finding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Evidence string `json:"evidence"`
	Advice   string `json:"advice"`
	Owner    string `json:"owner,omitempty"` // in words that survive a restart

	// Fingerprint is the same for the same finding after a restart.
	Fingerprint string `json:"fingerprint"`
}

// Rule is what an audit looks for. The formats that name what passed list them
// all.
type Rule struct {
	ID       string
	Severity string // the highest that a finding of it has
	Title    string
	Advice   string
}
