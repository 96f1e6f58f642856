package cli

import "strings"

// The words that some values are made of, for the reading of flags and for
// completion alike.

func showStates() []string {
	return []string{"open", "closed", "filtered", "open|filtered", "unknown", "all"}
}

func listProtos() []string { return []string{"tcp", "udp", "udplite"} }

func exposures() []string { return []string{"loopback", "local", "public", "all"} }

func scopes() []string { return []string{"all", "self"} }

func whens() []string { return []string{"auto", "always", "never"} }

// list joins words for a sentence: "a, b and c".
func list(words []string) string {
	n := len(words) - 1
	if n < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n], ", ") + " and " + words[n]
}
