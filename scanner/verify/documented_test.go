package verify

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// Servers that no package brings are played by the bytes of their documents.

// more is the answer of a server that waits for the rest of a request.
var more = []byte{}

// byRequest answers each request by f, and closes where that has no answer.
func byRequest(f func(request []byte) []byte) func(net.Conn) {
	return func(conn net.Conn) {
		buf := make([]byte, 4096)
		for n := 0; n < len(buf); {
			more, err := conn.Read(buf[n:])
			if err != nil {
				return
			}
			n += more
			answer := f(buf[:n])
			if answer == nil {
				return
			}
			if len(answer) == 0 {
				continue
			}
			if _, err := conn.Write(answer); err != nil {
				return
			}
			n = 0
		}
	}
}

func bson(elements ...[]byte) []byte {
	body := concat(elements...)
	return concat(le32(uint32(len(body)+5)), body, []byte{0})
}

func bsonString(name, value string) []byte {
	return concat([]byte{2}, []byte(name), []byte{0}, le32(uint32(len(value)+1)), []byte(value), []byte{0})
}

// mongo answers OP_MSG hello and buildInfo, and closes on anything else.
func mongo(request []byte) []byte {
	if strings.HasPrefix(string(request), "GET ") {
		return []byte("HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 85\r\n\r\nIt looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n")
	}
	if len(request) < 21 {
		return more
	}
	if binary.LittleEndian.Uint32(request[12:]) != 2013 {
		return nil
	}
	document := bson(concat([]byte{0x10}, []byte("maxWireVersion\x00"), le32(17)), concat([]byte{0x10}, []byte("ok\x00"), le32(1)))
	if strings.Contains(string(request), "buildInfo") {
		document = bson(bsonString("version", "6.0.12"), bsonString("gitVersion", "x"))
	}
	body := concat(le32(0), []byte{0}, document)
	return concat(le32(uint32(16+len(body))), le32(7), request[4:8], le32(2013), body)
}

func cassandraServer(request []byte) []byte {
	if request[0]&0x7f != 4 {
		text := "Invalid or unsupported protocol version (71); supported versions are (3/v3, 4/v4, 5/v5)"
		return concat([]byte{0x85, 0, 0, 0, 0}, be32(uint32(6+len(text))), be32(10), be16(uint16(len(text))), []byte(text))
	}
	list := concat(be16(2), be16(11), []byte("CQL_VERSION"), be16(1), be16(5), []byte("3.4.6"), be16(11), []byte("COMPRESSION"), be16(0))
	return concat([]byte{0x84, 0}, request[2:4], []byte{6}, be32(uint32(len(list))), list)
}

func kafkaServer(request []byte) []byte {
	if len(request) < 4 || string(request[:3]) == "\x00\x00\x00" && len(request) < 4+int(request[3]) {
		return more
	}
	if len(request) != 14 || binary.BigEndian.Uint32(request) != 10 || binary.BigEndian.Uint16(request[4:]) != 18 {
		return nil
	}
	body := concat(request[8:12], be16(0), be32(2), be16(0), be16(0), be16(9), be16(18), be16(0), be16(3))
	return concat(be32(uint32(len(body))), body)
}

func mssqlServer(request []byte) []byte {
	if len(request) < 8 {
		return more
	}
	if request[0] != 0x12 {
		return nil
	}
	body := concat([]byte{0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff}, []byte{15, 0, 0x10, 0x56, 0, 0}, []byte{2})
	return concat([]byte{4, 1}, be16(uint16(8+len(body))), []byte{0, 0, 1, 0}, body)
}

func boltServer(request []byte) []byte {
	if len(request) < 4 || strings.HasPrefix(string(request), "\x60\x60\xb0\x17") && len(request) < 20 {
		return more
	}
	if !strings.HasPrefix(string(request), "\x60\x60\xb0\x17") {
		return nil
	}
	return []byte{0, 0, 4, 5}
}

