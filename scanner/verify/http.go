package verify

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// http is HTTP/1.0 and 1.1 (RFC 9112). The request is one of HTTP/1.0 without a
// Host field: a proxy that is told its own address fetches itself without end,
// and redis takes the word for an attack.
func http() *protocol {
	apps := webApps()
	return &protocol{
		name: "http", spec: "RFC 9112",
		tcp: []uint16{80, 81, 280, 591, 593, 3000, 4848, 5000, 5357, 5601, 5984, 5985, 7001, 8000, 8001, 8008, 8080, 8081, 8082, 8083,
			8086, 8088, 8090, 8118, 8123, 8161, 8200, 8222, 8384, 8500, 8765, 8834, 8880, 8888, 8983, 9000, 9080, 9090, 9091, 9093,
			9115, 9121, 9200, 9600, 10000, 10255, 11434, 15672, 15692, 19999, 2375, 2379, 3128, 631, 5800, 16686, 4040, 4646, 9870, 9229},
		tls: []uint16{443, 832, 981, 1311, 2376, 4443, 4444, 5443, 5986, 6443, 7443, 8443, 8834, 9443, 10250, 12443, 16443, 20443},
		names: []string{"nginx", "apache2", "httpd", "lighttpd", "caddy", "haproxy", "squid", "varnishd", "gunicorn", "node", "tinyproxy",
			"privoxy", "prometheus", "prometheus-node", "node_exporter", "etcd", "consul", "influxd", "cupsd", "icecast2", "traefik", "envoy",
			"docker-registry", "registry", "dockerd", "grafana", "grafana-server", "uvicorn", "ollama", "kubelet", "kube-apiserver", "jenkins"},
		unasked: true,
		request: func(q question) []byte { return getRequest(q, "/") },
		parse:   func(h heard, s *Service) verdict { return parseHTTP(h, s, apps) },
		whole:   func(in []byte) bool { return readPage(in).whole },
		follow:  func(t *talk, s *Service) { followHTTP(t, s, apps) },
		rank:    1,
	}
}

// getRequest asks for a path. A number that is not known for HTTP gets the
// shortest request there is, for the sake of what else may be there.
func getRequest(q question, path string) []byte {
	if !q.known {
		return []byte("GET " + path + " HTTP/1.0\r\n\r\n")
	}
	if q.again {
		// The name is nobody's (RFC 2606): a proxy has nowhere to go with it.
		return []byte("GET " + path + " HTTP/1.1\r\nHost: " + cmp.Or(q.host, "porthole.invalid") + "\r\nUser-Agent: porthole\r\nAccept: */*\r\nConnection: close\r\n\r\n")
	}
	host := ""
	if q.host != "" && (q.secure || q.port == 80) {
		host = "Host: " + q.host + "\r\n"
	}
	return []byte("GET " + path + " HTTP/1.0\r\n" + host + "User-Agent: porthole\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n")
}

// page is the answer to a GET.
type page struct {
	path    string
	version string // of HTTP: "1.0", "1.1" or "2"
	status  int    // 0: it is not HTTP
	fields  []field
	body    []byte
	whole   bool     // nothing more will come
	apps    []webApp // that it may be of, see webApps
}

// field is a header field; its name is in lower case.
type field struct{ name, value string }

// get is the value of a header field, "" without one.
func (g *page) get(name string) string {
	for _, f := range g.fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// has reports whether the body contains words.
func (g *page) has(words string) bool { return bytes.Contains(g.body, []byte(words)) }

// readPage reads an answer of HTTP/1.x as far as it has come.
func readPage(in []byte) page {
	line, rest, ok := bytes.Cut(in, []byte("\n"))
	version, status, ok2 := statusLine(line)
	if !ok || !ok2 {
		return page{}
	}
	g := page{version: version, status: status}
	for {
		line, rest, ok = bytes.Cut(rest, []byte("\n"))
		if !ok {
			return g // the head has not come
		}
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			break
		}
		if name, value, ok := strings.Cut(string(line), ":"); ok {
			g.fields = append(g.fields, field{strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)})
		}
	}
	g.body = rest
	chunked := strings.EqualFold(g.get("transfer-encoding"), "chunked")
	if chunked {
		g.body, g.whole = dechunk(rest)
	}
	switch length, err := strconv.Atoi(g.get("content-length")); {
	case strings.HasPrefix(g.get("content-type"), "text/event-stream"): // it has no end: one event is enough (HTML, section 9.2)
		g.whole = g.whole || g.has("\n\n") || g.has("\r\n\r\n")
	case chunked:
	case status == 204 || status == 304 || status/100 == 1:
		g.whole = true
	case err == nil && length >= 0:
		g.whole = len(rest) >= min(length, mostBytes-len(in)+len(rest))
	}
	return g
}

// dechunk joins the chunks of a body (RFC 9112 section 7.1), as far as they
// came, and reports whether the last did.
func dechunk(in []byte) (body []byte, whole bool) {
	for {
		line, rest, ok := bytes.Cut(in, []byte("\r\n"))
		size, _, _ := strings.Cut(string(line), ";")
		n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 31)
		if !ok || err != nil {
			return body, false
		}
		if n == 0 {
			return body, true
		}
		body = append(body, rest[:min(int(n), len(rest))]...)
		if len(rest) < int(n)+2 {
			return body, false
		}
		in = rest[n+2:]
	}
}

