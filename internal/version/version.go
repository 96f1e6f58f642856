// Package version tells which version of porthole this is.
package version

import "runtime/debug"

// release is the version of a build from the source archive, which has no
// repository to record: go build -ldflags "-X porthole/internal/version.release=v1.2.3".
var release string

// Text is what the build was told or recorded of itself.
func Text() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
