// Package sentence joins words for a sentence.
package sentence

import "strings"

// Join joins words, the last two with "and", "or" or the like: "a, b and c".
func Join(words []string, with string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + with + " " + words[last]
}
