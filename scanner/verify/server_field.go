package verify

import (
	"bytes"
	"iter"
	"strings"
)

// headOf is the head of an answer in the manner of HTTP that begins with begin: the
// status line and the fields, without the empty line behind them. It is whole if the
// verdict is yes.
func headOf(h heard, begin string) (string, verdict) {
	if !bytes.HasPrefix(h.data, []byte(begin)) {
		return "", prefixOf(h.data, begin)
	}
	head, _, ok := strings.Cut(string(h.data), "\r\n\r\n")
	if !ok {
		return "", partialIf(!h.closed)
	}
	return head, yes
}

// fieldsOf yields the names and values of the fields of a head.
func fieldsOf(head string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, line := range strings.Split(head, "\r\n")[1:] {
			name, value, _ := strings.Cut(line, ":")
			if !yield(name, strings.TrimSpace(value)) {
				return
			}
		}
	}
}

// takeServerField reads the program from the fields of these names, the last of them if
// there are several.
func takeServerField(s *Service, head string, names ...string) {
	for name, value := range fieldsOf(head) {
		for _, known := range names {
			if strings.EqualFold(name, known) {
				takeAgent(s, value, known+" header")
			}
		}
	}
}

// takeAgent reads "kamailio (5.6.3 (x86_64/linux))" and "Asterisk PBX 20.1".
func takeAgent(s *Service, value, place string) {
	s.Product, s.Version, _ = serverProduct(value)
	if s.Version == "" {
		if _, inside, ok := strings.Cut(value, "("); ok {
			s.Version = versionAfter("="+inside, "=")
		}
	}
	if s.Product != "" {
		s.Evidence.Product = place
	}
}

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
	case "squid", "Squid":
		return "Squid", version
	case "hypercorn-h11", "hypercorn-h2", "hypercorn-h3":
		return "hypercorn", version
	case "MiniServ":
		return "Webmin", version
	}
	return product, cleanVersion(version)
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
