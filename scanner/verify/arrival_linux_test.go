package verify

import (
	"net"
	"testing"
)

// TestSinceData holds that the kernel tells for how long an answer has been there.
func TestSinceData(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if _, err := server.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	for sinceData(conn) == 0 { // it grows while the answer is not read
		if t.Context().Err() != nil {
			t.Fatal(t.Context().Err())
		}
	}
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	if d := sinceData(ours); d != 0 {
		t.Errorf("%v of a pipe", d)
	}
}
