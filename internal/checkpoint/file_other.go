//go:build !unix

package checkpoint

import "os"

// lock does nothing: Windows refuses to open for writing what another process
// has open exclusively, and Go opens files to be shared.
func lock(*os.File) error { return nil }

// syncFolder does nothing: folders cannot be synced here.
func syncFolder(string) error { return nil }
