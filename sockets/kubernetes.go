package sockets

import "strings"

// podContainer is how the kubelet names a container.
type podContainer struct{ namespace, pod, name string }

// parseKubeletLog reads the name of a link in /var/log/containers,
// "POD_NAMESPACE_CONTAINER-ID.log" (LogSymlink of Kubernetes' legacy log location).
// None of the names has a "_": they are DNS labels and subdomains (RFC 1123). The
// kubelet cuts what comes before ".log" to 251 bytes, so that long names leave only the
// beginning of the ID.
func parseKubeletLog(file string) (id string, c podContainer, ok bool) {
	rest, ok := strings.CutSuffix(file, ".log")
	parts := strings.Split(rest, "_")
	if !ok || len(parts) != 3 {
		return "", podContainer{}, false
	}
	dash := strings.LastIndexByte(parts[2], '-')
	const (
		idLen    = 64
		shortest = 12 // as runtimes print an ID
		cut      = 251
	)
	n := len(parts[2]) - dash - 1
	whole := n == idLen || len(rest) == cut && n >= shortest && n < idLen
	if dash <= 0 || !whole || parts[0] == "" || parts[1] == "" {
		return "", podContainer{}, false
	}
	return parts[2][dash+1:], podContainer{namespace: parts[1], pod: parts[0], name: parts[2][:dash]}, true
}
