package verify

import "strings"

// ircRefusal is a chat server that closes on a stranger before it is asked, mostly since
// the address came too often (RFC 2812 section 3.7.4). The words are those of ircd-hybrid,
// ratbox, UnrealIRCd and InspIRCd.
func ircRefusal() *protocol {
	return &protocol{
		name: "irc", spec: "RFC 2812 section 3.7.4", unasked: true,
		parse: func(h heard, _ *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "ERROR :")
			}
			for _, begin := range []string{"ERROR :Closing Link: ", "ERROR :Closing link: ", "ERROR :Your host is trying to (re)connect too fast"} {
				if strings.HasPrefix(line, begin) {
					return yes
				}
			}
			return no
		},
	}
}
