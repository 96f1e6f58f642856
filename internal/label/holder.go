package label

import (
	"strings"

	"porthole/internal/program"
	"porthole/internal/record"
)

// outweigh corrects the label of a socket that waits by the programs that hold it. A
// Python server on port 9000 is no minio, and redis-server is redis on any port. A
// name that the user gave stays.
func (ps Processes) outweigh(r *record.Record) {
	holders := r.Holders()
	if r.ServiceBy == record.ByUser {
		return
	}
	if r.Kernel != "" {
		confirm(r, kernelService(r.Kernel))
		return
	}
	if len(holders) == 0 {
		return
	}
	offers, related := "", false
	for i := range holders {
		k := ps[holders[i].PID]
		if k.program.Forwards() || len(k.program.Names) == 0 && k.program.Runtime == "" {
			return // what is behind it cannot be seen, or it is not known itself
		}
		if offers == "" && r.Proto == "tcp" {
			offers = k.offers
		}
		related = related || k.offers != "" && k.program.Related(r.Service)
	}
	if r.Service == "" && offers == "" {
		return // as for most ports
	}
	s, listed := program.Named(r.Service)
	switch {
	case listed && ps.anyOffers(holders, s):
		confirm(r, r.Service)
	case listed, r.Service == "", offers != "" && !related:
		rename(r, offers)
	}
}

// confirm says that the holder offers that service, "" for none that has a name.
func confirm(r *record.Record, service string) {
	switch {
	case service != r.Service:
		rename(r, service)
	case r.ServiceBy == record.ByCommon:
		r.ServiceBy = record.ByHolder // no guess any more
	}
}

// kernelService is the service of what the kernel has, as sockets names that.
func kernelService(kernel string) string {
	what, _, _ := strings.Cut(kernel, " ")
	switch what = strings.TrimSuffix(what, ","); what {
	case "nfsd", "nfs_acl":
		return "nfs"
	case "lockd":
		return "nlockmgr"
	case "nfs", "nlockmgr", "vxlan", "geneve", "bareudp", "wireguard":
		if kernel != "nfs callback" {
			return what
		}
	}
	return ""
}

func (ps Processes) anyOffers(holders []record.Process, s program.Service) bool {
	for i := range holders {
		if ps[holders[i].PID].program.Offers(s) {
			return true
		}
	}
	return false
}

// rename keeps what the number stands for beside the service of the holder.
func rename(r *record.Record, service string) {
	switch {
	case r.ServiceBy == record.ByCommon:
		r.Commonly = r.Service
	case r.Service != "" && r.IANA == "":
		r.IANA = r.Service
	}
	r.Service, r.ServiceBy = service, ""
	if service != "" {
		r.ServiceBy = record.ByHolder
	}
	r.Plaintext, r.Secure = nil, ""
}
