//go:build unix

package killjob

import "testing"

func TestParseSignal(t *testing.T) {
	for text, want := range map[string]string{
		"TERM": "TERM", "SIGTERM": "TERM", "sigterm": "TERM", "15": "TERM", "9": "KILL", "hup": "HUP",
		"": "", "0": "", "SIG": "", "SIGSIGTERM": "", "TERMINATE": "", "63": "", "-9": "", "1e1": "",
	} {
		sig, err := ParseSignal(text)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q is %v", text, sig)
		case want != "" && (err != nil || SignalName(sig) != want):
			t.Errorf("%q is %v, %v; want %s", text, sig, err, want)
		}
	}
	if _, err := ParseSignal("99"); err == nil || err.Error() != "no signal has the number 99; kill -l lists them" {
		t.Error(err)
	}
	for _, name := range append(Signals(), DefaultSignal) {
		if _, err := ParseSignal(name); err != nil {
			t.Error(err)
		}
	}
}
