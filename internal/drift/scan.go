package drift

import "porthole/internal/record"

// probe is what was asked.
type probe struct {
	host, proto, addr string
	port              uint16
}

func probeOf(r record.Record) probe { return probe{r.Host, r.Proto, r.Addr, r.Port} }

// compareScans compares verdicts. A scan shows by default only what answered,
// so a port without a record did not.
func compareScans(old, new []record.Record) []record.Record {
	before := make(map[probe]record.Record, len(old))
	for _, r := range old {
		before[probeOf(r)] = r
	}
	var changes []record.Record
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
			changes = append(changes, changed(r, record.ChangeClosed, verdict(r), ""))
		}
	}
	return changes
}

// compareVerdicts compares one probe's; a probe that could not be asked says
// nothing about its port.
func compareVerdicts(was record.Record, shown bool, is record.Record) (record.Record, bool) {
	before, after := verdict(was), verdict(is)
	switch {
	case before == "unknown" || after == "unknown":
	case answers(is) && !answers(was):
		return changed(is, record.ChangeOpened, before, after), true
	case answers(was) && !answers(is):
		return changed(is, record.ChangeClosed, before, after), true
	case shown && before != after:
		return changed(is, record.ChangeState, before, after), true
	case shown && was.Service != is.Service:
		return changed(is, record.ChangeService, was.Service, is.Service), true
	}
	return record.Record{}, false
}

// answers tells a port that somebody may be behind. Every port of a middlebox
// is open: that says nothing of this one.
func answers(r record.Record) bool {
	return !r.Middlebox && (r.State == "open" || r.State == "open|filtered")
}

func verdict(r record.Record) string {
	if r.Middlebox {
		return "middlebox"
	}
	return r.State
}
