package verify

// milter offers to filter mail, with all that can be asked of a filter and nothing
// that is to be done, and leaves (milter protocol of Sendmail's libmilter,
// include/libmilter/mfdef.h, version 6).
func milter() *protocol {
	const version, actions, whole = 6, 0x1ff, 17
	return &protocol{
		name: "milter", spec: "Sendmail include/libmilter/mfdef.h, SMFIC_OPTNEG and SMFIC_QUIT", tcp: []uint16{8890, 8891, 8892, 8893},
		names:   []string{"opendkim", "opendmarc", "milter-greylist", "spamass-milter", "clamav-milter"},
		request: func(question) []byte { return concat(be32(13), []byte{'O'}, be32(version), be32(actions), be32(0)) },
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			length, kind, got, wants, leaves := r.u32(), r.u8(), r.u32(), r.u32(), r.u32()
			if r.bad {
				return prefixOf(h.data, "\x00\x00\x00\x0dO\x00\x00\x00")
			}
			if len(h.data) != whole || length != 13 || kind != 'O' || got < 2 || got > version || wants&^actions != 0 || leaves&^0x1fffff != 0 {
				return no
			}
			s.ProtocolVersion = itoa(int(got))
			return yes
		},
		confirm: func(t *talk, _ *Service) bool { // a filter leaves when it is told to, without a word
			return t.p.cur != nil && len(t.ask([]byte("\x00\x00\x00\x01Q"), func([]byte) bool { return true })) == 0 && t.p.cur == nil
		},
		rank: 41,
	}
}
