package verify

import "net/netip"

// javaRMI begins to call an object of Java, and is told from where it is seen (Java
// Remote Method Invocation Specification, section 10.2).
func javaRMI() *protocol {
	const acknowledged = 'N'
	return &protocol{
		name: "java-rmi", spec: "Java Remote Method Invocation Specification sections 10.2.1 and 10.2.2", tcp: []uint16{1098, 1099, 9010}, names: []string{"rmiregistry"},
		request: func(question) []byte { return []byte("JRMI\x00\x02K") },
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			kind, host, port := r.u8(), string(r.bytes(int(r.u16()))), r.u32()
			if r.bad {
				return partialIf(len(h.data) < 3 && prefixOf(h.data, "N\x00") == partial || len(h.data) >= 3 && kind == acknowledged && h.data[1] == 0 && h.data[2] < 64)
			}
			_, err := netip.ParseAddr(host)
			return yesIf(kind == acknowledged && len(r.in) == 0 && err == nil && port > 0 && port < 1<<16)
		},
		rank: 35,
	}
}
