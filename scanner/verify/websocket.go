package verify

import (
	"crypto/sha1"
	"encoding/base64"
	"slices"
)

// websocketPorts are where brokers speak MQTT over WebSocket (RFC 6455).
func websocketPorts() []uint16 { return []uint16{1884, 8083, 8084, 8883, 9001, 9883, 15675} }

// askWebSocket asks a web server on such a port whether it would speak MQTT over
// WebSocket, and leaves it at the consent.
func askWebSocket(t *talk, s *Service) {
	p := t.p
	if s.Product != "" && s.Product != "libwebsockets" || p.speaksHTTP2() || !slices.Contains(websocketPorts(), p.t.Addr.Port()) {
		return
	}
	if p.hangUp(); !p.connect(t.ctx) {
		return
	}
	n := p.nonce()
	key := base64.StdEncoding.EncodeToString(n[:])
	in := t.ask([]byte("GET /mqtt HTTP/1.1\r\nHost: porthole.invalid\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "+key+
		"\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Version: 13\r\n\r\n"), func(in []byte) bool { return readPage(in).whole })
	g := readPage(in)
	if g.status == 101 && g.get("sec-websocket-accept") == acceptKey(key) && g.get("sec-websocket-protocol") == "mqtt" {
		addInfo(s, "MQTT over WebSocket")
	}
}

// acceptKey is what a server makes of a key (RFC 6455 section 4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
