package verify

// onlyListen says why a port is not to be sent anything, or "".
func (p *port) onlyListen() string {
	if p.v.All {
		return ""
	}
	if why := harmfulProgram(p.t.Expect); why != "" {
		return why
	}
	number := p.t.Addr.Port()
	if p.t.Expect != "" && p.expectsHarmless() && number != 25672 { // RabbitMQ is harmless, its nodes' meeting is not
		return ""
	}
	switch {
	case number >= 9100 && number <= 9107 || number == 515:
		return "a printer may be there, which prints whatever it is sent"
	case number == 102 || number == 502 || number == 1911 || number == 2404 || number == 20000 || number == 20547 || number == 44818 || number == 47808:
		return "a controller of a plant may be there"
	case number == 3632:
		return "distcc may be there, which runs what it is sent"
	case number == 3260:
		return "iSCSI storage may be there"
	case number == 25672 || number == 5405 || number == 2380 || number == 2888 || number == 3888 || number == 7946 || number == 8301 || number == 8302:
		return "members of a cluster may talk there"
	case number == 179:
		return "routers meet there"
	case number == 5005 || number == 8787:
		return "a Java debugger may be there, which has room for one"
	}
	return ""
}

// expectsHarmless reports that the process is known to speak something that
// may be asked, whatever the number is registered for.
func (p *port) expectsHarmless() bool {
	known, _ := p.known()
	return len(known) > 0 && known[0].name != "jdwp"
}

// harmfulProgram says why a program is not to be sent anything on any number, or "".
func harmfulProgram(name string) string {
	switch name {
	case "distccd":
		return "distcc runs what it is sent"
	case "p910nd", "lpd":
		return "it prints whatever it is sent"
	case "tgtd", "iscsid":
		return "iSCSI storage is there"
	case "corosync":
		return "members of a cluster talk there"
	case "bacula-dir", "bacula-fd", "bacula-sd", "bareos-dir", "bareos-fd", "bareos-sd":
		return "it reports whoever does not log in as its director"
	}
	return ""
}
