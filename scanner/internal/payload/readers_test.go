package payload

import (
	"bufio"
	"bytes"
	"encoding/asn1"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// readers read a request as the service of a port does.
func readers() map[uint16]func([]byte) error {
	return map[uint16]func([]byte) error{
		53:    dnsReader("localhost.", dnsmessage.TypeA, dnsmessage.ClassINET),
		69:    readTFTP,
		111:   words(1, 0, 2, 100000, 2, 0, 0, 0, 0, 0),
		123:   readNTP,
		137:   dnsReader("CK"+strings.Repeat("A", 30)+".", 0x21, dnsmessage.ClassINET),
		161:   readSNMP,
		177:   exactly(0, 1, 0, 2, 0, 1, 0),
		389:   readLDAP,
		427:   readSLP,
		443:   readQUIC,
		500:   readIKE,
		520:   readRIP,
		623:   exactly(6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x80, 0, 0, 0),
		1194:  readOpenVPN,
		1434:  exactly(3),
		1645:  readRADIUS,
		1701:  readL2TP,
		1812:  readRADIUS,
		1900:  readSSDP,
		3478:  readSTUN,
		3702:  readWSD,
		4500:  readNATT,
		5060:  readSIP,
		5351:  exactly(0, 0),
		5353:  dnsReader("_services._dns-sd._udp.local.", dnsmessage.TypePTR, 0x8001),
		5683:  readCoAP,
		6881:  readDHT,
		11211: readMemcached,
		27015: exactly([]byte("\xff\xff\xff\xffTSource Engine Query\x00")...),
	}
}

// exactly wants these bytes.
func exactly(want ...byte) func([]byte) error {
	return func(got []byte) error {
		if !bytes.Equal(got, want) {
			return fmt.Errorf("want % x", want)
		}
		return nil
	}
}

// words wants 32-bit numbers after a first one of any value.
func words(from int, want ...uint32) func([]byte) error {
	return func(got []byte) error {
		if len(got) != 4*(from+len(want)) {
			return fmt.Errorf("%d bytes, want %d", len(got), 4*(from+len(want)))
		}
		for i, w := range want {
			if g := binary.BigEndian.Uint32(got[4*(from+i):]); g != w {
				return fmt.Errorf("word %d is %d, want %d", from+i, g, w)
			}
		}
		return nil
	}
}

// dnsReader wants a DNS message with one question.
func dnsReader(name string, kind dnsmessage.Type, class dnsmessage.Class) func([]byte) error {
	return func(got []byte) error {
		var m dnsmessage.Message
		if err := m.Unpack(got); err != nil {
			return err
		}
		want := dnsmessage.Question{Name: dnsmessage.MustNewName(name), Type: kind, Class: class}
		if m.Response || m.OpCode != 0 || len(m.Questions) != 1 || m.Questions[0] != want || len(m.Answers)+len(m.Authorities)+len(m.Additionals) != 0 {
			return fmt.Errorf("it says %v", m.GoString())
		}
		return nil
	}
}

func readTFTP(got []byte) error {
	fields := bytes.Split(got, []byte{0})
	if len(fields) != 4 || len(fields[0]) != 0 || len(fields[1]) < 2 || fields[1][0] != 1 || string(fields[2]) != "octet" || len(fields[3]) != 0 {
		return errors.New("no read request for a file in octet mode")
	}
	return nil
}

func readNTP(got []byte) error {
	if len(got) != 48 || got[0] != 0x23 || !bytes.Equal(got[1:40], make([]byte, 39)) {
		return errors.New("no client's request of version 4 with nothing but a transmit timestamp")
	}
	return nil
}

func readSNMP(got []byte) error {
	var m struct {
		Version int
		Header  struct {
			ID, MaxSize int
			Flags       []byte
			Model       int
		}
		Security []byte
		Scoped   struct {
			Engine, Name []byte
			PDU          asn1.RawValue
		}
	}
	if rest, err := asn1.Unmarshal(got, &m); err != nil || len(rest) != 0 {
		return fmt.Errorf("message: %v, rest % x", err, rest)
	}
	var user struct {
		Engine           []byte
		Boots, Time      int
		User, Auth, Priv []byte
	}
	if rest, err := asn1.Unmarshal(m.Security, &user); err != nil || len(rest) != 0 {
		return fmt.Errorf("security: %v, rest % x", err, rest)
	}
	var pdu struct {
		ID, Status, Index int
		Variables         []asn1.RawValue
	}
	if rest, err := asn1.UnmarshalWithParams(m.Scoped.PDU.FullBytes, &pdu, "tag:0"); err != nil || len(rest) != 0 {
		return fmt.Errorf("PDU: %v, rest % x", err, rest)
	}
	if m.Version != 3 || m.Header.ID <= 0 || m.Header.MaxSize < 484 || !bytes.Equal(m.Header.Flags, []byte{4}) || m.Header.Model != 3 ||
		len(user.Engine) != 0 || len(user.User) != 0 || len(pdu.Variables) != 0 {
		return fmt.Errorf("no discovery: %+v %+v %+v", m, user, pdu)
	}
	return nil
}

func readLDAP(got []byte) error {
	var m struct {
		ID     int
		Search asn1.RawValue
	}
	if rest, err := asn1.Unmarshal(got, &m); err != nil || len(rest) != 0 {
		return fmt.Errorf("message: %v, rest % x", err, rest)
	}
	var search struct {
		Base          []byte
		Scope, Deref  asn1.Enumerated
		Size, Seconds int
		TypesOnly     bool
		Filter        asn1.RawValue
		Attributes    [][]byte
	}
	if rest, err := asn1.UnmarshalWithParams(m.Search.FullBytes, &search, "application,tag:3"); err != nil || len(rest) != 0 {
		return fmt.Errorf("search: %v, rest % x", err, rest)
	}
	if m.ID < 1 || len(search.Base) != 0 || search.Scope != 0 || search.Filter.Tag != 7 || string(search.Filter.Bytes) != "objectClass" || len(search.Attributes) != 1 {
		return fmt.Errorf("no search for the root: %+v", search)
	}
	return nil
}

func readSLP(got []byte) error {
	if len(got) < 16 || got[0] != 2 || got[1] != 9 || int(got[2])<<16|int(binary.BigEndian.Uint16(got[3:])) != len(got) {
		return errors.New("no service type request of version 2 with its length")
	}
	if want := "\x00\x00\x00\x00\x00"; string(got[5:10]) != want {
		return errors.New("flags or an extension")
	}
	if string(got[12:]) != "\x00\x02en\x00\x00\xff\xff\x00\x07DEFAULT" {
		return fmt.Errorf("body % x", got[12:])
	}
	return nil
}

// readQUIC parses the invariant header of RFC 8999 section 5.1.
func readQUIC(got []byte) error {
	if len(got) < 1200 || got[0]&0xc0 != 0xc0 {
		return errors.New("too short for a first datagram, or no long header")
	}
	if v := binary.BigEndian.Uint32(got[1:]); v&0x0f0f0f0f != 0x0a0a0a0a {
		return fmt.Errorf("version %#x is not one that is reserved to be unknown", v)
	}
	if got[5] < 8 || got[5] > 20 || got[6+got[5]] > 20 {
		return fmt.Errorf("connection identifiers of %d and %d bytes", got[5], got[6+got[5]])
	}
	return nil
}

func readRIP(got []byte) error {
	if len(got) != 24 || got[0] != 1 {
		return errors.New("no request with one entry")
	}
	return words(1, 0, 0, 0, 0, 16)(got)
}

func readOpenVPN(got []byte) error {
	if len(got) != 14 || got[0] != 7<<3 || !bytes.Equal(got[9:], make([]byte, 5)) {
		return errors.New("no hard reset of a client with packet 0")
	}
	return nil
}

func readRADIUS(got []byte) error {
	if len(got) < 20 || got[0] != 1 || int(binary.BigEndian.Uint16(got[2:])) != len(got) {
		return errors.New("no Access-Request with its length")
	}
	seen := make(map[byte]int)
	for rest := got[20:]; len(rest) > 0; rest = rest[rest[1]:] {
		if len(rest) < 3 || int(rest[1]) < 3 || int(rest[1]) > len(rest) {
			return fmt.Errorf("attribute % x", rest)
		}
		seen[rest[0]] = int(rest[1]) - 2
	}
	if seen[1] == 0 || seen[2] != 16 || seen[32] == 0 {
		return fmt.Errorf("lengths of attributes %v: want a name, a password of 16 and who asks", seen)
	}
	return nil
}

func readSSDP(got []byte) error {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(got)))
	if err != nil {
		return err
	}
	if r.Method != "M-SEARCH" || r.RequestURI != "*" || r.Header.Get("MAN") != `"ssdp:discover"` || r.Header.Get("ST") == "" || r.Header.Get("MX") == "" {
		return fmt.Errorf("no search: %v", r)
	}
	return nil
}

