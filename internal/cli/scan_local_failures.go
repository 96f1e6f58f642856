package cli

import (
	"strings"

	"porthole/scanner"
)

// localFailures are the reasons for which this machine could not ask.
type localFailures map[scanner.Reason]bool

func (f *localFailures) add(res scanner.Result) {
	if res.State != scanner.StateUnknown || res.Reason == scanner.ReasonNone {
		return
	}
	if *f == nil {
		*f = make(localFailures)
	}
	(*f)[res.Reason] = true
}

// why says the reasons after a colon, "" if none is known.
func (f localFailures) why() string {
	var reasons []string
	for _, r := range []struct {
		reason scanner.Reason
		text   string
	}{
		{scanner.ReasonNoRoute, "it has no route there (no-route)"},
		{scanner.ReasonLocalLimit, "it ran out of descriptors, ports or memory (local-limit)"},
		{scanner.ReasonLocalDenied, "its firewall or policy refused to send (local-denied)"},
	} {
		if f[r.reason] {
			reasons = append(reasons, r.text)
		}
	}
	if reasons == nil {
		return ""
	}
	return ": " + strings.Join(reasons, ", ")
}
