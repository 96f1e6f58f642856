//go:build !linux || porthole_portable

package scanner

// defaultEngine is the engine of a [Scanner] on this operating system.
func defaultEngine() engine { return newPortableEngine() }
