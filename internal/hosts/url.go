package hosts

import "strings"

// schemePort is the port that the specification of a URI scheme has as its default,
// 0 for a scheme that is not known.
func schemePort(scheme string) uint16 {
	switch strings.ToLower(scheme) {
	case "http", "ws":
		return 80
	case "https", "wss":
		return 443
	case "ftp":
		return 21
	case "ssh", "sftp":
		return 22
	case "telnet":
		return 23
	case "ldap":
		return 389
	case "ldaps":
		return 636
	case "rtsp":
		return 554
	case "imap":
		return 143
	case "mqtt":
		return 1883
	case "mqtts":
		return 8883
	case "mysql":
		return 3306
	case "postgres", "postgresql":
		return 5432
	case "redis":
		return 6379
	case "mongodb":
		return 27017
	case "amqp":
		return 5672
	case "amqps":
		return 5671
	case "vnc":
		return 5900
	}
	return 0
}

// parseURL reads scheme://user@host:port/path (RFC 3986) as its host and port.
func parseURL(s string) (t Target, msg string) {
	scheme, rest, _ := strings.Cut(s, "://")
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	host := strings.TrimSuffix(authority, ":") // an empty port is the default one
	if t, msg = parseItem(host); msg != "" {
		return t, msg
	}
	_, single := t.single()
	switch {
	case t.Name == "" && !single:
		return t, "a URL has one host"
	case t.Port == 0 && schemePort(scheme) == 0:
		return t, "the port of " + scheme + ":// is not known here; write host:port"
	case t.Port == 0:
		t.Port = schemePort(scheme)
	}
	return t, ""
}

// hasPath reports whether an item is a URL with more behind its host than a slash.
func hasPath(item string) bool {
	_, rest, isURL := strings.Cut(item, "://")
	end := strings.IndexAny(rest, "/?#")
	return isURL && end >= 0 && rest[end:] != "/"
}
