package scanner

// State is the verdict about one port.
type State uint8

const (
	Unknown      State = iota // a local failure kept us from asking; never shown as closed
	Open                      // the port answered
	Closed                    // the host answered that nothing listens
	Filtered                  // no answer to TCP, or an ICMP error from the path
	OpenFiltered              // UDP silence: an open port that ignores the payload looks the same as a filtered one
)

// String is the state as nmap and the JSON records spell it.
func (s State) String() string {
	switch s {
	case Open:
		return "open"
	case Closed:
		return "closed"
	case Filtered:
		return "filtered"
	case OpenFiltered:
		return "open|filtered"
	default:
		return "unknown"
	}
}

// Reason is the evidence behind a [State], in nmap's words where it has one.
type Reason uint8

const (
	NoReason        Reason = iota // no evidence: a probe that was never sent
	SynAck                        // TCP: the handshake completed
	ConnRefused                   // TCP: RST answered the SYN (RFC 9293 section 3.5.2), or a firewall's ICMP port unreachable did
	NoResponse                    // nothing came back before the deadline, after all retries
	HostUnreach                   // ICMP host unreachable, or no ARP/ND answer on the local link
	NetUnreach                    // ICMP network unreachable, or no route here
	AdminProhibited               // ICMP communication administratively prohibited (RFC 1812 section 5.2.7.1)
	PortUnreach                   // UDP: ICMP port unreachable (RFC 792, RFC 4443)
	UDPResponse                   // UDP: a datagram came back from that address and port (TFTP: any port of it, RFC 1350 section 4)
	Reset                         // TCP: the connection was reset while it was set up
	ProtoUnreach                  // ICMP protocol unreachable
	LocalLimit                    // this machine ran out of descriptors, ports or memory
	LocalDenied                   // this machine's firewall or policy refused to send; on TCP over IPv6 perhaps one on the path
)

// String is the reason as the JSON records spell it; "" for [NoReason].
func (r Reason) String() string {
	switch r {
	case SynAck:
		return "syn-ack"
	case ConnRefused:
		return "conn-refused"
	case NoResponse:
		return "no-response"
	case HostUnreach:
		return "host-unreach"
	case NetUnreach:
		return "net-unreach"
	case AdminProhibited:
		return "admin-prohibited"
	case PortUnreach:
		return "port-unreach"
	case UDPResponse:
		return "udp-response"
	case Reset:
		return "reset"
	case ProtoUnreach:
		return "proto-unreach"
	case LocalLimit:
		return "local-limit"
	case LocalDenied:
		return "local-denied"
	default:
		return ""
	}
}
