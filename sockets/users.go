package sockets

import (
	"os/user"
	"strconv"
	"sync"
)

// users remembers the names of uids: a look-up may ask a directory server.
type users struct {
	mu     sync.Mutex
	names  map[int]string
	lookup func(uid string) (*user.User, error) // nil: user.LookupId
}

// name is "" for a uid without a name.
func (u *users) name(uid int) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if name, ok := u.names[uid]; ok {
		return name
	}
	lookup := u.lookup
	if lookup == nil {
		lookup = user.LookupId
	}
	name := ""
	if found, err := lookup(strconv.Itoa(uid)); err == nil {
		name = found.Username
	}
	if u.names == nil {
		u.names = make(map[int]string)
	}
	u.names[uid] = name
	return name
}
