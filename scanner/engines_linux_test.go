package scanner

// engines are those that the tests of every engine run on, by name.
func engines() map[string]engine {
	return map[string]engine{
		"portable":         newPortableEngine(),
		"portable workers": portableEngine{workersOnly: true},
		"epoll":            newEpollEngine(),
	}
}
