package sockets

import "testing"

func TestKernelState(t *testing.T) {
	for _, test := range []struct {
		proto string
		code  uint8
		want  State
	}{
		{"tcp", 1, StateEstablished}, {"tcp", 7, StateClosed}, {"tcp", 10, StateListen}, {"tcp", 12, StateSynRecv}, {"tcp", 13, StateBoundInactive},
		{"tcp", 0, StateUnknown}, {"tcp", 14, StateUnknown}, {"tcp", 255, StateUnknown},
		{"udp", 1, StateConnected}, {"udp", 7, StateBound}, {"udplite", 7, StateBound},
	} {
		if got := kernelState(test.proto, test.code); got != test.want {
			t.Errorf("%s state %d is %v, want %v", test.proto, test.code, got, test.want)
		}
	}
}
