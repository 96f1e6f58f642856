package verify

import "bytes"

// qnetd asks a server that decides for clusters what it can do, as a member does before
// it joins (Corosync qdevice, tlv.h and msg.h, PREINIT).
func qnetd() *protocol {
	const preinit, reply, header, sequence, clusterName, code = 0, 1, 6, 0, 1, 3
	option := func(kind uint16, value []byte) []byte {
		return concat(be16(kind), be16(uint16(len(value))), value)
	}
	return &protocol{
		name: "corosync-qnetd", spec: "Corosync qdevice qdevices/msg.h and tlv.h, PREINIT and PREINIT_REPLY", tcp: []uint16{5403}, names: []string{"corosync-qnetd"},
		request: func(q question) []byte {
			body := concat(option(sequence, q.nonce[:4]), option(clusterName, []byte("porthole")))
			return concat(be16(preinit), be32(uint32(len(body))), body)
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			kind, length := r.u16(), int(r.u32())
			if r.bad {
				return prefixOf(h.data, "\x00\x01\x00\x00")
			}
			if kind != reply && kind != code || length < 8 || length > 256 {
				return no
			}
			if len(h.data) < header+length {
				return partial
			}
			return yesIf(len(h.data) == header+length && bytes.HasPrefix(r.in, option(sequence, h.nonce[:4])))
		},
		rank: 48,
	}
}
