// Package privilege gives up the capabilities that the program no longer needs, so
// that what comes later (names that others chose, text that others wrote) is handled
// without them.
package privilege

// Need is what of its capabilities a program still needs.
type Need uint8

const (
	None  Need = iota // of them
	Files             // those that let root write where it has no permission: into the folders and files of others
)

// Limit gives up all capabilities but those that are needed, in all threads and for
// good, and those that a program would get that this one starts. It does nothing on
// systems other than Linux. The error is errors.ErrUnsupported in a build with cgo,
// whose threads Go does not know.
func Limit(to Need) error { return limit(to) }
