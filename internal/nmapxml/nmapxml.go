// Package nmapxml reads the XML that nmap -oX and masscan -oX write, and what
// porthole writes in that form.
//
// It reads as the file comes and keeps one host. Entities and document types that
// define something are refused, so that no file can name another or grow by
// itself; elements it does not know are skipped.
package nmapxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"time"

	"porthole/internal/record"
	"porthole/internal/textfile"
)

// Bounds of a file.
const (
	maxDepth = 64      // elements within elements
	maxToken = 8 << 20 // bytes of one tag, text or comment; the output of a script can be long
	maxText  = 1024    // bytes of a text that is kept, such as a version; of a longer one the beginning
	maxName  = 255     // bytes of a host's name; a longer one is none (RFC 1035 section 2.3.4)
)

// ErrNotScan is why a file cannot be read: it is not the XML of a scan.
var ErrNotScan = errors.New("want the XML of nmap -oX or masscan -oX")

// Run is what a file says of the whole scan.
type Run struct {
	Scanner  string        // "nmap" or "masscan"
	Args     string        // its command line; "" if it is not told
	Complete bool          // it came to its end, and says that it went well
	Elapsed  time.Duration // 0 if it is not told
}

// Host is an element about an address.
type Host struct {
	Addr  netip.Addr
	Up    bool // it is said to be up, or has an open port
	Ports bool // its ports were asked
}

// Read reads a file. It calls port with each verdict, a record of kind port without
// labels, and host at the end of each host; both may be nil. An error of these is
// returned unchanged. A file that is cut off, as when a scan was killed, ends a run
// that is not complete.
func Read(r io.Reader, port func(*record.Record) error, host func(Host) error) (Run, error) {
	text, _, err := textfile.NewReader(r)
	if err != nil {
		return Run{}, err
	}
	in := &bounded{r: text}
	p := parser{dec: xml.NewDecoder(in), port: port, host: host}
	if p.port == nil {
		p.port = func(*record.Record) error { return nil }
	}
	if p.host == nil {
		p.host = func(Host) error { return nil }
	}
	for {
		in.n = 0
		token, err := p.dec.Token()
		switch {
		case in.over:
			return p.run, fmt.Errorf("it has a tag or text of more than %d MB; %w", maxToken>>20, ErrNotScan)
		case err != nil && p.began && isCut(err):
			p.run.Complete = p.run.Complete && err == io.EOF
			return p.run, nil
		case err == io.EOF || err != nil && isCut(err):
			return p.run, fmt.Errorf("it is empty or cut off; %w", ErrNotScan)
		case err != nil:
			return p.run, fmt.Errorf("%w; %w", err, ErrNotScan)
		}
		if err := p.take(token); err != nil {
			return p.run, err
		}
	}
}

// isCut reports whether an error is the end of the file.
func isCut(err error) bool {
	var syntax *xml.SyntaxError
	return err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &syntax) && syntax.Msg == "unexpected EOF"
}

// bounded fails when more than maxToken is read for one token.
type bounded struct {
	r    io.Reader
	n    int
	over bool
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.n > maxToken {
		b.over = true
		return 0, errors.New("too long")
	}
	n, err := b.r.Read(p)
	b.n += n
	return n, err
}

// parser reads one file.
type parser struct {
	dec   *xml.Decoder
	port  func(*record.Record) error
	host  func(Host) error
	run   Run
	began bool // the root element was met
	depth int

	at     Host // the host that is read
	names  struct{ user, ptr string }
	end    *time.Time
	open   bool           // a port is read
	record *record.Record // that port
}

func (p *parser) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		if bytes.ContainsAny(t, "[") || bytes.HasPrefix(t, []byte("ENTITY")) {
			return fmt.Errorf("its document type defines something, which is not read; %w", ErrNotScan)
		}
	case xml.StartElement:
		if p.depth++; p.depth > maxDepth {
			return fmt.Errorf("it has more than %d elements within each other; %w", maxDepth, ErrNotScan)
		}
		return p.start(t)
	case xml.EndElement:
		p.depth--
		return p.finish(t.Name.Local)
	}
	return nil
}

// attrs are the attributes of an element, cut to maxText.
func attrs(e xml.StartElement) func(string) string {
	return func(name string) string {
		for _, a := range e.Attr {
			if a.Name.Local == name {
				return a.Value[:min(len(a.Value), maxText)]
			}
		}
		return ""
	}
}

