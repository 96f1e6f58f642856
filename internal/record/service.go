package record

import (
	"fmt"
	"strings"
)

// Who says which service a port has, the least sure first.
const (
	ByCommon = "common"     // people commonly run it there
	ByIANA   = "registered" // IANA registered the number for it
	ByUser   = "services"   // the user's services file
	ByHolder = "holder"     // the program that holds the port is known for it
)

// Number returns the service that the number alone stands for, and who says so,
// whatever the holder is. Both are "" if nobody has a name for it.
func (r *Record) Number() (service, by string) {
	switch {
	case r.Commonly != "":
		return r.Commonly, ByCommon
	case r.ServiceBy != ByHolder && r.Service != "":
		return r.Service, r.ServiceBy
	case r.IANA != "":
		return r.IANA, ByIANA
	default:
		return "", ""
	}
}

// NumberWords says what the number alone stands for, as in "IANA registered it for
// cslistener; minio is common there"; "" if nobody has a name for it.
func (r *Record) NumberWords() string {
	service, by := r.Number()
	iana := ""
	if r.IANA != "" && r.IANA != service {
		iana = "; IANA registered it for " + r.IANA
	}
	switch by {
	case ByCommon:
		return service + " is common there" + iana
	case ByUser:
		return fmt.Sprintf("your services file calls it %s%s", service, iana)
	case ByIANA:
		if iana != "" {
			return fmt.Sprintf("IANA registered it for %s, as %s", service, r.IANA)
		}
		return "IANA registered it for " + service
	default:
		return ""
	}
}

// Instead is what to do about a plaintext protocol, without where that is written:
// "use ssh", or "switch it off". It is "" where there is nothing to say.
func (r *Record) Instead() string {
	what, _, _ := strings.Cut(r.Secure, " (")
	if advice, ok := strings.CutPrefix(what, "nothing: "); ok || what == "" {
		return advice
	}
	return "use " + what
}
