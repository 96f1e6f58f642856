package main

// verifyServer is a real server to be recognised, from a Debian package.
type verifyServer struct {
	name string // of the case; unique
	pkg  string // the Debian package
	port int    // its usual number

	service string // the truth, in porthole's word
	product string // a word of the product's name, in any case; "" where it does not say
	version string // what it must say of the version; "pkg" for that of the package, "" where it does not say

	udp bool
	tls bool // the port begins with TLS

	fixed bool // it listens on no other number

	// script starts it in the foreground, by sh: $A is the address, $P the port,
	// $D a folder of its own, $KEY and $CERT a key and its certificate, $PEM both
	// in one file. It ends with its group of processes.
	script string
}

// packaged is the version of a server that says the one of its package.
const packaged = "pkg"

// verifyServers are the servers, by kind. Each is started twice: on its usual
// number and on another.
func verifyServers() []verifyServer {
	var list []verifyServer
	for _, kind := range [][]verifyServer{loginServers(), fileServers(), tunnelServers(), mailServers(), databaseServers(), queueServers(), chatServers(), monitoringServers(), networkServers(), webServers(), goWebServers()} {
		list = append(list, kind...)
	}
	return list
}

// asUser is a function of the scripts: it runs a command as a user of the
// package, who gets the folder.
const asUser = `as() { u=$1; shift; chown -R $u $D; exec setpriv --reuid=$u --regid=$(id -g $u) --init-groups "$@"; }
`

// xinetd runs one service of xinetd.
func xinetd(service, kind, more string) string {
	return `cat >$D/c <<EOF
service ` + service + `
{
 type = UNLISTED ` + map[bool]string{true: "INTERNAL"}[more == ""] + `
 id = x
 socket_type = ` + kind + `
 protocol = ` + map[string]string{"stream": "tcp", "dgram": "udp"}[kind] + `
 user = root
 wait = ` + map[string]string{"stream": "no", "dgram": "yes"}[kind] + `
 port = $P
 bind = $A
 disable = no
 ` + more + `
}
EOF
exec xinetd -dontfork -f $D/c -pidfile $D/pid`
}
