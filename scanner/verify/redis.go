package verify

import (
	"bytes"
	"strconv"
	"strings"
)

// redis is asked to give a word back, then for its version. The request has no
// line that begins with Host: or POST, which redis logs as an attack.
func redis() *protocol {
	return &protocol{
		name: "redis", spec: "Redis serialization protocol specification", tcp: []uint16{6379, 6380, 26379, 16379},
		names: []string{"redis-server", "redis-sentinel", "valkey-server", "keydb-server", "redis-check-rdb", "dragonfly"},
		request: func(q question) []byte {
			word := q.nonce.word()
			return []byte("*2\r\n$4\r\nPING\r\n$" + strconv.Itoa(len(word)) + "\r\n" + word + "\r\n")
		},
		parse: func(h heard, s *Service) verdict {
			word := h.nonce.word()
			if want := "$" + strconv.Itoa(len(word)) + "\r\n" + word + "\r\n"; string(h.data) == want {
				s.AnswersWithoutCredentials = true
				return yes
			}
			line, ok := firstLine(h.data)
			switch {
			case !ok:
				return partialOf(h.data, "$", "-")
			case strings.HasPrefix(line, "-NOAUTH Authentication required"), strings.HasPrefix(line, "-DENIED Redis is running in protected mode"):
				s.WantsCredentials = true
				return yes
			case strings.HasPrefix(line, "-NOPERM "): // an ACL
				s.WantsCredentials = true
				return yes
			case strings.HasPrefix(line, "-ERR unknown command 'PING'") && strings.Contains(line, word): // it has another name here
				return yes
			case strings.HasPrefix(line, "-LOADING Redis is loading"), strings.HasPrefix(line, "-MASTERDOWN "):
				return yes
			}
			return no
		},
		complaint: func(in []byte) bool {
			return bytes.HasPrefix(in, []byte("-ERR ")) && !bytes.HasPrefix(in, []byte("-ERR unknown op")) ||
				bytes.HasPrefix(in, []byte("-NOAUTH ")) || bytes.HasPrefix(in, []byte("-NOPERM ")) || bytes.HasPrefix(in, []byte("-DENIED "))
		},
		follow: followRedis,
	}
}

// redisFull is redis that has as many clients as it may have (maxclients), which it
// says to the next before it closes.
func redisFull() *protocol {
	const words = "-ERR max number of clients reached\r\n"
	return &protocol{
		name: "redis", spec: "redis.conf(5), maxclients", unasked: true,
		parse: func(h heard, _ *Service) verdict {
			if len(h.data) < len(words) {
				return prefixOf(h.data, words)
			}
			return yesIf(string(h.data) == words)
		},
	}
}

func followRedis(t *talk, s *Service) {
	if !s.AnswersWithoutCredentials {
		return
	}
	in := t.ask([]byte("*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n"), wholeBulk)
	readRedisInfo(in, s)
}

// wholeBulk reports that a bulk string, or an error, came to its end.
func wholeBulk(in []byte) bool {
	head, rest, ok := bytes.Cut(in, []byte("\r\n"))
	if !ok || len(head) == 0 || head[0] != '$' {
		return ok
	}
	n, err := strconv.Atoi(string(head[1:]))
	return err != nil || len(rest) >= n+2
}

func readRedisInfo(in []byte, s *Service) {
	s.Product, s.Evidence.Product = "Redis", "INFO"
	for line := range strings.Lines(string(in)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = printable(value)
		switch key {
		case "redis_version":
			if s.Version == "" {
				s.Version = value
			}
		case "valkey_version":
			s.Product, s.Version = "Valkey", value
		case "dragonfly_version":
			s.Product, s.Version = "Dragonfly", cleanVersion(strings.TrimPrefix(value, "df-"))
		case "redis_mode", "os":
			addInfo(s, value)
		}
	}
	if s.Version == "" {
		s.Product, s.Evidence.Product = "", ""
	}
}
