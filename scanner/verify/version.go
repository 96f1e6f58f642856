package verify

import "strings"

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

// startsVersion reports that text begins like a version: 1.2, v1.2.
func startsVersion(text string) bool {
	text = strings.TrimPrefix(text, "v")
	return text != "" && text[0] >= '0' && text[0] <= '9'
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

// versionBehind is the version at the begin of text, after a sign or the word
// version.
func versionBehind(text string) string {
	text = strings.TrimLeft(text, " /_-([,")
	for _, word := range []string{"version", "Version", "ver.", "v."} {
		text = strings.TrimLeft(strings.TrimPrefix(text, word), " :/")
	}
	return versionAfter("="+text, "=")
}
