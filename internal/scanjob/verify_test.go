package scanjob

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
	"porthole/scanner"
	"porthole/scanner/verify"
)

// verifying prepares a scan of a fake network whose open ports are asked.
func verifying(t *testing.T, c Config, f *fakeNetwork) (*Job, *fakeVerifier) {
	t.Helper()
	c.Verify = new(Verify)
	j := prepare(t, c, f)
	v := &fakeVerifier{asked: make(map[verify.Target]int)}
	j.newVerifier = func(settings verify.Verifier) verifier {
		v.settings = settings
		return v
	}
	return j, v
}

// TestVerify holds which ports are asked what answers, and what becomes of it.
func TestVerify(t *testing.T) {
	c := config(t, "192.0.2.2,192.0.2.4:22", "1-4")
	began, ended := 0, 0
	c.Hooks.Verify = func(scanner.Result) { began++ }
	c.Hooks.Verified = func(*record.Verified) { ended++ }
	var found record.List
	j, v := verifying(t, c, newFakeNetwork())
	sum, err := j.Run(t.Context(), &found)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, r := range found {
		got[r.Endpoint()] = r.Verified.Outcome + " " + r.Verified.Program()
	}
	want := map[string]string{"tcp/192.0.2.2:2": "identified OpenSSH", "tcp/192.0.2.2:4": "unidentified ", "tcp/192.0.2.4:22": "identified OpenSSH"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&record.VerifyCounts{Verified: 2, Unidentified: 1}, sum.VerifyCounts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if began != 3 || ended != 3 || len(v.asked) != 3 {
		t.Errorf("%d began, %d ended, %d asked", began, ended, len(v.asked))
	}
	for target := range v.asked {
		if target.RTT == 0 {
			t.Errorf("the round trip of %v is not handed on", target)
		}
	}
}

// TestVerifySilentUDP holds that UDP ports that were silent to the scan are asked
// too, that those which answer are open, and that their number has a limit.
func TestVerifySilentUDP(t *testing.T) {
	c := config(t, "192.0.2.2", "U:3-5")
	c.Show = append(c.Show, scanner.StateOpenFiltered)
	f := newFakeNetwork()
	f.silent = func(scanner.Target) bool { return true }
	j, _ := verifying(t, c, f)
	got := make(outcomes)
	sum, err := j.Run(t.Context(), got)
	if err != nil {
		t.Fatal(err)
	}
	want := outcomes{"udp/192.0.2.2:3": "shown open identified", "udp/192.0.2.2:4": "shown open|filtered", "udp/192.0.2.2:5": "shown open identified"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if sum.Open != 2 || sum.OpenFiltered != 1 || sum.VerifyCounts.Verified != 2 {
		t.Errorf("%d open, %d open|filtered, %+v", sum.Open, sum.OpenFiltered, sum.VerifyCounts)
	}

	c.Ports, err = c.Registry.ParsePorts("U:1-1100", "tcp")
	if err != nil {
		t.Fatal(err)
	}
	j, v := verifying(t, c, f)
	if _, err := j.Run(t.Context(), make(outcomes)); err != nil || len(v.asked) != mostSilentAsked {
		t.Errorf("%v; %d asked", err, len(v.asked))
	}
}

// TestVerifyLate holds that few addresses are listened to for long, and of many
// those for mail alone.
func TestVerifyLate(t *testing.T) {
	for targets, want := range map[string]bool{"192.0.2.0/28": false, "192.0.2.0/27": true} {
		j, v := verifying(t, config(t, targets, "2"), newFakeNetwork())
		if _, err := j.Run(t.Context(), make(outcomes)); err != nil {
			t.Fatal(err)
		}
		if v.settings.LateMailOnly != want {
			t.Errorf("%s: late mail only: %v", targets, v.settings.LateMailOnly)
		}
	}
}

// TestVerifyConcurrency holds that verification has its share of what is allowed.
func TestVerifyConcurrency(t *testing.T) {
	for allowed, most := range map[int]int{1: 1, 10: 5, 0: verify.DefaultConcurrency} {
		c := config(t, "192.0.2.2", "2")
		c.Scanner.Concurrency = allowed
		j, v := verifying(t, c, newFakeNetwork())
		if _, err := j.Run(t.Context(), make(outcomes)); err != nil {
			t.Fatal(err)
		}
		if got := v.settings.Concurrency; got < 1 || got > most || allowed > 0 && got != most {
			t.Errorf("of %d: %d ports are asked at once", allowed, got)
		}
	}
}

// TestVerifyUnasked holds that a plain scan has no word about it, and that ports
// that are not shown are not asked.
func TestVerifyUnasked(t *testing.T) {
	var found record.List
	sum, err := prepare(t, config(t, "192.0.2.2", "1-4"), newFakeNetwork()).Run(t.Context(), &found)
	if err != nil || sum.VerifyCounts != nil || found[0].Verified != nil {
		t.Errorf("a plain scan: %v, %+v", err, sum.VerifyCounts)
	}
	c := config(t, "192.0.2.2", "1-4")
	c.Show = []scanner.State{scanner.StateClosed}
	j, v := verifying(t, c, newFakeNetwork())
	if _, err := j.Run(t.Context(), make(outcomes)); err != nil || len(v.asked) > 0 {
		t.Errorf("%v; %d ports asked that are not shown", err, len(v.asked))
	}
}

// TestVerifyResume holds that a scan that ends after any number of answers, and
// again and again, finds what an uninterrupted one finds, and that what was
// answered before it ended is not asked again. Every second run ends only when what
// it found open was asked, so that the scan comes to an end on a slow machine, too.
func TestVerifyResume(t *testing.T) {
	c := config(t, "192.0.2.2-6,192.0.2.18:14", "1-5")
	want := make(outcomes)
	whole := newFakeNetwork()
	j, _ := verifying(t, c, whole)
	wantSum, err := j.Run(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	for stopAt := 1; stopAt < whole.answers; stopAt++ {
		f := newFakeNetwork()
		path := filepath.Join(t.TempDir(), "scan.ckpt")
		concluded := make(map[string]bool) // shown with an answer before an interruption
		for runs := 0; ; runs++ {
			ctx, cancel := context.WithCancel(t.Context())
			began := 0
			c.Hooks.Verify = func(scanner.Result) { began++ }
			c.Checkpoint = open(t, path)
			got := make(outcomes)
			j, v := verifying(t, c, f)
			v.handed = make(chan struct{}, whole.answers)
			f.stopAt = f.answers + stopAt
			f.stop = func() {
				for range began * (runs % 2) {
					<-v.handed
				}
				cancel()
			}
			sum, err := j.Run(ctx, got)
			cancel()
			for target := range v.asked {
				if concluded["tcp/"+target.Addr.String()] {
					t.Fatalf("stopped every %d: %v is asked again", stopAt, target)
				}
			}
			if errors.Is(err, context.Canceled) {
				for endpoint, outcome := range got {
					concluded[endpoint] = concluded[endpoint] || strings.HasSuffix(outcome, "identified")
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("stopped every %d: (-uninterrupted +resumed)\n%s", stopAt, diff)
			}
			wantSum.Elapsed, wantSum.ScanStats = sum.Elapsed, sum.ScanStats // a port whose answer was cut off is scanned again
			if diff := cmp.Diff(wantSum, sum); diff != "" {
				t.Fatalf("stopped every %d: summary (-uninterrupted +resumed)\n%s", stopAt, diff)
			}
			break
		}
	}
}

// TestVerifyOther holds that a checkpoint without answers is not taken for one
// with them.
func TestVerifyOther(t *testing.T) {
	c := config(t, "192.0.2.2", "1-9")
	path := interrupted(t, c, 5)
	c.Checkpoint, c.Verify = open(t, path), new(Verify)
	_, err := Prepare(t.Context(), c)
	if other, ok := errors.AsType[*DifferenceError](err); !ok || len(other.Differences) != 1 {
		t.Errorf("%v", err)
	}
}

// TestVerifyFullDisk holds that an output that fails ends the asking.
func TestVerifyFullDisk(t *testing.T) {
	j, _ := verifying(t, config(t, "192.0.2.2", "1-9"), newFakeNetwork())
	if _, err := j.Run(t.Context(), new(fullOutput)); !errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
}
