package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"porthole/internal/record"
)

const schemas = "../../docs/schema"

// schema compiles one of the published schemas; formats such as date-time
// count.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	s, err := c.Compile(filepath.Join(schemas, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func lookupRun() run {
	return run{
		o: Options{Command: "lookup", Kind: record.KindService, Args: []string{"porthole", "lookup", "telnet"}, Start: start(), Version: "v0.1.0"},
		records: []*record.Record{
			{Kind: record.KindService, Proto: "tcp", Port: 23, Service: "telnet", IANA: "telnet", Class: "well-known", Description: "Telnet <NVT>", Common: new(true), Plaintext: new(true), Secure: "ssh (RFC 4251)"},
			{Kind: record.KindService, Proto: "tcp", Port: 50001, Class: "dynamic"},
		},
		sum: record.Summary{Kind: "summary", Command: "lookup", Complete: true, Elapsed: 0.2, LookupCounts: &record.LookupCounts{Services: 1}},
	}
}

// hostsRun is a discovery alone.
func hostsRun() run {
	return run{
		o: Options{Command: "scan", Kind: record.KindHost, Args: []string{"porthole", "scan", "192.0.2.0/24", "--discover", "only"}, Start: start(), Version: "v0.1.0"},
		records: []*record.Record{
			{Kind: record.KindHost, Addr: "192.0.2.9", Life: &record.Life{Alive: new(true), By: "echo-reply", Asked: 7}, At: new(start())},
			{Kind: record.KindHost, Host: "a.example", RDNS: "b.example", Addr: "192.0.2.1", Life: &record.Life{Alive: new(true), By: "arp", Asked: 7}, At: new(start())},
		},
		sum: record.Summary{Kind: "summary", Command: "scan", Complete: true, Elapsed: 2000, ScanCounts: &record.ScanCounts{Targets: 256, Alive: 2, Down: 254, Silent: 254 * 7}, ScanStats: &record.ScanStats{Attempts: 1800}},
	}
}

// TestHosts checks how the formats show addresses that are alive, and that they are
// read back.
func TestHosts(t *testing.T) {
	for format, want := range map[Format]string{
		FormatTable: "HOST       ADDRESS    ALIVE BY\n           192.0.2.9  echo-reply\na.example  192.0.2.1  arp\n",
		FormatJSONL: `{"kind":"host","host":"a.example","rdns":"b.example","addr":"192.0.2.1","alive":true,"by":"arp","asked":7,"at":"` + start().UTC().Format(time.RFC3339Nano) + `"}` + "\n",
		FormatCSV:   "host,addr,by,asked,at,rdns\r\n",
		FormatXML:   `<status state="up" reason="echo-reply" reason_ttl="0"></status><address addr="192.0.2.9" addrtype="ipv4"></address>`,
		FormatGrep:  "Host: 192.0.2.1 (a.example)\tStatus: Up\n",
		FormatHTML:  "echo-reply",
	} {
		r := hostsRun()
		if got := r.write(t, format); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in\n%s", format, want, got)
		}
	}
	all := "<hosts up=\"2\" down=\"254\" total=\"256\"></hosts>"
	if got := hostsRun(); !strings.Contains(got.write(t, FormatXML), all) {
		t.Errorf("no %s", all)
	}
	r := hostsRun()
	saved, err := ReadSaved(strings.NewReader(r.write(t, FormatJSON)))
	if err != nil || saved.Command != "scan" || len(saved.Records) != 2 || saved.Records[1].Asked != 7 {
		t.Errorf("%+v, %v", saved, err)
	}
}

// wideRun is a list with a connection and every field that a socket can have.
func wideRun() run {
	r := listRun()
	behind := *r.records[0]
	behind.Reach = &record.Reach{Verdict: record.ReachPartly, Except: []string{"10.0.0.0/8"}, To: []string{"198.18.0.1"}, Why: "a queue to a program", IPv4: "drop", IPv6: "accept"}
	r.records = append(r.records, &behind, &record.Record{
		Kind: record.KindSocket, Proto: "tcp", Addr: "fe80::1%eth0", Port: 23, RemoteAddr: "fe80::2%eth0", RemotePort: 50001, State: "established",
		Service: "telnet", IANA: "telnet-x", Class: "well-known", Plaintext: new(true), Secure: "ssh (RFC 4251)", Privileged: new(true),
		Exposure: "local", UID: new(0), User: "root", Inode: 1, NetNS: 4026531840,
		Processes: &[]record.Process{{PID: 1, Name: "telnetd", Exe: "/usr/sbin/telnetd", Cmdline: []string{"telnetd", ""}, User: "root", UID: new(0), Started: new(start())}},
	})
	return r
}

