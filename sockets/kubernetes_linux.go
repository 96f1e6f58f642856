package sockets

import (
	"os"
	"strings"
)

// kubeletLogs is where the kubelet keeps a link to the log of each container.
const kubeletLogs = "/var/log/containers"

// namePods names the containers of Kubernetes by the names of the files in the kubelet's
// log folder, so that no runtime has to be asked.
func (l *labels) namePods(folder string) {
	byID := make(map[string]*Container)
	for _, c := range l.cgroups.byID {
		if c.Runtime == "kubernetes" || c.Runtime == "containerd" {
			byID[c.ID] = c
		}
	}
	if len(byID) == 0 {
		return
	}
	dir, err := os.Open(folder)
	if err != nil {
		return
	}
	defer dir.Close()
	const most = 100000
	names, err := dir.Readdirnames(most)
	if err != nil {
		return
	}
	for _, name := range names {
		id, found, ok := parseKubeletLog(name)
		if !ok {
			continue
		}
		if c := byPrefix(byID, id); c != nil {
			c.Runtime, c.Name, c.PodName, c.PodNamespace = "kubernetes", found.name, found.pod, found.namespace
		}
	}
}

// byPrefix finds a container by its ID, or by the beginning of it if no other has that.
func byPrefix(byID map[string]*Container, id string) *Container {
	const whole = 64
	if c := byID[id]; c != nil || len(id) == whole {
		return c
	}
	var found *Container
	for other, c := range byID {
		if strings.HasPrefix(other, id) {
			if found != nil {
				return nil
			}
			found = c
		}
	}
	return found
}
