package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"porthole/internal/record"
)

// TestEventSchema checks that events follow the published schema, and that the
// schema describes every field.
func TestEventSchema(t *testing.T) {
	s := schema(t, "event")
	for f := range reflect.TypeFor[record.Event]().Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); s.Properties[name] == nil {
			t.Errorf("event.json does not describe %q", name)
		}
	}
	for _, r := range wideRun().records {
		for _, e := range []record.Event{
			{Event: "present", At: start(), Socket: r},
			{Event: "changed", At: start(), Fields: []string{"processes", "unit"}, Socket: r},
		} {
			var buf bytes.Buffer
			if err := NewEventWriter(&buf).Write(e); err != nil {
				t.Fatal(err)
			}
			if err := validate(t, s, buf.String()); err != nil {
				t.Errorf("%s: %v", buf.String(), err)
			}
		}
	}
	var buf bytes.Buffer
	if err := NewEventWriter(&buf).Write(record.Event{Event: record.EventGap, At: start(), Since: new(start())}); err != nil {
		t.Fatal(err)
	}
	if err := validate(t, s, buf.String()); err != nil {
		t.Errorf("%s: %v", buf.String(), err)
	}
	for name, e := range map[string]record.Event{
		"a gap since never": {Kind: record.KindEvent, Event: "gap"},
		"a gap of a socket": {Kind: record.KindEvent, Event: "gap", Since: new(start()), Socket: wideRun().records[0]},
		"an unknown event":  {Kind: record.KindEvent, Event: "moved", Socket: wideRun().records[0]},
		"no socket":         {Kind: record.KindEvent, Event: "opened"},
		"a change of none":  {Kind: record.KindEvent, Event: "changed", Socket: wideRun().records[0]},
		"a port":            {Kind: record.KindEvent, Event: "opened", Socket: portRecords()[0]},
	} {
		e.At = start()
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if validate(t, s, string(text)) == nil {
			t.Errorf("%s passes: %s", name, text)
		}
	}
}

// TestEventLine checks that each event is flushed, on one line that no name can
// break or colour.
func TestEventLine(t *testing.T) {
	var buf bytes.Buffer
	w := NewEventWriter(&buf)
	r := &record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "::", Port: 22, Processes: &[]record.Process{{PID: 1, Name: "a\n\x1b[31m\u202e"}}}
	if err := w.Write(record.Event{Event: "opened", At: time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC), Socket: r}); err != nil {
		t.Fatal(err)
	}
	const want = `{"kind":"event","event":"opened","at":"2026-11-23T07:00:00Z","socket":{"kind":"socket","proto":"tcp","addr":"::","port":22,"class":"",` +
		`"processes":[{"pid":1,"name":"a\n\u001b[31m\u202e"}]}}` + "\n"
	if buf.String() != want {
		t.Errorf("got  %s\nwant %s", buf.String(), want)
	}
}

// TestFields checks that a view gets the columns of the wide table, with the
// short text for the holders.
func TestFields(t *testing.T) {
	r := &record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "0.0.0.0", Port: 80, Exposure: "all",
		Processes: &[]record.Process{{PID: 1, Name: "a"}, {PID: 2, Name: "a"}, {PID: 3, Name: "a"}, {PID: 4, Name: "a"}}}
	byName := make(map[string]Field)
	for _, f := range Fields(record.KindSocket) {
		byName[f.Name] = f
	}
	if got := byName["process"].Text(r); got == allHolders(r) || !strings.HasPrefix(got, "a ×4: 1, 2, 3") {
		t.Errorf("process is %q", got)
	}
	if got := byName["exposure"].Paint(r, "all "); got != paint("all ", styleCaution, true) {
		t.Errorf("exposure is painted as %q", got)
	}
	if got := byName["port"]; !got.Right || got.Paint(r, "80") != "80" {
		t.Errorf("port %+v", got)
	}
}
