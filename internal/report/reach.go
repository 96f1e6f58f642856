package report

import (
	"fmt"
	"strings"

	"porthole/internal/record"
)

// exposureText is the exposure with what the firewall makes of it: "all",
// "all, firewalled", "all, from 10.0.0.0/8", "all?". Where the rules could not
// be read it is the exposure alone, which is about the bind address.
func exposureText(r *record.Record) string {
	reach := r.Reach
	switch {
	case reach == nil || reach.Unread:
		return r.Exposure
	case reach.Nobody() && reach.Rule == "":
		return r.Exposure + ", unreachable"
	case reach.Nobody():
		return r.Exposure + ", firewalled"
	case reach.Verdict == record.ReachPartly:
		return r.Exposure + ", " + reachText(reach, 1)
	case reach.Verdict == record.ReachUnknown:
		return r.Exposure + "?"
	default:
		return r.Exposure
	}
}

// reachText says of "partly" who gets through: "from 10.0.0.0/8 by eth0". It names
// at most shown of each.
func reachText(reach *record.Reach, shown int) string {
	var parts []string
	add := func(word string, list []string, more int) {
		if len(list) > 0 {
			parts = append(parts, word+" "+firstOf(list, shown, more))
		}
	}
	switch strings.Join(reach.From, " ") {
	case "0.0.0.0/0":
		parts = append(parts, "IPv4 only")
	case "::/0":
		parts = append(parts, "IPv6 only")
	default:
		add("from", reach.From, reach.More)
	}
	add("not from", reach.Except, reach.More)
	add("by", reach.Interfaces, 0)
	add("to", reach.To, 0)
	if len(parts) == 0 {
		return "partly"
	}
	return strings.Join(parts, " ")
}

// firstOf joins the first of a list and counts the others, of which there may be
// more.
func firstOf(list []string, shown, more int) string {
	if shown < len(list) {
		list, more = list[:shown], more+len(list)-shown
	}
	text := strings.Join(list, ", ")
	if more > 0 {
		text += fmt.Sprintf(" +%d", more)
	}
	return text
}

// reachVerdict, reachSome, reachRule and reachWhy are the columns of the wide
// table and of CSV.
func reachVerdict(r *record.Record) string {
	if r.Reach == nil {
		return ""
	}
	return r.Reach.Verdict
}

// reachWord is the verdict in a word of the page, which has the sources in the next
// column.
func reachWord(r *record.Record) string {
	switch {
	case r.Reach == nil:
		return ""
	case !r.Reach.Known():
		return "cannot tell"
	case r.Reach.Verdict == record.ReachPartly:
		return "some"
	}
	return r.Reach.Words()
}

func reachSome(r *record.Record) string {
	if r.Reach == nil || r.Reach.Verdict != record.ReachPartly {
		return ""
	}
	if text := reachText(r.Reach, len(r.Reach.From)+len(r.Reach.Except)+len(r.Reach.Interfaces)+len(r.Reach.To)); text != record.ReachPartly {
		return text
	}
	return "" // the column of the verdict says as much
}

func reachRule(r *record.Record) string {
	if r.Reach == nil {
		return ""
	}
	return r.Reach.Rule
}

func reachWhy(r *record.Record) string {
	if r.Reach == nil {
		return ""
	}
	return strings.Join(append(nonEmpty(r.Reach.Why), r.Reach.Notes...), "; ")
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// ifRead leaves out what is the same for every row: that nothing could be read.
func ifRead(text func(*record.Record) string) func(*record.Record) string {
	return func(r *record.Record) string {
		if r.Reach != nil && r.Reach.Unread {
			return ""
		}
		return text(r)
	}
}
