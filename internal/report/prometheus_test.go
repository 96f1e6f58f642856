package report

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"porthole/internal/record"
)

// promtool checks the text with Prometheus's own tool.
func promtool(t *testing.T, text string) {
	t.Helper()
	cmd := exec.Command(tool(t, "promtool", "prometheus"), "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

func TestPromtool(t *testing.T) {
	promtool(t, listRun().write(t, FormatPrometheus))
	empty := listRun()
	empty.records = nil
	promtool(t, empty.write(t, FormatPrometheus))
	promtool(t, crowd(maxSeries+7).write(t, FormatPrometheus))
}

// crowd is a machine with many listeners, each under a long hostile name.
func crowd(n int) run {
	r := listRun()
	r.records = nil
	for i := range n {
		name := fmt.Sprintf("%d\"\\\n\x00\xff é日%s", i, strings.Repeat("x日", 200))
		r.records = append(r.records, &record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "0.0.0.0", Port: uint16(i), State: "listen",
			Exposure: "all", Processes: &[]record.Process{{PID: i, Name: name}}})
	}
	return r
}

// TestPromBounds checks that the size of the file is limited, whatever the machine
// runs, and that it says what is left out.
func TestPromBounds(t *testing.T) {
	text := crowd(maxSeries+7).write(t, FormatPrometheus)
	if n := strings.Count(text, "\nporthole_listener{"); n != maxSeries {
		t.Errorf("%d series, not %d", n, maxSeries)
	}
	if !strings.Contains(text, "\nporthole_listener_omitted 7\n") {
		t.Error("what is left out is not counted")
	}
	assertTame(t, text)
	for _, s := range []string{strings.Repeat("日", 100), strings.Repeat("x", 127) + "é", strings.Repeat("\x00", 99)} {
		v := promValue(s)
		plain := strings.NewReplacer(`\\`, `\`).Replace(v)
		if len(plain) > maxLabel || !utf8.ValidString(v) || !strings.HasSuffix(v, "…") {
			t.Errorf("a value of %d bytes became %q (%d bytes)", len(s), v, len(plain))
		}
	}
}

// TestPromSeries checks that only listeners make series, and that sockets with the
// same labels make one.
func TestPromSeries(t *testing.T) {
	socket := func(state string, port uint16, pid int) *record.Record {
		return &record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "::1", Port: port, State: state, Processes: &[]record.Process{{PID: pid, Name: "web"}, {PID: pid + 1, Name: "web"}}}
	}
	r := listRun()
	r.sum.Complete = false
	r.records = []*record.Record{socket("listen", 80, 10), socket("listen", 80, 20), socket("established", 80, 10), socket("bound", 53, 10)}
	text := r.write(t, FormatPrometheus)
	for _, want := range []string{`port="80",`, `process="web",hidden=""} 2` + "\n", `process="web",hidden=""} 1` + "\n", "porthole_list_complete 0\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "\nporthole_listener{"); n != 2 {
		t.Errorf("%d series, not 2:\n%s", n, text)
	}
}

// TestPrometheusCertificates holds that the ends of certificates are told if
// listeners were verified, and nothing of them else.
func TestPrometheusCertificates(t *testing.T) {
	r := listRun()
	if text := r.write(t, FormatPrometheus); strings.Contains(text, "certificate") {
		t.Errorf("not verified:\n%s", text)
	}
	for _, s := range r.records[:2] {
		s.Verified = &record.Verified{Outcome: record.OutcomeIdentified, Service: "http", Transport: "tls", TLS: certificateOf("a\"b.test")}
	}
	text := r.write(t, FormatPrometheus)
	want := `porthole_certificate_not_after_seconds{proto="tcp",addr="0.0.0.0",port="22",netns="",service="http",process="sshd",subject="CN=a\"b.test"} ` + "1796367600\n"
	if !strings.Contains(text, want) || strings.Count(text, "porthole_certificate_not_after_seconds{") != 2 {
		t.Errorf("no\n%s in\n%s", want, text)
	}
}
