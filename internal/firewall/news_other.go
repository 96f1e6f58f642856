//go:build !linux

package firewall

// news is nothing: only Linux is read.
type news struct{}

func openNews() news   { return news{} }
func (news) any() bool { return false }
func (news) close()    {}
