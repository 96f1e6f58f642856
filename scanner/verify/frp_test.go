package verify

import "testing"

// TestFrp holds that frps is told by both answers, each with what it was sent.
func TestFrp(t *testing.T) {
	n := newNonce()
	pong := string(yamuxFrame(yamuxPing, yamuxACK, 0, frpPing(n)))
	refusal := func(name string) string {
		m := frpMessage('3', `{"proxy_name":"`+name+`","error":"no"}`)
		return string(yamuxFrame(yamuxWindow, yamuxACK, 1, 0)) + string(yamuxFrame(yamuxData, 0, 1, uint32(len(m)))) + string(m)
	}
	for _, tt := range []struct {
		name, in string
		want     verdict
	}{
		{"frps", pong + refusal(n.word()), yes},
		{"a part", pong + refusal(n.word())[:40], partial},
		{"another program on yamux", pong, partial},
		{"another name", pong + refusal("a"), no},
		{"another ping", string(yamuxFrame(yamuxPing, yamuxACK, 0, frpPing(n)+1)) + refusal(n.word()), no},
		{"no frames", "HTTP/1.1 400 Bad Request\r\n\r\n", no},
	} {
		if got := parseFrp(heard{data: []byte(tt.in), nonce: n}, new(Service)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