func readSTUN(got []byte) error {
	if len(got) != 20 || string(got[:8]) != "\x00\x01\x00\x00\x21\x12\xa4\x42" {
		return errors.New("no binding request without attributes")
	}
	return nil
}

func readWSD(got []byte) error {
	var e struct {
		XMLName xml.Name `xml:"http://www.w3.org/2003/05/soap-envelope Envelope"`
		Header  struct {
			Action    string `xml:"http://schemas.xmlsoap.org/ws/2004/08/addressing Action"`
			MessageID string `xml:"http://schemas.xmlsoap.org/ws/2004/08/addressing MessageID"`
		} `xml:"http://www.w3.org/2003/05/soap-envelope Header"`
		Body struct {
			Probe *struct{} `xml:"http://schemas.xmlsoap.org/ws/2005/04/discovery Probe"`
		} `xml:"http://www.w3.org/2003/05/soap-envelope Body"`
	}
	if err := xml.Unmarshal(got, &e); err != nil {
		return err
	}
	id, ok := strings.CutPrefix(e.Header.MessageID, "urn:uuid:")
	if !ok || len(id) != 36 || id[14] != '4' || id[19] != '8' || strings.Count(id, "-") != 4 {
		return fmt.Errorf("%q is no random UUID (RFC 9562 section 5.4)", e.Header.MessageID)
	}
	if e.Header.Action != "http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe" || e.Body.Probe == nil {
		return fmt.Errorf("no probe: %+v", e)
	}
	return nil
}

