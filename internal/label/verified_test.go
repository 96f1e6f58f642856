package label

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
	"porthole/scanner/verify"
)

func TestVerified(t *testing.T) {
	ends := time.Date(2027, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	got := Verified(verify.Service{
		Outcome: verify.OutcomeIdentified, Protocol: "http", Product: "nginx", Version: "1.22.1", ProtocolVersion: "1.1", Transport: verify.TransportTLS,
		Info: []string{"Debian"}, Evidence: verify.Evidence{Request: "GET /", Product: "Server header", FirstBytes: []byte("H\"\\\r\n\x00é")},
		AnswersWithoutCredentials: true, Connections: 2, Spent: 1500 * time.Microsecond,
		TLS: &verify.TLS{Version: "1.3", ALPN: "h2", Subject: "CN=a", Names: []string{"a"}, Issuer: "CN=a", NotBefore: ends.AddDate(-1, 0, 0), NotAfter: ends,
			SelfSigned: true, Key: "ecdsa-256", Signature: "ECDSA-SHA256", Fingerprint: "00", Trust: "no", WrongName: true, ClientCertificate: true, Old: "1.1"},
	})
	want := &record.Verified{
		Outcome: "identified", Service: "http", Product: "nginx", Version: "1.22.1", ProtocolVersion: "1.1", Transport: "tls", Info: []string{"Debian"},
		Evidence: "GET /", ProductEvidence: "Server header", FirstBytes: `H"\\\r\n\x00\u00e9`, WithoutCredentials: true, Connections: 2, Spent: 1.5,
		TLS: &record.TLS{Version: "1.3", ALPN: "h2", Subject: "CN=a", Names: []string{"a"}, Issuer: "CN=a", NotBefore: new(ends.UTC().AddDate(-1, 0, 0)), NotAfter: new(ends.UTC()),
			SelfSigned: true, Key: "ecdsa-256", Signature: "ECDSA-SHA256", Fingerprint: "00", Untrusted: "no", WrongName: true, ClientCertificate: true, Old: "1.1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNotVerified holds that an answer that proves nothing names nothing.
func TestNotVerified(t *testing.T) {
	for outcome, want := range map[verify.Outcome]string{
		verify.OutcomeUnidentified: "unidentified", verify.OutcomeCloses: "closes", verify.OutcomeNotAsked: "not-asked", verify.OutcomeUnreachable: "unreachable",
	} {
		got := Verified(verify.Service{Outcome: outcome, Protocol: "ssh", Product: "OpenSSH", Version: "9", Reason: "why", Err: errors.New("refused"), TLS: &verify.TLS{}})
		if got.Outcome != want || got.Service+got.Product+got.Version+got.Transport != "" || got.Reason != "why" || got.Error != "refused" || got.TLS.NotAfter != nil {
			t.Errorf("%v: %+v", outcome, got)
		}
	}
}
