package sockets

import (
	"net"
	"net/netip"
	"testing"
)

func TestExposureOf(t *testing.T) {
	for _, test := range []struct {
		addr string
		want Exposure
	}{
		{"0.0.0.0", ExposureAll},
		{"::", ExposureAll},
		{"::ffff:0.0.0.0", ExposureAll},
		{"127.0.0.1", ExposureLoopback},
		{"127.255.0.9", ExposureLoopback},
		{"::1", ExposureLoopback},
		{"::ffff:127.0.0.1", ExposureLoopback},
		{"10.1.2.3", ExposureLocal},
		{"172.15.255.255", ExposurePublic},
		{"172.16.0.1", ExposureLocal},
		{"172.31.255.255", ExposureLocal},
		{"172.32.0.0", ExposurePublic},
		{"192.168.0.1", ExposureLocal},
		{"::ffff:192.168.0.1", ExposureLocal},
		{"100.63.255.255", ExposurePublic},
		{"100.64.0.0", ExposureLocal},
		{"100.127.255.255", ExposureLocal},
		{"100.128.0.0", ExposurePublic},
		{"169.254.1.1", ExposureLocal},
		{"fe80::1", ExposureLocal},
		{"fe80::1%eth0", ExposureLocal},
		{"febf::1", ExposureLocal},
		{"fec0::1", ExposureLocal},
		{"fc00::1", ExposureLocal},
		{"fd12:3456::1", ExposureLocal},
		{"fe00::1", ExposurePublic},
		{"203.0.113.7", ExposurePublic},
		{"2001:db8::1", ExposurePublic},
		{"::ffff:203.0.113.7", ExposurePublic},
		{"255.255.255.255", ExposureLocal},
		{"224.0.0.251", ExposureLocal},
		{"239.255.255.250", ExposureLocal},
		{"232.1.1.1", ExposurePublic},
		{"ff01::1", ExposureLoopback},
		{"ff02::fb", ExposureLocal},
		{"ff05::2", ExposureLocal},
		{"ff0e::1", ExposurePublic},
	} {
		if got := ExposureOf(netip.MustParseAddr(test.addr)); got != test.want {
			t.Errorf("ExposureOf(%s) = %v, want %v", test.addr, got, test.want)
		}
	}
	for _, got := range []Exposure{ExposureOf(netip.Addr{}), Socket{}.Exposure()} {
		if got != ExposureUnknown {
			t.Errorf("an address that is not known has exposure %v; it must not look safe, nor like any other", got)
		}
	}
}

func TestExposureOrder(t *testing.T) {
	if !(ExposureLoopback < ExposureLocal && ExposureLocal < ExposurePublic && ExposurePublic < ExposureAll) {
		t.Error("a larger exposure must reach further")
	}
}

// TestWords holds the spellings that scripts read from JSON.
func TestWords(t *testing.T) {
	for word, got := range map[string]string{
		"loopback":            ExposureLoopback.String(),
		"local":               ExposureLocal.String(),
		"public":              ExposurePublic.String(),
		"all":                 ExposureAll.String(),
		"":                    HiddenNone.String(),
		"present":             EventKindPresent.String(),
		"opened":              EventKindOpened.String(),
		"changed":             EventKindChanged.String(),
		"permission":          HiddenPermission.String(),
		"other-pid-namespace": HiddenOtherPIDNamespace.String(),
		"no-owner":            HiddenNoOwner.String(),
		"local-limit":         HiddenLocalLimit.String(),
		"unknown":             StateUnknown.String(),
		"listen":              StateListen.String(),
		"bound":               StateBound.String(),
		"connected":           StateConnected.String(),
		"established":         StateEstablished.String(),
		"syn-sent":            StateSynSent.String(),
		"syn-recv":            StateSynRecv.String(),
		"fin-wait-1":          StateFinWait1.String(),
		"fin-wait-2":          StateFinWait2.String(),
		"time-wait":           StateTimeWait.String(),
		"close-wait":          StateCloseWait.String(),
		"last-ack":            StateLastAck.String(),
		"closing":             StateClosing.String(),
		"closed":              StateClosed.String(),
		"bound-inactive":      StateBoundInactive.String(),
		"root":                BindRightRoot.String(),
		"capability":          BindRightCapability.String(),
		"unprivileged-port":   BindRightUnprivilegedPort.String(),
		"user-namespace":      BindRightUserNamespace.String(),
		"inherited":           BindRightInherited.String(),
	} {
		if got != word {
			t.Errorf("got %q, want %q", got, word)
		}
	}
	for what, got := range map[string]string{
		"exposure": ExposureUnknown.String(), "state": State(200).String(), "event": EventKind(200).String(), "tristate": TristateUnknown.String(),
	} {
		if got != "unknown" {
			t.Errorf("an unknown %s is %q, want unknown", what, got)
		}
	}
	if got := EventKindClosed.String(); got != "closed" {
		t.Errorf("got %q, want closed", got)
	}
}

// TestExposureOfDevice: a socket on a device reaches what the device reaches.
func TestExposureOfDevice(t *testing.T) {
	for _, test := range []struct {
		local    string
		device   Exposure
		isolated bool
		want     Exposure
	}{
		{"0.0.0.0:1", ExposureLoopback, false, ExposureLoopback},
		{"0.0.0.0:1", ExposureLocal, false, ExposureLocal},
		{"[::]:1", ExposurePublic, false, ExposurePublic},
		{"0.0.0.0:1", ExposureUnknown, false, ExposureUnknown},
		{"0.0.0.0:1", ExposurePublic, true, ExposureLoopback},
		{"10.0.0.1:1", ExposureUnknown, false, ExposureLocal},
		{"10.0.0.1:1", ExposureLoopback, false, ExposureLoopback},
		{"127.0.0.1:1", ExposureLocal, false, ExposureLoopback},
	} {
		s := Socket{Local: netip.MustParseAddrPort(test.local), Device: "dev", DeviceExposure: test.device, Isolated: test.isolated}
		if got := s.Exposure(); got != test.want {
			t.Errorf("%+v: exposure %v", test, got)
		}
	}
}

func TestExposureOfAll(t *testing.T) {
	for _, test := range []struct {
		addrs []string
		want  Exposure
	}{
		{nil, ExposureUnknown},
		{[]string{"127.0.0.1/8"}, ExposureUnknown}, // a VRF
		{[]string{"10.0.0.1/8", "fe80::1/64"}, ExposureLocal},
		{[]string{"10.0.0.1/8", "2001:db8::1/64"}, ExposurePublic},
	} {
		var addrs []net.Addr
		for _, text := range test.addrs {
			ip, prefix, err := net.ParseCIDR(text)
			if err != nil {
				t.Fatal(err)
			}
			addrs = append(addrs, &net.IPNet{IP: ip, Mask: prefix.Mask})
		}
		if got := exposureOfAll(addrs); got != test.want {
			t.Errorf("%v: %v, want %v", test.addrs, got, test.want)
		}
	}
}
