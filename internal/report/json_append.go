package report

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"porthole/internal/record"
)

// jsonText builds one JSON object, field by field in the order of the structs,
// as encoding/json would with the tags they have: a test holds them equal.
// Reflection takes four times as long for each record and, the first time, a
// third of a millisecond, of the three that a short list takes.
type jsonText struct {
	b   []byte
	err error
}

// appendable tells whether record can write r: those kinds whose fields are
// in Record itself.
func recordAppendable(r *record.Record) bool {
	return r.Change == nil && r.Finding == nil && r.Explanation == nil
}

func (j *jsonText) record(r *record.Record) {
	j.b = append(j.b, '{')
	j.text("kind", r.Kind)
	j.textOrNone("host", r.Host)
	j.textOrNone("rdns", r.RDNS)
	j.text("proto", r.Proto)
	j.textOrNone("addr", r.Addr)
	j.uint("port", uint64(r.Port))
	j.textOrNone("remote_addr", r.RemoteAddr)
	j.uintOrNone("remote_port", uint64(r.RemotePort))
	j.textOrNone("state", r.State)
	j.textOrNone("reason", r.Reason)
	if r.RTT != nil {
		j.float("rtt_ms", *r.RTT)
	}
	j.intOrNone("attempts", r.Attempts)
	j.trueOrNone("middlebox", r.Middlebox)
	j.textOrNone("error", r.Error)
	j.meaning(r)
	j.socket(r)
	j.place(r)
	j.timeOrNone("at", r.At)
	j.b = append(j.b, '}')
}

// meaning is what the registry knows.
func (j *jsonText) meaning(r *record.Record) {
	j.textOrNone("service", r.Service)
	j.textOrNone("iana", r.IANA)
	j.text("class", r.Class)
	j.textOrNone("description", r.Description)
	j.boolOrNone("common", r.Common)
	j.boolOrNone("plaintext", r.Plaintext)
	j.textOrNone("secure", r.Secure)
}

// socket is who holds it.
func (j *jsonText) socket(r *record.Record) {
	j.boolOrNone("privileged", r.Privileged)
	j.textOrNone("exposure", r.Exposure)
	if r.UID != nil {
		j.int("uid", *r.UID)
	}
	j.textOrNone("user", r.User)
	j.uintOrNone("inode", r.Inode)
	j.uintOrNone("netns", r.NetNS)
	j.textOrNone("netns_name", r.NetNSName)
	if r.Processes != nil {
		j.processes("processes", *r.Processes)
	}
	j.textOrNone("hidden", r.Hidden)
}

// place is where a socket lives and what the kernel says of it.
func (j *jsonText) place(r *record.Record) {
	j.boolOrNone("v6only", r.V6Only)
	j.textOrNone("device", r.Device)
	j.trueOrNone("mptcp", r.MPTCP)
	j.countOrNone("backlog", r.Backlog)
	j.countOrNone("recv_q", r.RecvQ)
	j.countOrNone("send_q", r.SendQ)
	j.uintOrNone("reuseport_group", r.ReuseportGroup)
	j.textOrNone("cgroup", r.Cgroup)
	j.textOrNone("unit", r.Unit)
	j.textOrNone("container", r.Container)
	j.textOrNone("published", r.Published)
	j.textsOrNone("published_at", r.PublishedAt)
	j.textsOrNone("flags", r.Flags)
}

func (j *jsonText) processes(name string, list []record.Process) {
	j.name(name)
	if list == nil {
		j.b = append(j.b, "null"...)
		return
	}
	j.b = append(j.b, '[')
	for i := range list {
		if i > 0 {
			j.b = append(j.b, ',')
		}
		j.process(&list[i])
	}
	j.b = append(j.b, ']')
}

func (j *jsonText) process(p *record.Process) {
	j.b = append(j.b, '{')
	j.int("pid", p.PID)
	j.textOrNone("name", p.Name)
	j.textOrNone("exe", p.Exe)
	j.textsOrNone("cmdline", p.Cmdline)
	j.textOrNone("user", p.User)
	if p.UID != nil {
		j.int("uid", *p.UID)
	}
	j.timeOrNone("started", p.Started)
	if len(p.Parents) > 0 {
		j.name("parents")
		for i, parent := range p.Parents {
			j.b = append(j.b, "[,"[min(i, 1)], '{')
			j.int("pid", parent.PID)
			j.textOrNone("name", parent.Name)
			j.b = append(j.b, '}')
		}
		j.b = append(j.b, ']')
	}
	j.textOrNone("cgroup", p.Cgroup)
	j.textOrNone("unit", p.Unit)
	j.textOrNone("container", p.Container)
	j.textOrNone("bind_right", p.BindRight)
	j.b = append(j.b, '}')
}

// appendable tells whether summary can write s: that of a list or a lookup.
func summaryAppendable(s *record.Summary) bool {
	return s.ScanCounts == nil && s.ScanStats == nil && s.DiffCounts == nil && s.AuditCounts == nil
}

