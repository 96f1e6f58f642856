package verify

import (
	"bytes"
	"slices"
	"strings"
)

// describePage says what an HTTP server calls itself: the application where its
// own words name one, else the program in the Server field. A proxy that names
// itself in Via is what answers on this port; what is behind it is told beside.
func describePage(g *page, s *Service) {
	if g.status == 401 || g.status == 407 {
		s.WantsCredentials = true
	}
	product, version, rest := serverProduct(g.get("server"))
	place := "Server header"
	if proxy, v := viaProduct(g.get("via")); proxy != "" && !strings.EqualFold(proxy, product) {
		if product != "" {
			addInfo(s, "behind it: "+join(product, version))
		}
		product, version, rest, place = proxy, v, "", "Via header"
	}
	if product == "CUPS" {
		s.Protocol = "ipp"
	}
	if rest != "" {
		addInfo(s, rest)
	}
	if app, v := appOf(g); app != nil {
		switch {
		case isFrontServer(product): // what answers here is that
			addInfo(s, "serves "+join(app.product, cleanVersion(v)))
		case product == app.product && v == "":
			place = ownWords
		default:
			if product != "" && product != app.product {
				addInfo(s, "served by "+g.get("server"))
			}
			product, version, place = app.product, cleanVersion(v), ownWords
		}
		if app.open && g.status == 200 && (app.at == "" || app.at == g.path) {
			s.AnswersWithoutCredentials = true
		}
		if app.protocol != "" {
			s.Protocol = app.protocol
		}
	}
	if powered := g.get("x-powered-by"); powered != "" {
		addInfo(s, "powered by "+powered)
		if product == "" {
			product, version, _ = serverProduct(powered)
			place = "X-Powered-By header"
		}
	}
	takeProduct(s, product, version, place, g)
}

// ownWords is the place of a product that its page names.
const ownWords = "its own words"

// isLibrary reports a server that others are made with: its name tells of no program.
func isLibrary(product string) bool {
	switch product {
	case "Tornado", "Twisted Web", "aiohttp", "Werkzeug", "WSGIServer", "BaseHTTP", "libwebsockets", "Cowboy", "Mongoose", "CherryPy", "Kestrel", "Jetty", "Microsoft HTTPAPI":
		return true
	}
	return false
}

// isFrontServer reports a program that serves any other's pages.
func isFrontServer(product string) bool {
	switch product {
	case "nginx", "Apache httpd", "lighttpd", "Caddy", "Microsoft IIS", "LiteSpeed", "openresty", "Tengine", "h2o", "envoy", "Varnish", "Squid", "HAProxy", "Cherokee":
		return true
	}
	return false
}

// takeProduct keeps what is known better: an application over the server it
// runs in, and a version over none.
func takeProduct(s *Service, product, version, place string, g *page) {
	switch {
	case product == "":
	case s.Product == "" || s.Product == product && s.Version == "" || place == ownWords && s.Product != product && !g.knownApp(s.Product):
		s.Product, s.Version, s.Evidence.Product = product, version, place
		if g.path != "" && g.path != "/" {
			s.Evidence.Product += " of " + g.path
		}
	}
}

func addInfo(s *Service, text string) {
	if text = printable(text); text == "" || len(s.Info) >= 8 {
		return
	}
	if slices.Contains(s.Info, text) {
		return
	}
	s.Info = append(s.Info, text)
}

func join(product, version string) string { return strings.TrimSpace(product + " " + version) }

// serverProduct reads a Server field (RFC 9110 section 10.2.4): the program,
// its version and what else it says.
func serverProduct(value string) (product, version, rest string) {
	value = printable(value)
	if _, after, ok := strings.Cut(value, " UPnP/"); ok { // "OS/1 UPnP/1.0 product/2" (UPnP Device Architecture)
		if _, own, ok := strings.Cut(after, " "); ok {
			product, version, _ = serverProduct(own)
			return product, version, value
		}
	}
	if strings.HasPrefix(value, "Python/") { // "Python/3.11 aiohttp/3.8"
		if language, own, ok := strings.Cut(value, " "); ok {
			product, version, _ = serverProduct(own)
			return product, version, language
		}
	}
	end := strings.IndexAny(value, "/(")
	if end < 0 {
		end = len(value)
	}
	product, after := value[:end], value[end:]
	if i := versionWord(product); i > 0 { // "Icecast 2.4.4"
		product, after = product[:i], product[i:]+after
	}
	product = strings.Trim(product, " ,;-")
	if own, ok := strings.CutSuffix(product, " Python"); ok { // "WebSockify Python/3.11", whose version is the language's
		return own, "", value[len(own)+1:]
	}
	after = strings.TrimLeft(after, "/( ")
	if !strings.HasPrefix(value[end:], "(") || product == "Jetty" {
		version, rest, _ = strings.Cut(after, " ")
	} else {
		rest = after
	}
	if version = strings.TrimRight(version, ",;)"); !startsVersion(version) {
		if product == "h2o" && version != "" { // "h2o/dnsdist": behind the library stands who uses it
			return version, "", "library " + product
		}
		version = ""
	}
	if product == "" || !isLetter(product[0]) || len(product) > 60 {
		return "", "", ""
	}
	product, version = knownName(product, version)
	return product, version, strings.Trim(rest, "() ")
}

