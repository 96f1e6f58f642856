package cli

import (
	"encoding/json"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"porthole/internal/netlab"
	"porthole/internal/record"
)

// serveIn has a server answer in a namespace until the test ends, and returns its
// port.
func serveIn(t *testing.T, n *netlab.Namespace, kind, addr string) uint16 {
	t.Helper()
	var held socketSet
	var at net.Addr
	err := n.Do(func() (err error) {
		at, err = held.serve(kind, "tcp4", addr)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, l := range held {
			l.Close()
		}
	})
	return at.(*net.TCPAddr).AddrPort().Port()
}

// TestAuditVerify holds what an audit makes of the answers of a namespace's
// listeners, and that without --verify it asks none of them.
func TestAuditVerify(t *testing.T) {
	lab := netlab.Require(t, netlab.Config{Alive: []netip.Addr{netip.MustParseAddr("198.18.0.3")}})
	n := lab.Target()
	redis, tls, local := serveIn(t, n, "redis", "0.0.0.0"), serveIn(t, n, "tls", "0.0.0.0"), serveIn(t, n, "redis", "127.0.0.1")
	out, diag := runIn(t, n, "audit", "--verify", "--netns", "self", "-o", "json")
	var doc struct {
		Records []record.Record
		Summary record.Summary
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := make(map[string]record.Record)
	for _, f := range doc.Records {
		got[f.Rule+" "+strconv.Itoa(int(f.Port))] = f
	}
	for port, want := range map[string]string{
		"no-credentials " + strconv.Itoa(int(redis)): record.SeverityHigh,
		"no-credentials " + strconv.Itoa(int(local)): record.SeverityLow,
		"cert-expires " + strconv.Itoa(int(tls)):     record.SeverityMedium,
		"cert-self-signed " + strconv.Itoa(int(tls)): record.SeverityLow,
	} {
		if f := got[port]; f.Finding == nil || f.Finding.Severity != want || !strings.Contains(f.Evidence, "; held by ") || f.Verified == nil {
			t.Errorf("%s: %+v, want %s", port, f.Finding, want)
		}
	}
	if n := doc.Summary.VerifyCounts; n == nil || n.Verified != 3 || !strings.Contains(diag, "3 verified") {
		t.Errorf("%+v\n%s", n, diag)
	}
	out, _ = runIn(t, n, "audit", "--netns", "self", "-o", "json")
	if strings.Contains(out, "verified") || strings.Contains(out, "no-credentials") {
		t.Errorf("without --verify:\n%s", out)
	}
}

// TestScanVerifyOfManyHosts holds that a scan beyond the limit of long listening ends
// soon, with what every host proved.
func TestScanVerifyOfManyHosts(t *testing.T) {
	var alive []netip.Addr
	for i := range 20 {
		alive = append(alive, netip.AddrFrom4([4]byte{198, 18, 0, byte(10 + i)}))
	}
	lab := netlab.Require(t, netlab.Config{Alive: alive})
	port := serveIn(t, lab.Target(), "ssh", "0.0.0.0")
	silent := serveIn(t, lab.Target(), "silent", "0.0.0.0")
	out, diag := scanIn(t, lab.Scanner(), "198.18.0.10-29", "--discover", "never", "-p", strconv.Itoa(int(port))+","+strconv.Itoa(int(silent)), "--verify")
	if got := strings.Count(out, "OpenSSH 9.2p1"); got != 20 || !strings.Contains(diag, "20 verified, 20 unidentified") {
		t.Errorf("%d of 20 hosts\n%s\n%s", got, out, diag)
	}
}