func (j *jsonText) summary(s *record.Summary) {
	j.b = append(j.b, '{')
	j.text("kind", s.Kind)
	j.text("command", s.Command)
	j.bool("complete", s.Complete)
	if n := s.ListCounts; n != nil {
		j.int("sockets", n.Sockets)
		j.int("processes", n.Processes)
		j.int("privileged", n.Privileged)
		j.int("hidden", n.Hidden)
	}
	if n := s.LookupCounts; n != nil {
		j.int("services", n.Services)
	}
	j.textsOrNone("args", s.Args)
	if s.Seed != nil {
		j.uint("seed", *s.Seed)
	}
	j.textOrNone("config", s.Config)
	j.uintOrNone("shard", s.Shard)
	j.uintOrNone("shards", s.Shards)
	j.float("elapsed_ms", s.Elapsed)
	if len(s.MissingShards) > 0 {
		j.name("missing_shards")
		for i, n := range s.MissingShards {
			j.b = strconv.AppendUint(append(j.b, "[,"[min(i, 1)]), n, 10)
		}
		j.b = append(j.b, ']')
	}
	j.b = append(j.b, '}')
}

// name begins a field. Names are ours and need no escapes.
func (j *jsonText) name(name string) {
	if j.b[len(j.b)-1] != '{' {
		j.b = append(j.b, ',')
	}
	j.b = append(j.b, '"')
	j.b = append(j.b, name...)
	j.b = append(j.b, '"', ':')
}

func (j *jsonText) text(name, value string) {
	j.name(name)
	j.b = appendJSONString(j.b, value)
}

func (j *jsonText) textOrNone(name, value string) {
	if value != "" {
		j.text(name, value)
	}
}

func (j *jsonText) textsOrNone(name string, values []string) {
	if len(values) == 0 {
		return
	}
	j.name(name)
	for i, value := range values {
		j.b = appendJSONString(append(j.b, "[,"[min(i, 1)]), value)
	}
	j.b = append(j.b, ']')
}

func (j *jsonText) bool(name string, value bool) {
	j.name(name)
	j.b = strconv.AppendBool(j.b, value)
}

func (j *jsonText) boolOrNone(name string, value *bool) {
	if value != nil {
		j.bool(name, *value)
	}
}

func (j *jsonText) trueOrNone(name string, value bool) {
	if value {
		j.bool(name, true)
	}
}

func (j *jsonText) int(name string, value int) {
	j.name(name)
	j.b = strconv.AppendInt(j.b, int64(value), 10)
}

func (j *jsonText) intOrNone(name string, value int) {
	if value != 0 {
		j.int(name, value)
	}
}

func (j *jsonText) uint(name string, value uint64) {
	j.name(name)
	j.b = strconv.AppendUint(j.b, value, 10)
}

func (j *jsonText) uintOrNone(name string, value uint64) {
	if value != 0 {
		j.uint(name, value)
	}
}

func (j *jsonText) countOrNone(name string, value *uint32) {
	if value != nil {
		j.uint(name, uint64(*value))
	}
}

// float writes what is in the range of a measured time by itself; JSON has
// forms for the others, and none for infinities.
func (j *jsonText) float(name string, value float64) {
	j.name(name)
	if size := math.Abs(value); size == 0 || size >= 1e-6 && size < 1e21 {
		j.b = strconv.AppendFloat(j.b, value, 'f', -1, 64)
		return
	}
	j.other(value)
}

func (j *jsonText) timeOrNone(name string, value *time.Time) {
	if value == nil {
		return
	}
	j.name(name)
	start := len(j.b)
	text, err := value.AppendText(append(j.b, '"'))
	if err != nil {
		j.b = j.b[:start]
		j.other(value) // the same error in the words of JSON
		return
	}
	j.b = append(text, '"')
}

// other leaves a rare value to encoding/json.
func (j *jsonText) other(value any) {
	text, err := json.Marshal(value)
	if err != nil && j.err == nil {
		j.err = err
	}
	j.b = append(j.b, text...)
}

// appendJSONString quotes s. Bytes that are no UTF-8 become U+FFFD, for JSON
// has no other form for them; see encoder.encode for the other escapes.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	plain := 0 // where the part begins that stands for itself
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c <= '~' && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if invalid := r == utf8.RuneError && size == 1; invalid || needsEscape(r) {
			b = append(b, s[plain:i]...)
			b = appendEscaped(b, r)
			plain = i + size
		}
		i += size
	}
	b = append(b, s[plain:]...)
	return append(b, '"')
}

func needsEscape(r rune) bool {
	return r < ' ' || r == '"' || r == '\\' || r >= 0x7f && hostile(r)
}

func appendEscaped(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	const digits = "0123456789abcdef"
	for _, unit := range utf16.Encode([]rune{r}) {
		b = append(b, '\\', 'u', digits[unit>>12], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
	}
	return b
}