func jdwpServer(request []byte) []byte {
	if string(request) == "JDWP-Handshake" {
		return request
	}
	text := func(s string) []byte { return concat(be32(uint32(len(s))), []byte(s)) }
	body := concat(text("Java Debug Wire Protocol"), be32(17), be32(0), text("17.0.9"), text("OpenJDK 64-Bit Server VM"))
	return concat(be32(uint32(11+len(body))), request[4:8], []byte{0x80}, be16(0), body)
}

func rtspServer(request []byte) []byte {
	if !strings.HasSuffix(string(request), "\r\n\r\n") {
		return more
	}
	if strings.HasPrefix(string(request), "GET ") {
		return []byte("RTSP/1.0 400 Bad Request\r\nServer: GStreamer RTSP server\r\n\r\n")
	}
	return []byte("RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: GStreamer RTSP server\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n")
}

func TestDocumentedServers(t *testing.T) {
	greeted := func(text string) func(net.Conn) { return greet(text) }
	tests := []struct {
		name                       string
		usual                      uint16
		serve                      func(net.Conn)
		protocol, product, version string
	}{
		{"mongodb", 27017, byRequest(mongo), "mongodb", "MongoDB", "6.0.12"},
		{"cassandra", 9042, byRequest(cassandraServer), "cassandra", "", ""},
		{"kafka", 9092, byRequest(kafkaServer), "kafka", "", ""},
		{"mssql", 1433, byRequest(mssqlServer), "mssql", "Microsoft SQL Server", "15.0.4182"},
		{"bolt", 7687, byRequest(boltServer), "bolt", "", ""},
		{"socks4", 1080, byRequest(func(request []byte) []byte {
			if request[0] != 4 {
				return nil
			}
			return []byte{0, 91, 0, 0, 0, 0, 0, 0}
		}), "socks4", "", ""},
		{"spamd", 783, byRequest(func(request []byte) []byte {
			switch {
			case !strings.Contains(string(request), "\n"):
				return more
			case strings.HasPrefix(string(request), "PING SPAMC/1.2\r\n"):
				return []byte("SPAMD/1.5 0 PONG\r\n")
			}
			return []byte("SPAMD/1.0 76 Bad header line: (EX_PROTOCOL)\r\n")
		}), "spamd", "SpamAssassin", ""},
		{"rtsp", 554, byRequest(rtspServer), "rtsp", "GStreamer RTSP server", ""},
		{"clickhouse", 0, always("HTTP/1.0 400 Bad Request\r\n\r\nPort 9000 is for clickhouse-client program\r\nYou must use port 8123 for HTTP.\r\n"), "clickhouse", "ClickHouse", ""},
		{"gpsd", 2947, greeted(`{"class":"VERSION","release":"3.22","rev":"3.22","proto_major":3,"proto_minor":14}` + "\r\n"), "gpsd", "gpsd", "3.22"},
		{"asterisk", 5038, greeted("Asterisk Call Manager/5.0.1\r\n"), "asterisk-ami", "", ""},
		{"nntp", 119, greeted("200 news.example InterNetNews NNRP server INN 2.7.0 ready (posting ok)\r\n"), "nntp", "INN", "2.7.0"},
		{"postfix", 25, greeted("220 mail.example ESMTP Postfix (Debian/GNU)\r\n"), "smtp", "Postfix", ""},
		{"sendmail", 25, greeted("220 mail.example ESMTP Sendmail 8.17.1.9/8.17.1.9/Debian-2; Sun, 29 Nov 2026 08:00:00 GMT\r\n"), "smtp", "Sendmail", "8.17.1.9"},
		{"a host named after another", 25, greeted("220 exim.example.org ESMTP Postfix\r\n"), "smtp", "Postfix", ""},
		{"munin", 4949, greeted("# munin node at 10.1.2.3\n"), "munin", "Munin node", ""},
		{"proftpd", 21, greeted("220 ProFTPD Server (Debian) [::ffff:198.18.0.1]\r\n"), "ftp", "ProFTPD", ""},
		{"pure-ftpd", 21, greeted("220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n220-You are user number 1 of 50 allowed.\r\n220 You will be disconnected after 15 minutes of inactivity.\r\n"), "ftp", "Pure-FTPd", ""},
		{"courier", 143, greeted("* OK [CAPABILITY IMAP4rev1 UIDPLUS] Courier-IMAP ready. Copyright 1998-2022 Double Precision, Inc.\r\n"), "imap", "Courier IMAP", ""},
		{"mysql", 3306, greeted("J\x00\x00\x00\n8.0.36\x00\x0b\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xdf\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00abcdefghijkl\x00caching_sha2_password\x00"), "mysql", "MySQL", "8.0.36"},
		{"zmtp", 0, greeted("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f"), "zmtp", "", ""},
		{"libssh", 22, greeted("SSH-2.0-libssh_0.10.5\r\n"), "ssh", "libssh", "0.10.5"},
		{"ssh behind a banner", 22, greeted("Authorized use only.\r\nSSH-1.99-Cisco-1.25\r\n"), "ssh", "Cisco", "1.25"},
	}
	for _, tt := range tests {
		for _, number := range []uint16{tt.usual, 31000} {
			if number == 0 || tt.name == "socks4" && number == 31000 { // it is asked on its number only
				continue
			}
			s, f := ask(t, number, tt.serve, Verifier{})
			if s.Protocol != tt.protocol || s.Product != tt.product || s.Version != tt.version {
				t.Errorf("%s on %d: %v %q %q %q after %d connections (%q)", tt.name, number, s.Outcome, s.Protocol, s.Product, s.Version, len(f.connections), s.Evidence.FirstBytes)
			}
		}
	}
}

