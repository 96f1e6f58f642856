package record

// Summary is the last record of every command: what it did, and the counts.
type Summary struct {
	Kind     string `json:"kind"` // always "summary"
	Command  string `json:"command"`
	Complete bool   `json:"complete"`

	*ScanCounts
	*ScanStats
	*ListCounts
	*VerifyCounts
	*LookupCounts
	*DiffCounts
	*AuditCounts

	Args    []string `json:"args,omitempty"`   // of a scan or list: the command line, the command first
	Seed    *uint64  `json:"seed,omitempty"`   // of the scan's order
	Config  string   `json:"config,omitempty"` // a hash of what a scan probes, and in what order: 32 hexadecimal digits
	Shard   uint64   `json:"shard,omitempty"`  // of a scan in several parts: which part this is, from 1
	Shards  uint64   `json:"shards,omitempty"` // how many parts
	Elapsed float64  `json:"elapsed_ms"`       // milliseconds

	MissingShards []uint64 `json:"missing_shards,omitempty"` // the parts that merge did not get
}

// ScanCounts counts the verdicts of a scan, shown or not. No key is that of a field of
// a record, see [ListCounts].
type ScanCounts struct {
	Targets      uint64 `json:"targets"` // addresses
	Down         uint64 `json:"down"`    // of those, the addresses that discovery found down
	Probes       uint64 `json:"probes"`  // each an address, a protocol and a port, of the others
	Open         uint64 `json:"open"`
	Closed       uint64 `json:"closed"`
	Filtered     uint64 `json:"filtered"`
	OpenFiltered uint64 `json:"open_filtered"`
	// ClosedFiltered are refusals that may be the host's or the path's: on macOS and
	// the BSDs.
	ClosedFiltered uint64 `json:"closed_filtered,omitempty"`
	Middlebox      uint64 `json:"middlebox_ports"` // open, but so is every port of the host
	Unknown        uint64 `json:"unknown"`
	Unresolved     int    `json:"unresolved"` // targets without an address

	Alive        uint64 `json:"alive_addresses,omitempty"` // addresses that something answered for, if dead ones were sought
	Silent       uint64 `json:"silent,omitempty"`          // questions that nothing answered, asked of the addresses that are down
	NotLookedFor uint64 `json:"not_looked_for,omitempty"`  // addresses that an interrupted discovery did not get to
}

// Decided is how many probes have a verdict.
func (n *ScanCounts) Decided() uint64 {
	return n.Open + n.Closed + n.Filtered + n.OpenFiltered + n.ClosedFiltered + n.Middlebox + n.Unknown
}

// Add adds the counts of another part of the same scan, which has the same
// targets.
func (n *ScanCounts) Add(o ScanCounts) {
	n.Targets = max(n.Targets, o.Targets)
	n.Unresolved = max(n.Unresolved, o.Unresolved)
	n.Down += o.Down
	n.Probes += o.Probes
	n.Open += o.Open
	n.Closed += o.Closed
	n.Filtered += o.Filtered
	n.OpenFiltered += o.OpenFiltered
	n.ClosedFiltered += o.ClosedFiltered
	n.Middlebox += o.Middlebox
	n.Unknown += o.Unknown
	n.Alive += o.Alive
	n.Silent += o.Silent
	n.NotLookedFor += o.NotLookedFor
}

// ScanStats says how reliable the verdicts of a scan are, and what they cost.
type ScanStats struct {
	Attempts    uint64  `json:"attempts"`
	Retries     uint64  `json:"retries"`                // attempts after the first to the same port
	Late        uint64  `json:"late"`                   // answers that came after the timeout and still counted
	LocalErrors uint64  `json:"local_errors"`           // attempts that failed on this machine
	TimedOut    uint64  `json:"timed_out"`              // probes given up since the time for their host was over
	Loss        float64 `json:"loss"`                   // estimated share of attempts that got lost on the network, 0 to 1
	PathRate    float64 `json:"path_rate,omitempty"`    // attempts per second that the path took where it was the limit
	Slowed      uint64  `json:"slowed"`                 // how often a target was found to limit its rate of answers
	SlowestRate float64 `json:"slowest_rate,omitempty"` // the lowest rate used then, in attempts per second
}

// Add adds the statistics of another part of the same scan.
func (s *ScanStats) Add(o ScanStats) {
	if total := s.Attempts + o.Attempts; total > 0 {
		s.Loss = (s.Loss*float64(s.Attempts) + o.Loss*float64(o.Attempts)) / float64(total)
	}
	if o.PathRate > 0 && (s.PathRate == 0 || o.PathRate < s.PathRate) {
		s.PathRate = o.PathRate
	}
	s.Attempts += o.Attempts
	s.Retries += o.Retries
	s.Late += o.Late
	s.LocalErrors += o.LocalErrors
	s.Slowed += o.Slowed
	s.TimedOut += o.TimedOut
	if o.SlowestRate > 0 && (s.SlowestRate == 0 || o.SlowestRate < s.SlowestRate) {
		s.SlowestRate = o.SlowestRate
	}
}

// ListCounts counts the sockets of a list after filtering. No key is that of a field
// of a record: readers of JSONL want one type for each key.
type ListCounts struct {
	Sockets    int `json:"sockets"`
	Processes  int `json:"holders"`            // distinct holders
	Privileged int `json:"privileged_sockets"` // sockets bound to a privileged port
	Hidden     int `json:"hidden_sockets"`     // sockets without a visible holder

	// MayMatch are sockets that are left out only since their holders are hidden.
	MayMatch int `json:"may_match_sockets,omitempty"`
}

// LookupCounts counts the entries that a lookup found.
type LookupCounts struct {
	Services int `json:"services"`
}

// DiffCounts counts the changes of a diff.
type DiffCounts struct {
	Old      int `json:"old"` // records compared
	New      int `json:"new"`
	Opened   int `json:"opened"`
	Closed   int `json:"gone"` // not "closed", which counts ports in ScanCounts
	Owner    int `json:"changed_owner"`
	Exposure int `json:"changed_exposure"`
	State    int `json:"changed_state"`
	Service  int `json:"changed_service"`

	Reach       int `json:"changed_reach"`
	Version     int `json:"changed_version"`
	Certificate int `json:"changed_certificate"`
}

// Count adds a change to the count of its kind.
func (n *DiffCounts) Count(change Record) {
	switch change.What {
	case ChangeOpened:
		n.Opened++
	case ChangeClosed:
		n.Closed++
	case ChangeOwner:
		n.Owner++
	case ChangeExposure:
		n.Exposure++
	case ChangeReach:
		n.Reach++
	case ChangeState:
		n.State++
	case ChangeService:
		n.Service++
	case ChangeVersion:
		n.Version++
	case ChangeCertificate:
		n.Certificate++
	}
}

// Changes is the number of all changes.
func (n DiffCounts) Changes() int {
	return n.Opened + n.Closed + n.Owner + n.Exposure + n.Reach + n.State + n.Service + n.Version + n.Certificate
}

// AuditCounts counts the findings of an audit.
type AuditCounts struct {
	Checked int `json:"checked"` // sockets
	High    int `json:"high"`
	Medium  int `json:"medium"`
	Low     int `json:"low"`
	Known   int `json:"known"`   // left out, being in the baseline
	Allowed int `json:"allowed"` // left out, being in the allow file
}

// Count adds a finding to the count of its severity.
func (n *AuditCounts) Count(finding Record) {
	switch finding.Severity {
	case SeverityHigh:
		n.High++
	case SeverityMedium:
		n.Medium++
	default:
		n.Low++
	}
}
