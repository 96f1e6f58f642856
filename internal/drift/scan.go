package drift

import "porthole/internal/record"

// portKey identifies a port of a host.
type portKey struct {
	host, proto, addr string
	port              uint16
}

func keyOf(r record.Record) portKey { return portKey{r.Host, r.Proto, r.Addr, r.Port} }

// compareScans compares verdicts. By default a scan shows open ports only, so a port
// without a record is taken to be not open.
func compareScans(old, new []record.Record) []record.Record {
	before := make(map[portKey]record.Record, len(old))
	for _, r := range old {
		before[keyOf(r)] = r
	}
	var changes []record.Record
	now := make(map[portKey]bool, len(new))
	for _, r := range new {
		now[keyOf(r)] = true
		was, shown := before[keyOf(r)]
		if change, ok := compareVerdicts(was, shown, r); ok {
			changes = append(changes, change)
		}
	}
	for _, r := range old {
		if !now[keyOf(r)] && isOpen(r) {
			changes = append(changes, changed(r, record.ChangeClosed, verdict(r), ""))
		}
	}
	return changes
}

// compareVerdicts compares the verdicts on one port. The state unknown is not a
// verdict, and makes no change.
func compareVerdicts(was record.Record, shown bool, is record.Record) (record.Record, bool) {
	before, after := verdict(was), verdict(is)
	switch {
	case before == "unknown" || after == "unknown":
	case isOpen(is) && !isOpen(was):
		return changed(is, record.ChangeOpened, before, after), true
	case isOpen(was) && !isOpen(is):
		return changed(is, record.ChangeClosed, before, after), true
	case shown && before != after:
		return changed(is, record.ChangeState, before, after), true
	case shown && was.Service != is.Service:
		return changed(is, record.ChangeService, was.Service, is.Service), true
	}
	return record.Record{}, false
}

// isOpen reports whether a port is open, or may be. A middlebox answers on every
// port, which does not count.
func isOpen(r record.Record) bool {
	return !r.Middlebox && (r.State == "open" || r.State == "open|filtered")
}

// verdict is the state of a port, or that a middlebox hides it.
func verdict(r record.Record) string {
	if r.Middlebox {
		return "middlebox"
	}
	return r.State
}
