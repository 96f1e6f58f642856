package verify

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"
)

// now is when small services are to have their answers near.
func near(t time.Time) bool {
	const day = 24 * time.Hour
	d := time.Since(t)
	return d > -day-time.Hour && d < day+time.Hour
}

// timeService sends the seconds since 1900 and closes (RFC 868).
func timeService() *protocol {
	return &protocol{
		name: "time", spec: "RFC 868", tcp: []uint16{37}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 4 || !h.closed {
				return partialIf(len(h.data) <= 4)
			}
			return yesIf(len(h.data) == 4 && nearSince1900(h.data))
		},
	}
}

func nearSince1900(in []byte) bool {
	const since1900 = 2208988800 // seconds from 1900 to 1970
	return near(time.Unix(int64(binary.BigEndian.Uint32(in))-since1900, 0))
}

func timeUDP() *protocol {
	return &protocol{
		name: "time", spec: "RFC 868", udp: []uint16{37},
		request: func(question) []byte { return nil },
		parse: func(h heard, s *Service) verdict {
			return yesIf(len(h.data) == 4 && nearSince1900(h.data))
		},
	}
}

// daytime sends one line with the date (RFC 867) in any form; these are those
// of the usual programs.
func daytime() *protocol {
	return &protocol{
		name: "daytime", spec: "RFC 867", tcp: []uint16{13}, unasked: true,
		parse: func(h heard, s *Service) verdict { return parseDaytime(h.data) },
	}
}

func daytimeUDP() *protocol {
	return &protocol{
		name: "daytime", spec: "RFC 867", udp: []uint16{13},
		request: func(question) []byte { return nil },
		parse:   func(h heard, s *Service) verdict { return parseDaytime(h.data) },
	}
}

func parseDaytime(in []byte) verdict {
	text := strings.TrimSpace(string(in))
	if len(text) < 17 || len(text) > 80 || !isText(in) {
		ended := text != "" && in[len(in)-1] == '\n'
		return partialIf(len(text) < 17 && isText(in) && !ended)
	}
	if fields := strings.Fields(text); len(fields) > 2 && isDigits(fields[0]) && len(fields[0]) == 5 { // NIST: day number, date, time
		text = fields[1] + " " + fields[2]
	}
	for _, layout := range []string{time.ANSIC, time.UnixDate, "02 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 MST", time.RFC1123, time.RFC1123Z,
		"Monday, January 2, 2006 15:04:05-MST", "Mon Jan 02 15:04:05 2006", time.RFC3339, "06-01-02 15:04:05", "15:04:05 2006/01/02", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil && near(t) {
			return yes
		}
	}
	return no
}

// chargen sends lines of 72 characters, each begun one later (RFC 864).
func chargen() *protocol {
	return &protocol{
		name: "chargen", spec: "RFC 864", tcp: []uint16{19}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			lines := strings.Split(string(h.data), "\r\n")
			whole := lines[:len(lines)-1]
			if len(whole) == 0 {
				return partialIf(len(h.data) < 74 && rotates(lines[0]))
			}
			for i, line := range whole {
				if len(line) != 72 || !rotates(line) || i > 0 && line[:71] != whole[i-1][1:] {
					return no
				}
			}
			if len(whole) < 2 {
				return partial
			}
			return yes
		},
	}
}

// rotates reports that the characters follow each other in their order.
func rotates(line string) bool {
	for i := 1; i < len(line); i++ {
		if line[i] != line[i-1]+1 && line[i] > '!' {
			return false
		}
	}
	return line != "" && line[0] >= ' '
}

// quote sends a text and closes (RFC 865). Any server may do that, so it is
// only believed where it is expected.
func quote() *protocol {
	return &protocol{
		name: "qotd", spec: "RFC 865", tcp: []uint16{17},
		parse: func(h heard, s *Service) verdict {
			if !h.closed {
				return partialIf(isText(h.data))
			}
			return yesIf(len(h.data) > 10 && isText(h.data) && bytes.Contains(h.data, []byte(" ")))
		},
	}
}

// ident asks about a connection that is not there (RFC 1413).
func ident() *protocol {
	ports := func(n nonce) string {
		low, high := 1024+int(n[0])<<4, 32768+int(n[1])<<4
		return itoa(low) + " , " + itoa(high)
	}
	return &protocol{
		name: "ident", spec: "RFC 1413 sections 4 and 6", tcp: []uint16{113}, names: []string{"oidentd", "identd"},
		request: func(q question) []byte { return []byte(ports(q.nonce) + "\r\n") },
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return partialIf(isText(h.data))
			}
			tight := strings.ReplaceAll(line, " ", "")
			return yesIf(strings.HasPrefix(tight, strings.ReplaceAll(ports(h.nonce), " ", "")+":ERROR:"))
		},
		rank: 29,
	}
}