func readSIP(got []byte) error {
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(got)))
	first, err := r.ReadLine()
	if err != nil {
		return err
	}
	h, err := r.ReadMIMEHeader()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(first, "OPTIONS sip:") || !strings.HasSuffix(first, " SIP/2.0") || h.Get("CSeq") != "1 OPTIONS" || h.Get("Content-Length") != "0" {
		return fmt.Errorf("no OPTIONS: %q %v", first, h)
	}
	for _, name := range []string{"From", "To", "Call-ID", "Max-Forwards"} { // RFC 3261 section 8.1.1
		if h.Get(name) == "" {
			return fmt.Errorf("no %s", name)
		}
	}
	if via := h.Get("Via"); !strings.Contains(via, ";branch=z9hG4bK") || !strings.Contains(via, ";rport") || !strings.Contains(h.Get("From"), ";tag=") {
		return fmt.Errorf("via %q, from %q", via, h.Get("From"))
	}
	return nil
}

func readCoAP(got []byte) error {
	if len(got) != 4 || got[0] != 0x40 || got[1] != 0 {
		return errors.New("no empty confirmable message")
	}
	return nil
}

func readDHT(got []byte) error {
	const before, after = "d1:ad2:id20:", "e1:q4:ping1:t2:ph1:y1:qe"
	if len(got) != len(before)+20+len(after) || !bytes.HasPrefix(got, []byte(before)) || !bytes.HasSuffix(got, []byte(after)) {
		return errors.New("no ping")
	}
	return nil
}

func readMemcached(got []byte) error {
	if len(got) < 8 || string(got[2:]) != "\x00\x00\x00\x01\x00\x00version\r\n" {
		return errors.New("no version command in one datagram")
	}
	return nil
}
