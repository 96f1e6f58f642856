package cli

import (
	"strings"
	"testing"
	"time"
)

// TestAnnouncements holds that a scan's first lines wait, and that a short scan shows
// none.
func TestAnnouncements(t *testing.T) {
	var out strings.Builder
	a := &announcements{to: &out}
	a.say("one")
	if out.Len() > 0 {
		t.Errorf("said at once: %q", &out)
	}
	a.release()
	a.say("two")
	if got := out.String(); got != "one\ntwo\n" {
		t.Errorf("%q", got)
	}

	out.Reset()
	a = &announcements{to: &out, timer: time.NewTimer(time.Hour)}
	a.say("one")
	a.drop()
	a.release() // the timer may have fired already
	if out.Len() > 0 {
		t.Errorf("said in spite of that: %q", &out)
	}
}
