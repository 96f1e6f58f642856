package sockets

import (
	"net/netip"
	"testing"
)

func TestExposureOf(t *testing.T) {
	for _, test := range []struct {
		addr string
		want Exposure
	}{
		{"0.0.0.0", All},
		{"::", All},
		{"::ffff:0.0.0.0", All},
		{"127.0.0.1", Loopback},
		{"127.255.0.9", Loopback},
		{"::1", Loopback},
		{"::ffff:127.0.0.1", Loopback},
		{"10.1.2.3", Local},
		{"172.15.255.255", Public},
		{"172.16.0.1", Local},
		{"172.31.255.255", Local},
		{"172.32.0.0", Public},
		{"192.168.0.1", Local},
		{"::ffff:192.168.0.1", Local},
		{"100.63.255.255", Public},
		{"100.64.0.0", Local},
		{"100.127.255.255", Local},
		{"100.128.0.0", Public},
		{"169.254.1.1", Local},
		{"fe80::1", Local},
		{"fe80::1%eth0", Local},
		{"febf::1", Local},
		{"fec0::1", Local},
		{"fc00::1", Local},
		{"fd12:3456::1", Local},
		{"fe00::1", Public},
		{"203.0.113.7", Public},
		{"2001:db8::1", Public},
		{"::ffff:203.0.113.7", Public},
		{"255.255.255.255", Local},
		{"224.0.0.251", Local},
		{"239.255.255.250", Local},
		{"232.1.1.1", Public},
		{"ff01::1", Loopback},
		{"ff02::fb", Local},
		{"ff05::2", Local},
		{"ff0e::1", Public},
	} {
		if got := ExposureOf(netip.MustParseAddr(test.addr)); got != test.want {
			t.Errorf("ExposureOf(%s) = %v, want %v", test.addr, got, test.want)
		}
	}
	if got := ExposureOf(netip.Addr{}); got != All {
		t.Errorf("ExposureOf(unknown) = %v, want all: it must not look safe", got)
	}
}

func TestExposureOrder(t *testing.T) {
	if !(Loopback < Local && Local < Public && Public < All) {
		t.Error("a larger exposure must reach further")
	}
}

// TestWords holds the spellings that scripts read from JSON.
func TestWords(t *testing.T) {
	for word, got := range map[string]string{
		"loopback":            Loopback.String(),
		"local":               Local.String(),
		"public":              Public.String(),
		"all":                 All.String(),
		"":                    NotHidden.String(),
		"permission":          HiddenPermission.String(),
		"other-pid-namespace": HiddenOtherPIDNamespace.String(),
		"no-owner":            HiddenNoOwner.String(),
		"unknown":             Unknown.String(),
		"listen":              Listen.String(),
		"bound":               Bound.String(),
		"connected":           Connected.String(),
		"established":         Established.String(),
		"syn-sent":            SynSent.String(),
		"syn-recv":            SynRecv.String(),
		"fin-wait-1":          FinWait1.String(),
		"fin-wait-2":          FinWait2.String(),
		"time-wait":           TimeWait.String(),
		"close-wait":          CloseWait.String(),
		"last-ack":            LastAck.String(),
		"closing":             Closing.String(),
		"closed":              Closed.String(),
		"bound-inactive":      BoundInactive.String(),
		"root":                RightRoot.String(),
		"capability":          RightCapability.String(),
		"unprivileged-port":   RightUnprivilegedPort.String(),
		"user-namespace":      RightUserNamespace.String(),
		"inherited":           RightInherited.String(),
	} {
		if got != word {
			t.Errorf("got %q, want %q", got, word)
		}
	}
	if got := State(200).String(); got != "unknown" {
		t.Errorf("a state from the future is %q, want unknown", got)
	}
}
