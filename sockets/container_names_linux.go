package sockets

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// askRuntime asks a container runtime's socket for the names of its containers, by ID.
type askRuntime func(ctx context.Context, socket string) (map[string]string, error)

// nameContainers asks the runtimes of the containers that were found for their names.
// A container keeps none if its runtime has no socket, or one that this user may not
// use.
func (l *labels) nameContainers(ctx context.Context) {
	ask := l.ask
	if ask == nil {
		ask = containerNames
	}
	l.namePods(kubeletLogs)
	for _, known := range [...]struct{ runtime, socket string }{
		{"docker", "/run/docker.sock"},
		{"podman", "/run/podman/podman.sock"},
	} {
		var unnamed []*Container
		for _, container := range l.cgroups.byID {
			if container.Runtime == known.runtime {
				unnamed = append(unnamed, container)
			}
		}
		if len(unnamed) == 0 {
			continue
		}
		names, err := ask(ctx, known.socket)
		if err != nil {
			continue
		}
		for _, container := range unnamed {
			container.Name = names[container.ID]
		}
	}
}

const (
	runtimeTimeout = 500 * time.Millisecond
	runtimeAnswer  = 8 << 20 // bytes, for thousands of containers
)

// containerNames asks a runtime's socket for the running containers by the
// Docker Engine API, which podman speaks too. HTTP/1.0 has no chunks, and
// these few lines are 4 MB smaller than net/http.
func containerNames(ctx context.Context, socket string) (names map[string]string, err error) {
	err = askDaemon(ctx, socket, runtimeTimeout, func(conn net.Conn) error {
		_, err := io.WriteString(conn, "GET /containers/json HTTP/1.0\r\nHost: localhost\r\n\r\n")
		if err == nil {
			names, err = parseContainers(io.LimitReader(conn, runtimeAnswer))
		}
		return err
	})
	return names, err
}

// parseContainers reads the answer: a status line, headers, and JSON.
func parseContainers(r io.Reader) (map[string]string, error) {
	answer := bufio.NewReader(r)
	status, err := answer.ReadString('\n')
	if err != nil {
		return nil, err
	}
	if fields := strings.Fields(status); len(fields) < 2 || !strings.HasPrefix(fields[0], "HTTP/1.") || fields[1] != "200" {
		return nil, fmt.Errorf("answer %q", strings.TrimSpace(status))
	}
	for {
		header, err := answer.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(header) == "" {
			break
		}
		if name, value, _ := strings.Cut(header, ":"); strings.EqualFold(name, "Transfer-Encoding") && !strings.EqualFold(strings.TrimSpace(value), "identity") {
			return nil, errors.New("an encoding that HTTP/1.0 does not have")
		}
	}
	var containers []struct {
		ID    string `json:"Id"`
		Names []string
	}
	if err := json.NewDecoder(answer).Decode(&containers); err != nil {
		return nil, err
	}
	names := make(map[string]string, len(containers))
	for _, c := range containers {
		if len(c.Names) > 0 {
			names[c.ID] = strings.TrimPrefix(c.Names[0], "/")
		}
	}
	return names, nil
}
