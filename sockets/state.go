package sockets

// State is where a socket stands: the states of RFC 9293 section 3.3.2 for
// TCP, and for UDP whether the socket is bound only or has a fixed peer.
type State uint8

const (
	StateUnknown       State = iota // the system gave no state, or one that is not known here
	StateListen                     // TCP: waits for connections
	StateBound                      // UDP: takes datagrams from anyone who reaches it
	StateConnected                  // UDP: takes datagrams from one peer only
	StateEstablished                // TCP: a connection in use
	StateSynSent                    // TCP: connecting, no answer yet
	StateSynRecv                    // TCP: being connected to, handshake not done
	StateFinWait1                   // TCP: closed here, not yet acknowledged
	StateFinWait2                   // TCP: closed here, the peer still sends
	StateTimeWait                   // TCP: closed; the kernel keeps the ports to itself for a while
	StateCloseWait                  // TCP: closed by the peer, not yet here
	StateLastAck                    // TCP: closed by both, the last acknowledgement is missing
	StateClosing                    // TCP: closed by both at once
	StateClosed                     // no connection
	StateBoundInactive              // TCP: holds a port but neither waits nor connects; Linux 6.8 and later tell it
)

// String is the state as the JSON records spell it.
func (s State) String() string {
	switch s {
	case StateListen:
		return "listen"
	case StateBound:
		return "bound"
	case StateConnected:
		return "connected"
	case StateEstablished:
		return "established"
	case StateSynSent:
		return "syn-sent"
	case StateSynRecv:
		return "syn-recv"
	case StateFinWait1:
		return "fin-wait-1"
	case StateFinWait2:
		return "fin-wait-2"
	case StateTimeWait:
		return "time-wait"
	case StateCloseWait:
		return "close-wait"
	case StateLastAck:
		return "last-ack"
	case StateClosing:
		return "closing"
	case StateClosed:
		return "closed"
	case StateBoundInactive:
		return "bound-inactive"
	default:
		return "unknown"
	}
}

// Waits reports whether a socket in this state waits for peers: a TCP listener or an
// unconnected UDP socket. These are what [Lister.List] returns by default.
func (s State) Waits() bool { return s == StateListen || s == StateBound }

// kernelState reads a state of net/tcp_states.h. UDP uses two of them: 1 with
// a peer, 7 without.
func kernelState(proto string, code uint8) State {
	if proto != "tcp" {
		if code == 1 {
			return StateConnected
		}
		return StateBound
	}
	states := [...]State{
		1: StateEstablished, 2: StateSynSent, 3: StateSynRecv, 4: StateFinWait1, 5: StateFinWait2, 6: StateTimeWait, 7: StateClosed,
		8: StateCloseWait, 9: StateLastAck, 10: StateListen, 11: StateClosing, 12: StateSynRecv, 13: StateBoundInactive,
	}
	if int(code) >= len(states) {
		return StateUnknown
	}
	return states[code]
}