// versionWord is where a version begins behind a blank, or -1.
func versionWord(text string) int {
	for i := 1; i+1 < len(text); i++ {
		if text[i] == ' ' && startsVersion(text[i+1:]) {
			return i
		}
	}
	return -1
}

// startsVersion reports that text begins like a version: 1.2, v1.2.
func startsVersion(text string) bool {
	text = strings.TrimPrefix(text, "v")
	return text != "" && text[0] >= '0' && text[0] <= '9'
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// knownName is the usual name of a few servers that abbreviate theirs, or put a
// number behind it that is not their version.
func knownName(product, version string) (string, string) {
	switch product {
	case "Apache":
		return "Apache httpd", version
	case "Apache-Coyote": // the version is that of HTTP
		return "Apache Tomcat", ""
	case "Microsoft-IIS":
		return "Microsoft IIS", version
	case "Microsoft-HTTPAPI":
		return "Microsoft HTTPAPI", version
	case "TornadoServer":
		return "Tornado", version
	case "TwistedWeb":
		return "Twisted Web", version
	case "Werkzeug", "WSGIServer", "BaseHTTP", "SimpleHTTP":
		return product, version
	case "squid", "Squid":
		return "Squid", version
	case "hypercorn-h11", "hypercorn-h2", "hypercorn-h3":
		return "hypercorn", version
	case "MiniServ":
		return "Webmin", version
	case "PHP", "ASP.NET", "Perl", "Ruby", "Python": // languages
		return product, version
	}
	return product, cleanVersion(version)
}

// cleanVersion takes the v and the quotes off a version.
func cleanVersion(version string) string {
	version = strings.Trim(printable(version), "\"' ,;")
	if strings.HasPrefix(version, "v") && startsVersion(version) {
		version = version[1:]
	}
	if len(version) > 60 {
		version = version[:60]
	}
	return version
}

// viaProduct is the program of the nearest proxy (RFC 9110 section 7.6.3).
func viaProduct(via string) (product, version string) {
	hops := strings.Split(via, ",")
	last := strings.TrimSpace(hops[len(hops)-1])
	if _, comment, ok := strings.Cut(last, "("); ok {
		product, version, _ = serverProduct(strings.TrimRight(comment, ")"))
		return product, version
	}
	fields := strings.Fields(last)
	if len(fields) < 2 {
		return "", ""
	}
	switch name := fields[1]; {
	case strings.EqualFold(name, "varnish") || strings.HasPrefix(name, "varnish-v"):
		return "Varnish", ""
	case strings.EqualFold(name, "caddy"):
		return "Caddy", ""
	case strings.EqualFold(name, "tinyproxy"):
		return "tinyproxy", ""
	}
	return "", ""
}

// title is the title of an HTML page, without the blanks around it.
func title(body []byte) string {
	lower := lowerASCII(string(body))
	i := strings.Index(lower, "<title")
	if i < 0 {
		return ""
	}
	j := strings.IndexByte(lower[i:], '>')
	end := strings.Index(lower[i:], "</title")
	if j < 0 || end < j {
		return ""
	}
	return strings.Join(strings.Fields(string(body[i+j+1:i+end])), " ")
}

// jsonValue is the text or number behind the first key of that name.
func jsonValue(body []byte, key string) string {
	_, rest, ok := bytes.Cut(body, []byte(`"`+key+`"`))
	if !ok {
		return ""
	}
	rest = bytes.TrimLeft(rest, " \t\r\n")
	if len(rest) == 0 || rest[0] != ':' {
		return ""
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n")
	if len(rest) > 0 && rest[0] == '"' {
		value, _, ok := bytes.Cut(rest[1:], []byte(`"`))
		if !ok {
			return ""
		}
		return string(value)
	}
	end := bytes.IndexAny(rest, ",}] \r\n")
	if end < 0 {
		return ""
	}
	return string(rest[:end])
}

// versionAfter is the word behind a marker, if it begins with a digit.
func versionAfter(text, marker string) string {
	_, rest, ok := strings.Cut(text, marker)
	if !ok {
		return ""
	}
	rest = strings.TrimPrefix(strings.TrimLeft(rest, " "), "v")
	end := 0
	for end < len(rest) && (isLetter(rest[end]) || rest[end] >= '0' && rest[end] <= '9' || strings.IndexByte(".-+~_:", rest[end]) >= 0) {
		end++
	}
	if end == 0 || rest[0] < '0' || rest[0] > '9' {
		return ""
	}
	return strings.TrimRight(rest[:end], ".-+~_:")
}

// printable is text without what a terminal or a table could take amiss: only
// ASCII that prints, blanks joined, at most 200 bytes.
func printable(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		switch {
		case c > ' ' && c < 0x7f:
			b.WriteByte(c)
		case c == ' ' || c == '\t':
			b.WriteByte(' ')
		}
		if b.Len() >= 200 {
			break
		}
	}
	return strings.TrimSpace(b.String())
}
