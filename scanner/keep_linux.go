package scanner

// handOver offers the connection of s to [Scanner.Keep]. It reports false if there is
// no Keep; else s has no socket any more, whether the connection was taken or not.
func (w *worker) handOver(s *socket) bool {
	if w.scan.cfg.keep == nil || s.once {
		return false
	}
	if s.watched {
		w.sys.forget(w.epoll, s.fd)
		s.watched = false
	}
	offer(w.scan.cfg.keep, s.fd, s.to.addrPort())
	*s = socket{}
	return true
}
