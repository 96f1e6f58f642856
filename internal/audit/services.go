package audit

import (
	"path"
	"slices"
	"strings"

	"porthole/internal/record"
)

// service is a service and the programs that offer it.
type service struct {
	name     string // as in the registry
	internal string // what it is, if it belongs on an internal network only; else ""
	programs string // their names without version numbers, separated by blanks
}

// catalogue lists the services that the rules know. A runtime (java, python) is
// among the programs where the usual server needs it.
func catalogue() []service {
	const jvm, script = " java", " python node ruby php"
	return []service{
		{"mysql", "a database", "mysqld mariadbd mysqld_safe"},
		{"postgresql", "a database", "postgres postmaster pgbouncer"},
		{"mongodb", "a database", "mongod mongos ferretdb"},
		{"ms-sql-s", "a database", "sqlservr"},
		{"oracle", "a database", "tnslsnr oracle"},
		{"cassandra", "a database", "cassandra scylla" + jvm},
		{"clickhouse", "a database", "clickhouse clickhouse-server"},
		{"influxdb", "a database", "influxd"},
		{"elasticsearch", "a database", "elasticsearch opensearch" + jvm},
		{"solr", "a database", "solr" + jvm},
		{"hdfs", "a data store", "namenode" + jvm},
		{"redis", "a cache", "redis-server redis-sentinel valkey-server keydb-server dragonfly"},
		{"memcached", "a cache", "memcached"},
		{"amqp", "a message broker", "beam.smp rabbitmq-server lavinmq qpidd" + jvm},
		{"epmd", "a message broker's directory", "epmd beam.smp"},
		{"kafka", "a message broker", "kafka redpanda" + jvm},
		{"nats", "a message broker", "nats-server gnatsd"},
		{"mqtt", "a message broker", "mosquitto emqx vernemq beam.smp nanomq" + jvm},
		{"stomp", "a message broker", "beam.smp" + jvm},
		{"activemq", "a message broker", "activemq" + jvm},
		{"pulsar", "a message broker", "pulsar" + jvm},
		{"zookeeper", "a cluster's memory", "zookeeper clickhouse-keeper" + jvm},
		{"etcd-client", "a cluster's memory", "etcd"},
		{"consul", "a cluster's memory", "consul"},
		{"docker", "a way to root: the docker engine without a password", "dockerd docker podman"},
		{"kubelet", "a way into every pod of the node", "kubelet"},
		{"kubelet-ro", "a way to read every pod of the node", "kubelet"},
		{"jdwp", "a debugger that runs any code", "java"},
		{"node-inspect", "a debugger that runs any code", "node"},
		{"adb", "a debugger that runs any code", "adb adbd"},
		{"selenium", "a browser that obeys anyone", "chromedriver geckodriver selenium-server" + jvm},
		{"jupyter", "an admin page that runs any code", "jupyter jupyter-lab jupyter-notebook python"},
		{"rabbitmq-mgmt", "an admin page", "beam.smp"},
		{"kibana", "an admin page", "kibana node"},
		{"prometheus", "an admin page", "prometheus cockpit-ws cockpit-tls"},
		{"alertmanager", "an admin page", "alertmanager"},
		{"pushgateway", "an admin page", "pushgateway"},
		{"netdata", "an admin page", "netdata"},
		{"webmin", "an admin page", "webmin miniserv.pl perl"},
		{"spark", "an admin page that runs any code", "spark" + jvm},
		{"ssh", "", "sshd sshd-session dropbear tinysshd sshd-auth"},
		{"smtp", "", "master exim sendmail smtpd opensmtpd postfix maddy qmail-smtpd" + script},
		{"domain", "", "named dnsmasq unbound systemd-resolved systemd-resolve pdns_server pdns_recursor coredns knotd kresd nsd dnsdist adguardhome pihole-ftl avahi-daemon bind aardvark-dns"},
		{"ntp", "", "chronyd ntpd openntpd systemd-timesyncd ntpd-rs ntp-daemon"},
		{"sunrpc", "", "rpcbind portmap"},
		{"ldap", "", "slapd ns-slapd samba glauth lldap" + jvm},
		{"smb", "", "smbd ksmbd.mountd samba"},
		{"ipp", "", "cupsd cups-browsed ippeveprinter"},
		{"rsync", "", "rsync rsyncd"},
		{"rdp", "", "xrdp gnome-remote-desktop-daemon"},
	}
}

// forwarders lists programs that hold ports for others, so that their names say
// nothing about the service.
func forwarders() string {
	return "docker-proxy rootlessport systemd systemd-socket-proxyd xinetd inetd socat haproxy nginx envoy kubectl pasta slirp4netns conmon traefik rinetd"
}

// serviceByName finds a service of the catalogue.
func serviceByName(name string) (service, bool) {
	all := catalogue()
	i := slices.IndexFunc(all, func(s service) bool { return s.name == name })
	if i < 0 {
		return service{}, false
	}
	return all[i], true
}

// serviceOfProgram finds the internal service that a program offers, on any port. A
// runtime may run anything.
func serviceOfProgram(program string) (service, bool) {
	const runtimes = "java python node ruby php perl beam.smp"
	if program == "" || has(runtimes, program) {
		return service{}, false
	}
	all := catalogue()
	i := slices.IndexFunc(all, func(s service) bool { return s.internal != "" && has(s.programs, program) })
	if i < 0 {
		return service{}, false
	}
	return all[i], true
}

// has reports whether a list, separated by blanks, has a word.
func has(list, word string) bool { return slices.Contains(strings.Fields(list), word) }

// programs returns the names of a socket's holders, without paths and versions.
func programs(r record.Record) []string {
	var out []string
	for _, p := range r.Programs() {
		file, _, _ := strings.Cut(p, " as ")
		name := strings.ToLower(path.Base(file))
		out = append(out, strings.TrimRight(name, "0123456789.-"))
	}
	return out
}
