package sockets

// Container is where a process lives, read from its cgroup's path.
type Container struct {
	Runtime string // "docker", "containerd", "podman", "kubernetes", "lxc" or "nspawn"
	ID      string // the runtime's; of lxc and nspawn it is the name
	Name    string // where the runtime tells it; may hold any bytes
	PodUID  string // of Kubernetes

	// Of Kubernetes, where the kubelet's log folder names the container; "" elsewhere.
	PodName, PodNamespace string
}

// String is "docker:web", or "docker:0123456789ab" without a name, and
// "kubernetes:NAMESPACE/POD/CONTAINER"; "" for nil.
func (c *Container) String() string {
	const short = 12 // as docker ps prints it
	switch {
	case c == nil:
		return ""
	case c.PodName != "":
		return c.Runtime + ":" + c.PodNamespace + "/" + c.PodName + "/" + c.Name
	case c.Name != "":
		return c.Runtime + ":" + c.Name
	default:
		return c.Runtime + ":" + c.ID[:min(len(c.ID), short)]
	}
}
