package scanner

import "fmt"

// State is the verdict about one port.
type State uint8

const (
	StateUnknown        State = iota // a local failure kept the port from being asked; never shown as closed
	StateOpen                        // the port answered
	StateClosed                      // the host answered that nothing listens
	StateFiltered                    // no answer to TCP, or an ICMP error from the path
	StateOpenFiltered                // UDP silence: an open port that ignores the payload looks the same as a filtered one
	StateClosedFiltered              // refused, by the host or by ICMP from the path: macOS and the BSDs have one number for both
)

// String is the state as nmap and the JSON records spell it.
func (s State) String() string {
	switch s {
	case StateOpen:
		return "open"
	case StateClosed:
		return "closed"
	case StateFiltered:
		return "filtered"
	case StateOpenFiltered:
		return "open|filtered"
	case StateClosedFiltered:
		return "closed|filtered"
	default:
		return "unknown"
	}
}

// MarshalText is [State.String].
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what [State.String] prints, and fails for anything else.
func (s *State) UnmarshalText(text []byte) error {
	for known := StateUnknown; known <= StateClosedFiltered; known++ {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("there is no state %q", text)
}

// Reason is the evidence behind a [State], in nmap's words where it has one.
type Reason uint8

const (
	ReasonNone            Reason = iota // no evidence: the probe was never sent, or an error says nothing about the port
	ReasonSynAck                        // TCP: the handshake completed
	ReasonConnRefused                   // TCP: RST answered the SYN (RFC 9293 section 3.5.2), or a firewall's ICMP port unreachable did; with closed|filtered, on UDP too: any of these, or ICMP administratively prohibited
	ReasonNoResponse                    // nothing came back before the deadline, after all retries
	ReasonHostUnreach                   // ICMP host unreachable, or no ARP/ND answer on the local link
	ReasonNetUnreach                    // ICMP network unreachable
	ReasonAdminProhibited               // ICMP communication administratively prohibited (RFC 1812 section 5.2.7.1)
	ReasonPortUnreach                   // UDP: ICMP port unreachable (RFC 792, RFC 4443)
	ReasonUDPResponse                   // UDP: a datagram came back from that address and port (TFTP: any port of it, RFC 1350 section 4)
	ReasonReset                         // TCP: the connection was reset while it was set up
	ReasonProtoUnreach                  // ICMP protocol unreachable
	ReasonLocalLimit                    // this machine ran out of descriptors, ports or memory, or no attempt proved anything: see Result.Err
	ReasonLocalDenied                   // this machine's firewall or policy refused to send; on TCP over IPv6 perhaps one on the path
	ReasonEchoReply                     // of an address: ICMP or ICMPv6 echo reply
	ReasonARP                           // of an address on the link: it answered ARP
	ReasonNDP                           // of an address on the link: it answered neighbor discovery (RFC 4861)
	ReasonNoRoute                       // this machine has no route to the address, or no address of its own to ask from: nothing was sent
)

// String is the reason as the JSON records spell it; "" for [ReasonNone].
func (r Reason) String() string {
	switch r {
	case ReasonSynAck:
		return "syn-ack"
	case ReasonConnRefused:
		return "conn-refused"
	case ReasonNoResponse:
		return "no-response"
	case ReasonHostUnreach:
		return "host-unreach"
	case ReasonNetUnreach:
		return "net-unreach"
	case ReasonAdminProhibited:
		return "admin-prohibited"
	case ReasonPortUnreach:
		return "port-unreach"
	case ReasonUDPResponse:
		return "udp-response"
	case ReasonReset:
		return "reset"
	case ReasonProtoUnreach:
		return "proto-unreach"
	case ReasonLocalLimit:
		return "local-limit"
	case ReasonLocalDenied:
		return "local-denied"
	case ReasonEchoReply:
		return "echo-reply"
	case ReasonARP:
		return "arp"
	case ReasonNDP:
		return "ndp"
	case ReasonNoRoute:
		return "no-route"
	default:
		return ""
	}
}

// MarshalText is [Reason.String].
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what [Reason.String] prints, and fails for anything else.
func (r *Reason) UnmarshalText(text []byte) error {
	for known := ReasonNone; known <= ReasonNoRoute; known++ {
		if known.String() == string(text) {
			*r = known
			return nil
		}
	}
	return fmt.Errorf("there is no reason %q", text)
}
