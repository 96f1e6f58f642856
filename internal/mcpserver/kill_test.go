package mcpserver

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"porthole/internal/kill"
	"porthole/internal/record"
)

// TestKill holds that nothing ends without a dry run of just that, and that the
// processes of the dry run end.
func TestKill(t *testing.T) {
	session := connect(t, Config{AllowKill: true})
	port, other := startHolder(t), startHolder(t)
	run := func(args map[string]any) (out killed, failure string) {
		t.Helper()
		text, failure := call(t, session, "kill", args)
		if failure == "" {
			if err := json.Unmarshal([]byte(text), &out); err != nil {
				t.Fatal(err)
			}
		}
		return out, failure
	}
	dry, failure := run(map[string]any{"port": port})
	if failure != "" || dry.Sent || dry.Free || len(dry.Confirm) < 20 || len(dry.Targets) != 1 || dry.Targets[0].Holds[0] != "tcp/127.0.0.1:"+port {
		t.Fatalf("%s %+v", failure, dry)
	}
	for _, args := range []map[string]any{
		{"port": port, "confirm": "yes"},
		{"port": other, "confirm": dry.Confirm}, // uses it up
		{"port": port, "confirm": dry.Confirm},
	} {
		if _, failure := run(args); !strings.HasPrefix(failure, "confirm: ") {
			t.Errorf("%v: %q", args, failure)
		}
	}
	if doc := ask(t, session, "list", map[string]any{"queries": []string{port, other}}); len(doc.Records) != 2 {
		t.Fatalf("something was ended: %+v", doc.Records)
	}
	if dry, failure = run(map[string]any{"port": port, "signal": "KILL"}); failure != "" {
		t.Fatal(failure)
	}
	if _, failure := run(map[string]any{"port": port, "confirm": dry.Confirm}); !strings.Contains(failure, "the dry run was about KILL of "+port) {
		t.Errorf("another signal: %q", failure)
	}
	dry, _ = run(map[string]any{"port": port, "signal": "KILL"})
	done, failure := run(map[string]any{"port": port, "signal": "KILL", "confirm": dry.Confirm, "timeout_seconds": 60})
	if failure != "" || !done.Sent || !done.Free || done.Targets[0].PID != dry.Targets[0].PID {
		t.Errorf("%s %+v", failure, done)
	}
	if doc := ask(t, session, "list", map[string]any{"queries": []string{port, other}}); len(doc.Records) != 1 {
		t.Errorf("left: %+v", doc.Records)
	}
}

// TestKillOthers holds that a dry run is of the processes that it saw, and that
// porthole never ends itself.
func TestKillOthers(t *testing.T) {
	var d dryRuns
	was := dryRun{port: "80", targets: []kill.Target{{Process: record.Process{PID: 9}, Holds: []string{"tcp/[::]:80"}}}}
	word := d.add(was)
	now := was
	now.targets = []kill.Target{{Process: record.Process{PID: 10}, Holds: []string{"tcp/[::]:80"}}}
	if _, err := d.take(word, now); err == nil || !strings.Contains(err.Error(), "others hold the port") {
		t.Error(err)
	}
	late := was
	late.at = was.at.Add(2 * dryRunsValid)
	if _, err := d.take(d.add(was), late); err == nil {
		t.Error("an old dry run was confirmed")
	}
	if _, err := d.take(d.add(was), was); err != nil {
		t.Error(err)
	}
	session := connect(t, Config{AllowKill: true})
	if _, failure := call(t, session, "kill", map[string]any{"port": strconv.Itoa(listen(t).Port)}); !strings.Contains(failure, strconv.Itoa(os.Getpid())) {
		t.Errorf("of itself: %q", failure)
	}
}
