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
	describeModels(g, s)
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
	case "Tornado", "Twisted Web", "aiohttp", "Werkzeug", "WSGIServer", "BaseHTTP", "libwebsockets", "Cowboy", "Mongoose", "CherryPy", "Kestrel", "Jetty", "Microsoft HTTPAPI", "Express":
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
	case s.Product == "" || s.Product == product && s.Version == "" || place == ownWords && s.Product != product && (!g.knownApp(s.Product) || isLibrary(s.Product)):
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
