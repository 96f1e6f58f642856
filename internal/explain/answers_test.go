package explain

import (
	"strings"
	"testing"

	"porthole/internal/record"
)

// TestAnswers holds what an explanation says of what was verified, and that it says
// nothing of what was not.
func TestAnswers(t *testing.T) {
	plain := machineOf(socket("0.0.0.0", 80, "all", nginx())).Explain(label(80, "http"), own())
	if text := text(plain.Explanation); strings.Contains(text, "answers:") || strings.Contains(strings.Join(plain.Says, " "), "answers") {
		t.Errorf("not verified:\n%s", text)
	}
	for want, v := range map[string]record.Verified{
		"answers: ssh, OpenSSH 9.2p1, at 198.18.0.7:80\nssh answers on the number of http": {Outcome: "identified", Service: "ssh", Product: "OpenSSH", Version: "9.2p1", Transport: "plain",
			Remarks: []record.Remark{{Rule: "number-mismatch", Text: "ssh answers on the number of http"}}},
		"answers: tls/http 1.1, at 198.18.0.7:80\ncertificate of CN=a until 2026-11-23": {Outcome: "identified", Service: "http", ProtocolVersion: "1.1", Transport: "tls", TLS: &record.TLS{Subject: "CN=a", NotAfter: new(now())}},
		`answers: unidentified, says "\x00", at 198.18.0.7:80`:                          {Outcome: "unidentified", FirstBytes: `\x00`},
		"answers: unidentified, silent, at 198.18.0.7:80":                               {Outcome: "unidentified"},
		"answers: closes every connection at once, at 198.18.0.7:80":                    {Outcome: "closes"},
		"answers: not asked: it prints":                                                 {Outcome: "not-asked", Reason: "it prints"},
		"answers: not reached at 198.18.0.7:80: refused":                                {Outcome: "unreachable", Error: "refused"},
	} {
		v.Asked = "198.18.0.7:80"
		r := machineOf(socket("0.0.0.0", 80, "all", nginx(), func(r *record.Record) { r.Verified = &v })).Explain(label(80, "http"), own())
		if got := text(r.Explanation); !strings.Contains(got, want+"\n") {
			t.Errorf("no %q in\n%s", want, got)
		}
		if says := strings.Join(r.Says, "\n"); !strings.Contains(says, "What answers: ") {
			t.Errorf("no sentence in\n%s", says)
		}
	}
}
