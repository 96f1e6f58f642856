package drift

import "porthole/internal/report"

// probe is what was asked.
type probe struct {
	host, proto, addr string
	port              uint16
}

func probeOf(r report.Record) probe { return probe{r.Host, r.Proto, r.Addr, r.Port} }

// compareScans compares verdicts. A scan shows by default only what answered,
// so a port without a record did not.
func compareScans(old, new []report.Record) []report.Record {
	before := make(map[probe]report.Record, len(old))
	for _, r := range old {
		before[probeOf(r)] = r
	}
	var changes []report.Record
	now := make(map[probe]bool, len(new))
	for _, r := range new {
		now[probeOf(r)] = true
		was, shown := before[probeOf(r)]
		if change, ok := compareVerdicts(was, shown, r); ok {
			changes = append(changes, change)
		}
	}
	for _, r := range old {
		if !now[probeOf(r)] && answers(r) {
			changes = append(changes, changed(r, report.Gone, verdict(r), ""))
		}
	}
	return changes
}

// compareVerdicts compares one probe's; a probe that could not be asked says
// nothing about its port.
func compareVerdicts(was report.Record, shown bool, is report.Record) (report.Record, bool) {
	before, after := verdict(was), verdict(is)
	switch {
	case before == "unknown" || after == "unknown":
	case answers(is) && !answers(was):
		return changed(is, report.Opened, before, after), true
	case answers(was) && !answers(is):
		return changed(is, report.Gone, before, after), true
	case shown && before != after:
		return changed(is, report.StateChanged, before, after), true
	case shown && was.Service != is.Service:
		return changed(is, report.ServiceChanged, was.Service, is.Service), true
	}
	return report.Record{}, false
}

// answers tells a port that somebody may be behind. Every port of a middlebox
// is open: that says nothing of this one.
func answers(r report.Record) bool {
	return !r.Middlebox && (r.State == "open" || r.State == "open|filtered")
}

func verdict(r report.Record) string {
	if r.Middlebox {
		return "middlebox"
	}
	return r.State
}
