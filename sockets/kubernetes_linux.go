package sockets

import "os"

// kubeletLogs is where the kubelet keeps a link to the log of each container.
const kubeletLogs = "/var/log/containers"

// namePods names the containers of Kubernetes by the kubelet's log folder, of which
// only the names of files are read: that takes no socket of a runtime.
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
		if c := byID[id]; ok && c != nil {
			c.Runtime, c.Name, c.PodName, c.Namespace = "kubernetes", found.name, found.pod, found.namespace
		}
	}
}
