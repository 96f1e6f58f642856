package waitjob

import (
	"strings"
	"testing"

	"porthole/registry"
)

// TestParsePort holds how a port to wait for is written.
func TestParsePort(t *testing.T) {
	for text, want := range map[string]Port{
		"8080":                    {Port: 8080},
		"http":                    {Port: 80},
		":8080":                   {Port: 8080},
		":http":                   {Port: 80},
		"T:8080":                  {Port: 8080},
		"t:http":                  {Port: 80},
		"a.example.com:443":       {Host: "a.example.com", Port: 443},
		"a.example.com:https":     {Host: "a.example.com", Port: 443},
		"x:8080":                  {Host: "x", Port: 8080},
		"localhost:postgresql":    {Host: "localhost", Port: 5432},
		"https://a.example.com/x": {Host: "a.example.com", Port: 443},
	} {
		p, err := ParsePort(text, new(registry.Registry))
		if err != nil || p.Typed != text || p.Host != want.Host || p.Port != want.Port || p.Addr.IsValid() {
			t.Errorf("%s: %+v, %v", text, p, err)
		}
	}
	for text, want := range map[string]string{"192.0.2.1:http": "192.0.2.1", "[2001:db8::1]:http": "2001:db8::1", "[::1]:80": "::1"} {
		if p, err := ParsePort(text, new(registry.Registry)); err != nil || p.Addr.String() != want || p.Port != 80 {
			t.Errorf("%s: %+v, %v", text, p, err)
		}
	}
	for text, want := range map[string]string{
		"U:53":           `"U:53" is not a single TCP port`,
		"T:80-81":        `"T:80-81" is not a single TCP port`,
		":80-81":         `":80-81" is not a single TCP port`,
		":no-such":       `":no-such": ports: unknown `,
		":":              "empty",
		"T:no-such":      `"T:no-such": ports: unknown `,
		"a.test:no-such": `"a.test:no-such": ports: unknown `,
		"a.test:http*":   `"a.test:http*" is not a single TCP port`,
		"a.test:0":       "not a port from 1 to 65535",
		"a.test:80-81":   "not a port from 1 to 65535",
		"a b:http":       "cannot stand in a host name",
		"::1":            `"::1" has no port`,
		"2001:db8::http": "not an IP address",
		"a.test":         `"a.test" has no port; write a.test:PORT`,
		"::1:80":         `"::1:80" has no port; write [::1:80]:PORT`,
	} {
		if p, err := ParsePort(text, new(registry.Registry)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %q", text, p, err, want)
		}
	}
}