// statusLine reads "HTTP/1.1 200 OK" (RFC 9112 section 4). The reason may be
// empty, and some servers leave out the blank before it.
func statusLine(line []byte) (version string, status int, ok bool) {
	text := strings.TrimRight(string(line), "\r")
	if len(text) < len("HTTP/1.1 200") || !strings.HasPrefix(text, "HTTP/1.") || text[8] != ' ' {
		return "", 0, false
	}
	version = text[5:8]
	status, err := strconv.Atoi(text[9:12])
	if err != nil || status < 100 || status > 599 || version != "1.0" && version != "1.1" || len(text) > 12 && text[12] != ' ' {
		return "", 0, false
	}
	return version, status, true
}

// parseHTTP says yes to a whole status line, unless what follows says that it
// is not an HTTP server that speaks.
func parseHTTP(h heard, s *Service, apps []webApp) verdict {
	if !bytes.ContainsRune(h.data, '\n') {
		return prefixOf(h.data, "HTTP/1.")
	}
	g := readPage(h.data)
	if g.status == 0 || notHTTP(h.data) || wantsTLS(string(g.body)) {
		return no
	}
	s.ProtocolVersion, g.apps = g.version, apps
	describePage(&g, s)
	return yes
}

// notHTTP knows the servers of other protocols that answer a GET in the words
// of HTTP, for the sake of those who took them for a web server.
func notHTTP(in []byte) bool {
	for _, words := range []string{
		"Tor is not an HTTP Proxy", // its SocksPort
		"Tor ControlPort is not an HTTP",
		"This is a SOCKS proxy, not an HTTP",                       // the same, of other versions
		"Port 9000 is for clickhouse-client",                       // ClickHouse
		"is for clickhouse-client program",                         // the same on another number
		"It looks like you are trying to access MongoDB over HTTP", // MongoDB
	} {
		if bytes.Contains(in, []byte(words)) {
			return true
		}
	}
	return false
}

// followHTTP asks for up to two more paths, if the first page gives reason to.
func followHTTP(t *talk, s *Service, apps []webApp) {
	first := readPage(t.got)
	if t.page != nil {
		first = *t.page
	}
	first.path, first.apps = "/", apps
	describePage(&first, s)
	if !keptAlive(&first) {
		t.p.hangUp()
	}
	askWebSocket(t, s)
	local := t.p.t.Addr.Addr().IsLoopback()
	if local && refusesHost(&first) {
		t.host = "localhost"
	}
	paths := morePaths(&first, s, t.p.t.Addr.Port(), local)
	pages := []page{first}
	for n := 0; n < len(paths); n++ {
		g := t.get(paths[n])
		if g.status == 0 {
			continue
		}
		pages = append(pages, g)
		g.apps = apps
		before := s.Product + s.Version
		describePage(&g, s)
		if s.Product+s.Version != before {
			s.Evidence.Request += ", GET " + paths[n]
		}
		if s.Product != "" && s.Version != "" {
			break
		}
		if app, _ := appOf(&g); app != nil && app.path != "" && !slices.Contains(paths[:n+1], app.path) && n+1 < mostExtraGets {
			paths = append(paths[:n+1], app.path) // the page knew who it is, and that one where its version is
		}
	}
	if s.Product == "" && guardsPods(pages) {
		s.Product, s.Evidence.Product = "kubelet", "its refusal of /pods and of no other path"
		s.Evidence.Request += ", GET /pods, GET /version"
	}
	if s.Evidence.Product != "Via header" && isLibrary(s.Product) {
		addInfo(s, "a library, by which its program is not told")
	}
}

// guardsPods reports a server that has /pods, where it wants credentials as a kubelet
// does, and no page at the other paths that were asked for.
func guardsPods(pages []page) bool {
	guarded, missing := 0, 0
	for _, g := range pages {
		switch {
		case g.path == "/pods" && g.status == 401 && string(g.body) == "Unauthorized":
			guarded++
		case g.status == 404 && string(g.body) == "404 page not found\n":
			missing++
		}
	}
	return guarded == 1 && missing == 2
}

// get asks for one more page, on the same connection if the server kept it.
func (t *talk) get(path string) page {
	p := t.p
	if p.cur == nil && !p.connect(t.ctx) {
		return page{}
	}
	if p.speaksHTTP2() {
		g, _ := t.get2(path)
		return g
	}
	q := question{host: cmp.Or(t.host, p.t.Host), port: p.t.Addr.Port(), secure: p.secure, known: true, again: path == "/" || t.host != ""}
	in := t.askWithin(p.pageWait, getRequest(q, path), func(in []byte) bool { return readPage(in).whole })
	g := readPage(in)
	g.path = path
	if p.cur != nil && (!g.whole || !keptAlive(&g)) {
		p.hangUp()
	}
	return g
}

// pageWait is how long a page may take from a server that has served one: the metrics
// of a busy machine take a second to gather.
func (p *port) pageWait() time.Duration {
	if p.lateGreeting() < 0 {
		return p.wait()
	}
	return max(p.wait(), slowPage)
}

// keptAlive reports that the server said it would take another request. One that
// answers a request of HTTP/1.0 in the name of 1.1 and does not say so closes.
func keptAlive(g *page) bool {
	return contains(g.get("connection"), "keep-alive")
}

// askHTTP2 asks for a page on a session that was made for HTTP/2.
func (p *port) askHTTP2(ctx context.Context, proto *protocol) bool {
	t := &talk{ctx: ctx, p: p}
	g, r := t.get2("/")
	if g.version == "" {
		return false
	}
	s := Service{ProtocolVersion: "2"}
	h := heard{data: r}
	httpTalk := *proto
	httpTalk.follow = func(t *talk, s *Service) {
		t.page = &g
		proto.follow(t, s)
	}
	p.identified(ctx, &httpTalk, s, "GET / (HTTP/2)", h)
	return true
}