// finger asks for a user who is not there (RFC 1288 section 2.3).
func finger() *protocol {
	return &protocol{
		name: "finger", spec: "RFC 1288 section 2.3", tcp: []uint16{79},
		request: func(q question) []byte { return []byte(q.nonce.word() + "\r\n") },
		parse: func(h heard, s *Service) verdict {
			if !h.closed {
				return partialIf(isText(h.data))
			}
			text, word := string(h.data), h.nonce.word()
			return yesIf(isText(h.data) && strings.Contains(text, word) && (contains(text, "no such user") || contains(text, "not found") || strings.Contains(text, "Login")))
		},
		complaint: func(in []byte) bool { return bytes.Contains(in, []byte(": no such user")) },
	}
}

// telnet begins with options (RFC 854, RFC 855). Its login text follows.
func telnet() *protocol {
	return &protocol{
		name: "telnet", spec: "RFC 854, section Telnet command structure", tcp: []uint16{23, 2323}, unasked: true,
		names: []string{"telnetd", "in.telnetd"},
		parse: func(h heard, s *Service) verdict {
			options, rest, v := telnetOptions(h.data)
			if v != yes {
				return v
			}
			if options == 0 {
				return no
			}
			addInfo(s, lastLine(rest))
			return yesIf(len(rest) == 0 || isText(bytes.Trim(rest, "\x00\x1b[0123456789;?hlmHJ")) || options > 1)
		},
		complaint: func(in []byte) bool { return len(in) > 0 && in[0] == 0xff },
	}
}

// telnetOptions counts the options at the begin.
func telnetOptions(in []byte) (n int, rest []byte, v verdict) {
	const iac, subBegin, subEnd, will, dont = 0xff, 0xfa, 0xf0, 0xfb, 0xfe
	for len(in) > 0 && in[0] == iac {
		if len(in) < 3 {
			return n, nil, partial
		}
		switch {
		case in[1] >= will && in[1] <= dont && in[2] < 140:
			in = in[3:]
		case in[1] == subBegin:
			i := bytes.Index(in, []byte{iac, subEnd})
			if i < 0 {
				return n, nil, partial
			}
			in = in[i+2:]
		default:
			return 0, nil, no
		}
		n++
	}
	return n, in, yes
}

func lastLine(in []byte) string {
	lines := strings.Fields(strings.ReplaceAll(string(in), "\r", ""))
	return printable(strings.Join(lines, " "))
}

// gopher asks for what is not there: the answer is a menu with one line of the kind
// for errors, or in words of its own (RFC 1436 sections 2 and 3.8).
func gopher() *protocol {
	return &protocol{
		name: "gopher", spec: "RFC 1436 sections 2, 3.8 and 3.9", tcp: []uint16{70}, names: []string{"gophernicus", "pygopherd"}, unasked: true,
		request: func(q question) []byte { return []byte(q.nonce.word() + "\r\n") },
		parse: func(h heard, s *Service) verdict {
			text := string(h.data)
			if !isText(h.data) || strings.HasPrefix(text, "HTTP/") {
				return no
			}
			if !h.closed {
				return partialIf(strings.Count(text, "\t") >= 3)
			}
			takeKnown(s, text, "footer", []known{{"Gophered by Gophernicus", "Gophernicus"}})
			return yesIf(s.Product != "" || gopherMenu(text) > 0)
		},
	}
}

// gopherMenu counts the lines of a menu: a kind and a name, a selector, a host and a
// port. It is -1 if something else is among them, or nothing that only a menu has: an
// error, a remark or the point at the end.
func gopherMenu(text string) (n int) {
	own := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		fields := strings.Split(line, "\t")
		if own = own || line == "." || strings.HasPrefix(line, "3") || strings.HasPrefix(line, "i"); line == "." || line == "" {
			continue
		}
		if len(fields) < 4 || fields[2] == "" || !isDigits(fields[3]) || len(fields[3]) > 5 || strings.IndexByte("0123456789ighIsTdP+:;", line[0]) < 0 {
			return -1
		}
		n++
	}
	if !own {
		return -1
	}
	return n
}