// TestSchemas checks that the JSON formats follow the published schemas, and that
// the schemas describe every field.
func TestSchemas(t *testing.T) {
	for name, r := range map[string]run{"scan": scanRun(), "nothing": emptyRun(), "list": wideRun(), "lookup": lookupRun(), "diff": diffRun(), "audit": auditRun(), "explain": explainRun(), "hosts": hostsRun(), "verified": verifiedRun()} {
		if err := validate(t, schema(t, "document"), r.write(t, FormatJSON)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for line := range strings.Lines(r.write(t, FormatJSONL)) {
			var fields map[string]any
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatal(err)
			}
			s := schema(t, fields["kind"].(string))
			if err := validate(t, s, line); err != nil {
				t.Errorf("%s: %v", line, err)
			}
			for field := range fields {
				if s.Properties[field] == nil {
					t.Errorf("%s: %s.json does not describe %q", name, fields["kind"], field)
				}
			}
		}
	}
}

// TestSchemaFields checks that every field of a record is in the schemas.
func TestSchemaFields(t *testing.T) {
	described := make(map[string]bool)
	for _, kind := range []string{record.KindPort, record.KindSocket, record.KindService, record.KindChange, record.KindFinding, record.KindExplanation, record.KindHost} {
		for field := range schema(t, kind).Properties {
			described[field] = true
		}
	}
	process := make(map[string]bool)
	for field := range schema(t, record.KindSocket).Properties["processes"].Items2020.Ref.Properties {
		process[field] = true
	}
	verified, tls := schema(t, "verified").Properties, make(map[string]bool)
	for field := range verified["tls"].Properties {
		tls[field] = true
	}
	proved := make(map[string]bool)
	for field := range verified {
		proved[field] = true
	}
	summary := make(map[string]bool)
	for field := range schema(t, "summary").Properties {
		summary[field] = true
	}
	for _, test := range []struct {
		of   any
		have map[string]bool
	}{{record.Record{}, described}, {record.Process{}, process}, {record.Summary{}, summary}, {record.ScanCounts{}, summary}, {record.ListCounts{}, summary}, {record.LookupCounts{}, summary}, {record.Life{}, described}, {record.Change{}, described}, {record.DiffCounts{}, summary}, {record.Finding{}, described}, {record.Explanation{}, described}, {record.AuditCounts{}, summary}, {record.VerifyCounts{}, summary}, {record.Verified{}, proved}, {record.TLS{}, tls}} {
		for f := range reflect.TypeOf(test.of).Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "" && !test.have[name] {
				t.Errorf("no schema describes %s of %T", name, test.of)
			}
		}
	}
}

// TestSchemasRefuse checks that the schemas reject what is wrong.
func TestSchemasRefuse(t *testing.T) {
	port := func(change func(*record.Record)) string {
		r := *portRecords()[0]
		change(&r)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	good := port(func(*record.Record) {})
	if err := validate(t, schema(t, "port"), good); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a state":     port(func(r *record.Record) { r.State = "opne" }),
		"a reason":    port(func(r *record.Record) { r.Reason = "because" }),
		"an address":  port(func(r *record.Record) { r.Addr = "example.test" }),
		"a protocol":  port(func(r *record.Record) { r.Proto = "sctp" }),
		"a class":     port(func(r *record.Record) { r.Class = "" }),
		"a made-up 0": port(func(r *record.Record) { r.RTT = new(0.0) }),
		"no time":     port(func(r *record.Record) { r.At = nil }),
		"a number":    strings.Replace(good, `"port":443`, `"port":70000`, 1),
		"a kind":      port(func(r *record.Record) { r.Kind = record.KindSocket }),
		"a date":      strings.Replace(good, start().Format(time.RFC3339), "yesterday", 1),
	} {
		if validate(t, schema(t, "port"), text) == nil {
			t.Errorf("%s: %s passes", name, text)
		}
	}
	mixed := scanRun()
	mixed.records = listRun().records
	if validate(t, schema(t, "document"), mixed.write(t, FormatJSON)) == nil {
		t.Error("a scan with sockets passes")
	}
	bare := scanRun()
	bare.sum.ScanCounts = nil
	if validate(t, schema(t, "document"), bare.write(t, FormatJSON)) == nil {
		t.Error("a scan without its counts passes")
	}
}

// TestSchemaFiles checks that every schema is for draft 2020-12 and is valid.
func TestSchemaFiles(t *testing.T) {
	files, err := os.ReadDir(schemas)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".json")
		if s := schema(t, name); !ok || s.DraftVersion != 2020 {
			t.Errorf("%s is for draft %d", f.Name(), s.DraftVersion)
		}
	}
}
