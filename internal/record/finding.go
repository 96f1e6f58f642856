package record

// The severities of a finding.
const (
	SeverityLow    = "low"
	SeverityMedium = "medium"
	SeverityHigh   = "high"
)

// Severities lists them, the lowest first.
func Severities() []string { return []string{SeverityLow, SeverityMedium, SeverityHigh} }

// Finding is the part of a record of the kind "finding". The other fields are those
// of the socket that it is about.
type Finding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Evidence string `json:"evidence"`
	Advice   string `json:"advice"`
	Owner    string `json:"owner,omitempty"` // see [Record.OwnerName]

	// FirewallRule is the rule of a firewall that it is about, without what differs
	// after the rules were loaded again.
	FirewallRule string `json:"firewall_rule,omitempty"`

	// Fingerprint identifies the finding: it is the same after a restart.
	Fingerprint string `json:"fingerprint"`
}

// Rule is something that an audit looks for.
type Rule struct {
	ID       string
	Severity string // the highest of its findings
	Title    string
	Advice   string
}