// TestSlowMetrics holds that a page is waited for that takes long to be made.
func TestSlowMetrics(t *testing.T) {
	s, _ := ask(t, 9100+1000, byRequest(func(request []byte) []byte {
		if !strings.HasPrefix(string(request), "GET /metrics ") {
			return []byte("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<title>Node Exporter</title><a href=\"/metrics\">Metrics</a>")
		}
		time.Sleep(3 * time.Second)
		return []byte("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nnode_exporter_build_info{branch=\"x\",version=\"1.5.0\"} 1\n")
	}), Verifier{})
	if s.Product != "Node Exporter" || s.Version != "1.5.0" {
		t.Errorf("%q %q", s.Product, s.Version)
	}
}

// TestExpectedDebugger holds that a Java debugger is recognised where the
// process is known to be one.
func TestExpectedDebugger(t *testing.T) {
	f := &fake{serve: byRequest(jdwpServer)}
	v := Verifier{Dial: f.dial, All: true}
	s, err := v.Verify(t.Context(), Target{Proto: "tcp", Addr: netip.MustParseAddrPort("198.18.0.1:5005"), Expect: "jdwp"})
	f.wg.Wait()
	if err != nil || s.Protocol != "jdwp" || s.Version != "17.0.9" {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestMQTTOverWebSocket holds that a broker's consent is wanted in full.
func TestMQTTOverWebSocket(t *testing.T) {
	serve := func(accept bool) func(net.Conn) {
		return byRequest(func(request []byte) []byte {
			_, after, upgrade := strings.Cut(string(request), "Sec-WebSocket-Key: ")
			key, _, _ := strings.Cut(after, "\r\n")
			if !upgrade {
				return []byte("HTTP/1.1 404 Not Found\r\nserver: libwebsockets\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			}
			if !accept {
				key = "x"
			}
			return []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + acceptKey(key) + "\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n")
		})
	}
	for _, accept := range []bool{true, false} {
		s, _ := ask(t, 8083, serve(accept), Verifier{})
		if told := strings.Contains(strings.Join(s.Info, ","), "MQTT over WebSocket"); s.Protocol != "http" || told != accept {
			t.Errorf("%q, %q", s.Protocol, s.Info)
		}
	}
}

// web is a server of pages, each of which is its head and body with a | between.
func web(pages map[string]string) func(net.Conn) {
	return byRequest(func(request []byte) []byte {
		if strings.HasPrefix(string(request), "GET ") && !strings.HasSuffix(string(request), "\r\n\r\n") {
			return more
		}
		fields := strings.Fields(string(request))
		if len(fields) < 2 || fields[0] != "GET" {
			return []byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}
		answer, ok := pages[fields[1]]
		if !ok {
			answer = "404 Not Found\r\n|no"
		}
		head, body, _ := strings.Cut(answer, "|")
		return []byte("HTTP/1.1 " + head + "Content-Length: " + itoa(len(body)) + "\r\n\r\n" + body)
	})
}

// TestWebApps holds what programs behind HTTP are known by.
func TestWebApps(t *testing.T) {
	json := "Content-Type: application/json\r\n"
	tests := []struct {
		name             string
		pages            map[string]string // by path: head and body
		product, version string
	}{
		{"Jenkins", map[string]string{"/": "403 Forbidden\r\nX-Jenkins: 2.426.1\r\nServer: Jetty(10.0.18)\r\n|<html>"}, "Jenkins", "2.426.1"},
		{"Elasticsearch", map[string]string{"/": "200 OK\r\n" + json + "|{\n  \"name\" : \"x\",\n  \"cluster_name\" : \"y\",\n  \"version\" : {\n    \"number\" : \"8.11.1\"\n  },\n  \"tagline\" : \"You Know, for Search\"\n}"}, "Elasticsearch", "8.11.1"},
		{"OpenSearch", map[string]string{"/": "200 OK\r\n" + json + "|{\n  \"cluster_name\" : \"y\",\n  \"version\" : {\n    \"distribution\" : \"opensearch\",\n    \"number\" : \"2.11.0\"\n  }\n}"}, "OpenSearch", "2.11.0"},
		{"Docker", map[string]string{"/": "404 Not Found\r\n" + json + "|{\"message\":\"page not found\"}\n", "/_ping": "200 OK\r\nApi-Version: 1.43\r\nServer: Docker/24.0.7 (linux)\r\n|OK"}, "Docker", "24.0.7"},
		{"Kubernetes", map[string]string{"/": "403 Forbidden\r\n" + json + "|{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"code\": 403\n}", "/version": "200 OK\r\n" + json + "|{\n  \"major\": \"1\",\n  \"gitVersion\": \"v1.28.4\"\n}"}, "Kubernetes", "1.28.4"},
		{"kubelet", map[string]string{"/": "403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\n|Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource(s)=[proxy])\n"}, "kubelet", ""},
		{"Consul with its page", map[string]string{"/": "301 Moved Permanently\r\nLocation: /ui/\r\n|", "/ui/": "200 OK\r\n|<title>Consul by HashiCorp</title><!-- CONSUL_VERSION: 1.13.0 -->", "/v1/agent/self": "200 OK\r\n" + json + "|{\n    \"Config\": {\n        \"Datacenter\": \"dc1\",\n        \"NodeName\": \"vm\",\n        \"Version\": \"1.15.0\"\n"}, "Consul", "1.15.0"},
		{"Consul without a page", map[string]string{"/": "200 OK\r\n|Consul Agent: UI disabled.", "/v1/agent/self": "403 Forbidden\r\n|Permission denied"}, "Consul", ""},
		{"Grafana", map[string]string{"/": "302 Found\r\nLocation: /login\r\n|<a href=\"/login\">Found</a>.\n", "/login": "200 OK\r\n|<title>Grafana</title>"}, "Grafana", ""},
		{"Ollama", map[string]string{"/": "200 OK\r\n|Ollama is running", "/api/version": "200 OK\r\n|{\"version\":\"0.1.32\"}"}, "Ollama", "0.1.32"},
		{"vLLM", map[string]string{"/": "404 Not Found\r\nserver: uvicorn\r\n" + json + "|{\"detail\":\"Not Found\"}", "/v1/models": "200 OK\r\nserver: uvicorn\r\n|{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"owned_by\":\"vllm\"}]}"}, "vLLM", ""},
		{"SGLang", map[string]string{"/": "404 Not Found\r\nserver: uvicorn\r\n" + json + "|{\"detail\":\"Not Found\"}", "/v1/models": "200 OK\r\nserver: uvicorn\r\n|{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\",\"owned_by\":\"sglang\"}]}"}, "SGLang", ""},
		{"LocalAI", map[string]string{"/": "200 OK\r\nContent-Type: text/html\r\n|<html><head>\n<title>LocalAI API - v2.20.1 (a9c521eb41dc2dd63769e5362f05d9ab5d8bec50)</title>", "/v1/models": "200 OK\r\n|{\"object\":\"list\",\"data\":[]}"}, "LocalAI", "2.20.1"},
		{"llama.cpp", map[string]string{"/": "200 OK\r\nServer: llama.cpp\r\nContent-Type: text/html\r\n|<html>", "/v1/models": "200 OK\r\nServer: llama.cpp\r\n|{\"models\":[],\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\",\"owned_by\":\"llamacpp\"}]}"}, "llama.cpp", ""},
		{"MCP, the library of Go", map[string]string{"/": "400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n|Bad Request: GET requires an Mcp-Session-Id header\n"}, "MCP server", ""},
		{"Syncthing on loopback", map[string]string{"/": "403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\n|Host check error\n"}, "Syncthing", ""},
		{"Exporter Exporter", map[string]string{"/": "200 OK\r\nContent-Type: text/html; charset=utf-8\r\n|\n\t\t\t<h2>Exporters:</h2>\n\t\t\t\t<ul>\n", "/metrics": "200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n|# HELP build_info A metric with a constant '1' value labeled by version, revision, branch and goversion from which exporter_exporter was built.\n# TYPE build_info gauge\nbuild_info{branch=\"debian/sid\",goversion=\"go1.19.8\",revision=\"0.4.0-1+b14\",version=\"0.4.0\"} 1\n"}, "Exporter Exporter", "0.4.0"},
		{"a server of JSON-RPC", map[string]string{"/": "404 Not Found\r\n" + json + "|{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600}}", "/mcp": "404 Not Found\r\n" + json + "|{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600}}"}, "", ""},
		{"Node inspector", map[string]string{"/": "400 Bad Request\r\n|WebSockets request was expected\r\n", "/json/version": "200 OK\r\n|{ \"Browser\": \"node.js/v18.19.0\", \"Protocol-Version\": \"1.1\" }"}, "Node.js inspector", "18.19.0"},
		{"Tomcat by a missing page", map[string]string{"/": "200 OK\r\n|<html>hello</html>", "/porthole": "404 \r\n|<html><body><h3>Apache Tomcat/9.0.83</h3></body></html>"}, "Apache Tomcat", "9.0.83"},
		{"Varnish before nginx", map[string]string{"/": "200 OK\r\nServer: nginx/1.22.1\r\nX-Varnish: 2\r\nVia: 1.1 varnish (Varnish/7.1)\r\n|hi"}, "Varnish", "7.1"},
		{"IIS", map[string]string{"/": "200 OK\r\nServer: Microsoft-IIS/10.0\r\nX-Powered-By: ASP.NET\r\n|hi"}, "Microsoft IIS", "10.0"},
		{"UPnP", map[string]string{"/": "200 OK\r\nServer: Debian DLNADOC/1.50 UPnP/1.0 MiniDLNA/1.3.0\r\n|hi"}, "MiniDLNA", "1.3.0"},
		{"Mopidy in Tornado", map[string]string{"/": "302 Found\r\nServer: TornadoServer/6.2\r\nLocation: /mopidy/\r\n|", "/mopidy/": "200 OK\r\nServer: TornadoServer/6.2\r\n|<html><title>Mopidy</title>"}, "Mopidy", ""},
		{"dnsdist by h2o", map[string]string{"/": "404 Not Found\r\nServer: h2o/dnsdist\r\n|not found"}, "dnsdist", ""},
		{"Coyote", map[string]string{"/": "200 OK\r\nServer: Apache-Coyote/1.1\r\n|hi"}, "Apache Tomcat", ""},
		{"nothing", map[string]string{"/": "200 OK\r\n|hi"}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			serve := web(tt.pages)
			for _, number := range []uint16{8080, 31000} {
				s, _ := ask(t, number, serve, Verifier{})
				if s.Protocol != "http" || s.Product != tt.product || s.Version != tt.version {
					t.Errorf("on %d: %q %q %q, info %q", number, s.Protocol, s.Product, s.Version, s.Info)
				}
			}
		})
	}
}
