package sockets

// State is where a socket stands: the states of RFC 9293 section 3.3.2 for
// TCP, and for UDP whether the socket is bound only or has a fixed peer.
type State uint8

const (
	Unknown       State = iota // the system gave no state, or one that is not known here
	Listen                     // TCP: waits for connections
	Bound                      // UDP: takes datagrams from anyone who reaches it
	Connected                  // UDP: takes datagrams from one peer only
	Established                // TCP: a connection in use
	SynSent                    // TCP: connecting, no answer yet
	SynRecv                    // TCP: being connected to, handshake not done
	FinWait1                   // TCP: closed here, not yet acknowledged
	FinWait2                   // TCP: closed here, the peer still sends
	TimeWait                   // TCP: closed; the kernel keeps the ports to itself for a while
	CloseWait                  // TCP: closed by the peer, not yet here
	LastAck                    // TCP: closed by both, the last acknowledgement is missing
	Closing                    // TCP: closed by both at once
	Closed                     // no connection
	BoundInactive              // TCP: holds a port but neither waits nor connects; Linux 6.8 and later tell it
)

// String is the state as the JSON records spell it.
func (s State) String() string {
	switch s {
	case Listen:
		return "listen"
	case Bound:
		return "bound"
	case Connected:
		return "connected"
	case Established:
		return "established"
	case SynSent:
		return "syn-sent"
	case SynRecv:
		return "syn-recv"
	case FinWait1:
		return "fin-wait-1"
	case FinWait2:
		return "fin-wait-2"
	case TimeWait:
		return "time-wait"
	case CloseWait:
		return "close-wait"
	case LastAck:
		return "last-ack"
	case Closing:
		return "closing"
	case Closed:
		return "closed"
	case BoundInactive:
		return "bound-inactive"
	default:
		return "unknown"
	}
}

// Waits reports whether a socket in this state waits for strangers: a TCP
// listener or an unconnected UDP socket. These are what List gives by default.
func (s State) Waits() bool { return s == Listen || s == Bound }
