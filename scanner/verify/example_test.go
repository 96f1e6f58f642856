package verify_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"

	"porthole/scanner/verify"
)

func ExampleVerifier_Verify() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	go func() {
		if conn, err := listener.Accept(); err == nil {
			io.WriteString(conn, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
			conn.Close()
		}
	}()

	var v verify.Verifier
	s, err := v.Verify(context.Background(), verify.Target{Proto: "tcp", Addr: netip.MustParseAddrPort(listener.Addr().String())})
	if err != nil {
		fmt.Println(err)
		return
	}
	switch s.Outcome {
	case verify.OutcomeIdentified:
		fmt.Println(s.Protocol, s.Product, s.Version)
	default:
		fmt.Printf("%v %q\n", s.Outcome, s.Evidence.FirstBytes)
	}
	// Output: ssh OpenSSH 9.2p1
}
