package verify

import "strings"

// ssh is the Secure Shell. A server sends its version on a line, after others
// if it likes (RFC 4253 section 4.2). Nothing is sent: sshd counts connections
// that say something wrong.
func ssh() *protocol {
	return &protocol{
		name: "ssh", spec: "RFC 4253 section 4.2",
		tcp: []uint16{22, 2222, 2200, 22222}, names: []string{"sshd", "dropbear"},
		unasked: true, prompt: true,
		parse: parseSSH,
	}
}

func parseSSH(h heard, s *Service) verdict {
	if full(h) {
		return yes
	}
	for line := range strings.Lines(string(h.data)) {
		if !strings.HasPrefix(line, "SSH-") {
			continue
		}
		version, software, ok := strings.Cut(line[len("SSH-"):], "-")
		switch {
		case !strings.HasSuffix(line, "\n") && len(line) < 255:
			return partial
		case !ok || version != "2.0" && version != "1.99" && version != "1.5" && version != "1.3":
			return no
		}
		software, comment, _ := strings.Cut(strings.TrimRight(software, "\r\n"), " ")
		if software == "" {
			return no
		}
		s.ProtocolVersion = version
		s.Product, s.Version = sshProduct(software)
		if s.Product != "" {
			s.Evidence.Product = "greeting"
		}
		addInfo(s, comment)
		return yes
	}
	return prefixOf(h.data, "SSH-")
}

// full reports that OpenSSH refuses a client in place of its version: there are too
// many that have not logged in (MaxStartups), or too many of this address that did
// something wrong (PerSourcePenalties, sshd_config(5)).
func full(h heard) bool {
	return h.closed && (string(h.data) == "Exceeded MaxStartups\r\n" || string(h.data) == "Not allowed at this time\r\n")
}

// sshProduct splits "OpenSSH_9.2p1" where the version begins.
func sshProduct(software string) (product, version string) {
	software = printable(software)
	for i := 1; i+1 < len(software); i++ {
		if strings.IndexByte("_-/", software[i]) >= 0 && startsVersion(software[i+1:]) {
			product, version = software[:i], cleanVersion(software[i+1:])
			break
		}
	}
	if product == "" {
		product = strings.TrimRight(software, "_-/") // rclone says "rclone/"
	}
	switch product {
	case "dropbear":
		product = "Dropbear"
	case "ROSSSH":
		product = "MikroTik RouterOS"
	case "Go":
		product = "Go ssh"
	}
	return product, version
}
