package record

import (
	"fmt"
	"strings"
)

// The values of [Reach.Verdict].
const (
	ReachAccept  = "accept"  // everyone gets through who can get an answer at all
	ReachDrop    = "drop"    // nobody; packets are dropped
	ReachReject  = "reject"  // nobody; packets are refused
	ReachPartly  = "partly"  // some
	ReachUnknown = "unknown" // it cannot be told
)

// Reach is who gets through to a socket from outside of its network namespace,
// past the firewall's rules and the routes.
type Reach struct {
	Verdict    string   `json:"verdict"`
	From       []string `json:"from,omitempty"`       // of "partly": the sources that get through, unless it is all of them
	Except     []string `json:"except,omitempty"`     // instead of From, if that is shorter: the sources that do not
	Interfaces []string `json:"interfaces,omitempty"` // of "partly": those that connections have to come in by, unless it is any
	To         []string `json:"to,omitempty"`         // of "partly": the addresses that they have to be sent to, unless it is any
	More       int      `json:"more,omitempty"`       // how many more sources there are than those in From or Except

	Rule  string   `json:"rule,omitempty"`  // what decided: a rule with its place, the policy of a chain, or the kernel
	Why   string   `json:"why,omitempty"`   // what the verdict depends on, or why it cannot be told
	Notes []string `json:"notes,omitempty"` // what else may drop packets, and is not followed

	// IPv4 and IPv6 are the verdicts of the families, if they differ.
	IPv4 string `json:"ipv4,omitempty"`
	IPv6 string `json:"ipv6,omitempty"`

	// Input is the verdict of the rules for the machine's own ports, where connections
	// do not meet them: they are led to a container, or to another machine.
	Input string `json:"input,omitempty"`

	// Unread: the verdict is unknown since the rules could not be read.
	Unread bool `json:"unread,omitempty"`
}

// Known reports whether it could be told who gets through.
func (r *Reach) Known() bool { return r != nil && r.Verdict != ReachUnknown }

// Nobody reports whether nobody gets through.
func (r *Reach) Nobody() bool {
	return r != nil && (r.Verdict == ReachDrop || r.Verdict == ReachReject)
}

// Words says who gets through: "everyone", "nobody", or as Whom; "" where it cannot
// be told.
func (r *Reach) Words() string {
	switch {
	case !r.Known():
		return ""
	case r.Nobody():
		return "nobody"
	case r.Verdict == ReachPartly:
		return r.Whom()
	default:
		return "everyone"
	}
}

// Whom says in words who gets through of "partly": "only 10.0.0.0/8 by eth0". It
// names few of each.
func (r *Reach) Whom() string {
	var parts []string
	switch {
	case len(r.From) == 1 && r.From[0] == "0.0.0.0/0":
		parts = append(parts, "IPv4 only")
	case len(r.From) == 1 && r.From[0] == "::/0":
		parts = append(parts, "IPv6 only")
	case len(r.From) > 0:
		parts = append(parts, "only "+sumUp(r.From, r.More))
	case len(r.Except) > 0:
		parts = append(parts, "all but "+sumUp(r.Except, r.More))
	}
	if len(r.Interfaces) > 0 {
		parts = append(parts, "by "+sumUp(r.Interfaces, 0))
	}
	if len(r.To) > 0 {
		parts = append(parts, "to "+sumUp(r.To, 0))
	}
	if len(parts) == 0 {
		return "some"
	}
	return strings.Join(parts, " ")
}

// sumUp joins the first few of a list, and counts the others, of which there may be
// more.
func sumUp(list []string, more int) string {
	const few = 4
	if len(list) > few {
		list, more = list[:few], more+len(list)-few
	}
	text := strings.Join(list, ", ")
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Outside is what becomes of new connections to a port from outside, on every
// address, whether anything waits on it or not.
type Outside struct {
	*Reach
	Accepted []string // what the rules let in: "22 from everywhere", "443 from 10.0.0.0/8"
	Opener   string   // the command for the one rule that would let everyone in; "" if there is none
}
