package explain

import (
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
)

// answerLines says what was proved on the port, as far as it was asked, and what
// deserves a look about it: a line for each answer.
func (pt port) answerLines() (out []string) {
	for _, r := range pt.listeners {
		v := r.Verified
		if v == nil {
			continue
		}
		lines := []string{answer(v)}
		if t := v.TLS; t != nil && t.NotAfter != nil {
			lines = append(lines, fmt.Sprintf("certificate of %s until %s", t.Subject, t.NotAfter.UTC().Format("2006-01-02")))
		}
		for _, m := range v.Remarks {
			lines = append(lines, m.Text)
		}
		for _, line := range lines {
			if !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	return out
}

// answer puts an answer into words.
func answer(v *record.Verified) string {
	var text string
	switch v.Outcome {
	case record.OutcomeIdentified:
		text = v.Protocol()
		if program := v.Program(); program != "" {
			text += ", " + program
		} else if v.ProtocolVersion != "" {
			text += " " + v.ProtocolVersion
		}
	case record.OutcomeCloses:
		text = "closes every connection at once"
	case record.OutcomeNotAsked:
		return "not asked: " + v.Reason
	case record.OutcomeUnreachable:
		return "not reached at " + v.Asked + ": " + v.Error
	default:
		text = "unidentified, silent"
		if v.FirstBytes != "" {
			text = `unidentified, says "` + v.FirstBytes + `"`
		}
	}
	return text + ", at " + v.Asked
}

// answerSentences is answerLines in sentences.
func (pt port) answerSentences() (out []string) {
	for i, line := range pt.answerLines() {
		if i == 0 {
			out = append(out, "What answers: "+line+".")
			continue
		}
		out = append(out, upper(strings.TrimSuffix(line, "."))+".")
	}
	return out
}
