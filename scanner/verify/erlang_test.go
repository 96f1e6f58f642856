package verify

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// erlangAnswer is what a node of OTP 25 answered.
const erlangAnswer = "\x00\x03sok\x00\"N\x00\x00\x00\r\x07\xdf\x7f\xbd\xf7\xc1!Gk\x0c\x98\xcc\x00\x0fnodea@127.0.0.1"

func TestErlangDist(t *testing.T) {
	for _, c := range []struct {
		in   string
		want verdict
	}{
		{erlangAnswer, yes},
		{"\x00\x0csnot_allowed", yes},
		{"\x00\x04snok", yes},
		{"\x00\x03sok", partial},
		{"", partial},
		{erlangAnswer + "x", no},
		{"\x00\x03sox", no},
		{"\x00\x03sok\x00\x01N", no},
		{"\x00\x03sok\xff\xff", no},
		{"SSH-2.0-x\r\n", no},
		{"\x00\x00", no},
	} {
		var s Service
		if v := parseErlangDist(heard{data: []byte(c.in)}, &s); v != c.want {
			t.Errorf("%q is %d, not %d", c.in, v, c.want)
		}
	}
	for i := range len(erlangAnswer) {
		if v := parseErlangDist(heard{data: []byte(erlangAnswer[:i])}, new(Service)); v != partial {
			t.Errorf("the first %d bytes are %d", i, v)
		}
	}
}

// TestRabbitMQNode holds that a process that speaks something harmless is not asked
// at the port where its nodes meet.
func TestRabbitMQNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{serve: swallow}
		v := Verifier{Dial: f.dial}
		s, err := v.Verify(t.Context(), Target{Proto: "tcp", Addr: netip.MustParseAddrPort("198.18.0.1:25672"), Expect: "rabbitmq-server"})
		if f.wg.Wait(); err != nil || s.Outcome != OutcomeNotAsked || f.sent() != "" {
			t.Errorf("%v after %q: %v", s.Outcome, f.sent(), err)
		}
	})
}

// TestErlangNode asks a real node, which is to say its name and to log nothing.
func TestErlangNode(t *testing.T) {
	erl, err := exec.LookPath("erl")
	if err != nil {
		t.Skip("erl of Debian's erlang-base is not installed")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(l.Addr().String())
	l.Close() // the node wants a number
	cmd := exec.Command(erl, "-noshell", "-name", "porthole-test@127.0.0.1", "-setcookie", "test", "-start_epmd", "false",
		"-erl_epmd_port", fmt.Sprint(at.Port()), "-kernel", "inet_dist_use_interface", "{127,0,0,1}", "-kernel", "logger_level", "all",
		"-eval", `io:format("up~n"), io:get_line(""), timer:sleep(100), io:format("~p~n", [nodes([visible, hidden])]), halt().`)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "up" {
	}
	v := Verifier{All: true}
	s, err := v.Verify(t.Context(), Target{Proto: "tcp", Addr: at, Expect: "erlang-dist"})
	if err != nil || s.Protocol != "erlang-dist" || !slices.Contains(s.Info, "node porthole-test@127.0.0.1") || s.Connections != 1 {
		t.Errorf("%v %q %q on %d connections: %v %v", s.Outcome, s.Protocol, s.Info, s.Connections, s.Err, err)
	}
	stdin.Close()
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if !slices.Equal(said, []string{"[]"}) || strings.Contains(log.String(), "porthole.invalid") {
		t.Errorf("the node said %q and %q", said, log.String())
	}
}
