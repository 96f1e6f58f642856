package verify

import (
	"bytes"
	"strings"
)

// dicom asks an archive of medical images for an association to verify that it is
// there, and releases it (DICOM PS3.8 sections 9.3.2 to 9.3.7, PS3.7 annex D.3.3).
func dicom() *protocol {
	const associate, accept, reject, release = 1, 2, 3, 5
	item := func(kind byte, body []byte) []byte {
		return concat([]byte{kind, 0}, be16(uint16(len(body))), body)
	}
	const called, calling = "ANY-SCP         ", "PORTHOLE        "
	return &protocol{
		name: "dicom", spec: "DICOM PS3.8 sections 9.3.2 to 9.3.7, PS3.7 annex D.3.3", tcp: []uint16{11112}, tls: []uint16{2762}, names: []string{"storescp", "dcmqrscp"},
		request: func(question) []byte {
			context := concat([]byte{1, 0, 0, 0}, item(0x30, []byte("1.2.840.10008.1.1")), item(0x40, []byte("1.2.840.10008.1.2"))) // Verification, Implicit VR
			user := concat(item(0x51, be32(16384)), item(0x52, []byte("2.25.1")))
			body := concat([]byte{0, 1, 0, 0}, []byte(called+calling), make([]byte, 32), item(0x10, []byte("1.2.840.10008.3.1.1.1")), item(0x20, context), item(0x50, user))
			return concat([]byte{associate, 0}, be32(uint32(len(body))), body)
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			kind, zero, length := r.u8(), r.u8(), int(r.u32())
			if r.bad {
				return partialOf(h.data, "\x02\x00\x00\x00", "\x03\x00\x00\x00\x00\x04")
			}
			if zero != 0 || length > 4096 {
				return no
			}
			if kind == reject && length == 4 {
				_, result, source, reason := r.u8(), r.u8(), r.u8(), r.u8()
				s.WantsCredentials = true
				return framedIf(h.data, 10, result >= 1 && result <= 2 && source >= 1 && source <= 3 && reason >= 1 && reason <= 10)
			}
			if kind != accept || length < 68 {
				return no
			}
			if len(r.in) < length {
				return partial
			}
			if string(r.in[:2]) != "\x00\x01" || !bytes.Equal(r.in[4:36], []byte(called+calling)) {
				return no
			}
			s.AnswersWithoutCredentials = true
			if _, rest, ok := bytes.Cut(r.in, []byte("\x55\x00\x00")); ok && len(rest) > 1 && int(rest[0]) < len(rest) {
				addInfo(s, "implementation "+strings.TrimSpace(string(rest[1:1+rest[0]])))
			}
			return yes
		},
		follow: func(t *talk, s *Service) {
			if s.AnswersWithoutCredentials {
				t.say([]byte{release, 0, 0, 0, 0, 4, 0, 0, 0, 0})
			}
		},
		rank: 46,
	}
}

// framedIf judges a message of that length once all of it came, and nothing more.
func framedIf(in []byte, whole int, fits bool) verdict {
	if len(in) < whole {
		return partial
	}
	return yesIf(len(in) == whole && fits)
}