func (p *parser) start(e xml.StartElement) error {
	get := attrs(e)
	switch name := e.Name.Local; {
	case p.depth == 1 && name != "nmaprun":
		return fmt.Errorf("it begins with <%.20s>; %w", name, ErrNotScan)
	case p.depth == 1:
		p.began = true
		p.run.Scanner, p.run.Args = get("scanner"), get("args")
	case p.depth == 2 && name == "host":
		p.at, p.end, p.names.user, p.names.ptr = Host{}, nil, "", ""
		if s, err := strconv.ParseInt(get("endtime"), 10, 40); err == nil && s > 0 {
			p.end = new(time.Unix(s, 0).UTC())
		}
	case p.depth == 3 && name == "status":
		p.at.Up = get("state") == "up"
	case p.depth == 3 && name == "address" && get("addrtype") != "mac":
		addr, err := netip.ParseAddr(get("addr"))
		if err != nil {
			return fmt.Errorf("%q is no address; %w", get("addr"), ErrNotScan)
		}
		p.at.Addr = addr
	case p.depth == 3 && name == "ports":
		p.at.Ports = true
	case p.depth == 4 && name == "hostname":
		p.hostname(e)
	case p.depth == 4 && name == "port":
		return p.startPort(get)
	case p.depth == 5 && p.open && name == "state":
		p.record.State, p.record.Reason = stateOf(get("state")), get("reason")
	case p.depth == 5 && p.open && name == "service":
		p.record.Verified = service(get)
	case p.depth == 3 && name == "finished":
		p.run.Complete = get("exit") != "error"
		if s, err := strconv.ParseFloat(get("elapsed"), 64); err == nil && s >= 0 && s < 1e9 {
			p.run.Elapsed = time.Duration(s * float64(time.Second))
		}
	}
	return nil
}

func (p *parser) hostname(e xml.StartElement) {
	for _, a := range e.Attr {
		if a.Name.Local == "name" && len(a.Value) <= maxName {
			if get := attrs(e); get("type") == "user" {
				p.names.user = a.Value
			} else {
				p.names.ptr = a.Value
			}
		}
	}
}

func (p *parser) startPort(get func(string) string) error {
	n, err := strconv.ParseUint(get("portid"), 10, 16)
	proto := get("protocol")
	switch {
	case proto != "tcp" && proto != "udp" && err == nil: // sctp, ip
		return nil
	case err != nil:
		return fmt.Errorf("%q is not a port; %w", get("portid"), ErrNotScan)
	case !p.at.Addr.IsValid():
		return fmt.Errorf("a port stands before the address of its host; %w", ErrNotScan)
	}
	p.open = true
	p.record = &record.Record{
		Kind: record.KindPort, Host: p.names.user, RDNS: p.names.ptr, Addr: p.at.Addr.String(),
		Proto: proto, Port: uint16(n), State: "unknown", At: p.end,
	}
	return nil
}

// finish takes the end of an element, whose depth was one more than p.depth.
func (p *parser) finish(name string) error {
	switch {
	case p.depth == 3 && name == "port" && p.open:
		p.open = false
		p.at.Up = p.at.Up || p.record.State == "open"
		return p.port(p.record)
	case p.depth == 1 && name == "host" && p.at.Addr.IsValid():
		return p.host(p.at)
	}
	return nil
}

// stateOf is a state in our words, which are nmap's. What is "unfiltered" was
// answered without telling whether it is open.
func stateOf(state string) string {
	switch state {
	case "open", "closed", "filtered", "open|filtered", "closed|filtered":
		return state
	}
	return "unknown"
}

// service is what was proved on a port; nil for what the number alone stands for.
func service(get func(string) string) *record.Verified {
	if get("method") != "probed" || get("name") == "" {
		return nil
	}
	v := &record.Verified{Outcome: record.OutcomeIdentified, Service: get("name"), Product: get("product"), Version: get("version"), Transport: "plain"}
	if get("tunnel") == "ssl" || v.Service == "ssl" {
		v.Transport = "tls"
	}
	return v
}

// IsXML reports whether a file that begins with start is XML, not lines or JSON.
func IsXML(start []byte) bool {
	start = bytes.TrimPrefix(start, []byte("\ufeff"))
	return bytes.HasPrefix(bytes.TrimLeft(start, " \t\r\n"), []byte("<"))
}
