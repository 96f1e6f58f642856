package audit

import (
	"path"
	"slices"
	"strings"

	"porthole/internal/record"
)

// known is a service with the programs that offer it.
type known struct {
	service  string // as the registry names it
	inside   string // what it is, if it belongs inside; "" it may face the world
	programs string // names without version numbers, by blanks
}

// catalogue is what this package knows of services. Programs of a runtime
// (java, python) stand where the usual server is written for it.
func catalogue() []known {
	const jvm, script = " java", " python node ruby php"
	return []known{
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

// forwarders hold ports for others; by their name alone nothing can be told.
func forwarders() string {
	return "docker-proxy rootlessport systemd systemd-socket-proxyd xinetd inetd socat haproxy nginx envoy kubectl pasta slirp4netns conmon traefik rinetd"
}

func find(service string) (known, bool) {
	all := catalogue()
	i := slices.IndexFunc(all, func(k known) bool { return k.service == service })
	if i < 0 {
		return known{}, false
	}
	return all[i], true
}

// runs finds what belongs inside by the program itself, on whatever port it
// is; runtimes tell nothing.
func runs(program string) (known, bool) {
	const runtimes = "java python node ruby php perl beam.smp"
	if program == "" || has(runtimes, program) {
		return known{}, false
	}
	all := catalogue()
	i := slices.IndexFunc(all, func(k known) bool { return k.inside != "" && has(k.programs, program) })
	if i < 0 {
		return known{}, false
	}
	return all[i], true
}

func has(list, word string) bool { return slices.Contains(strings.Fields(list), word) }

// programs are the bare names of a socket's holders, without versions.
func programs(r record.Record) []string {
	var out []string
	for _, p := range r.Programs() {
		file, _, _ := strings.Cut(p, " as ")
		name := strings.ToLower(path.Base(file))
		out = append(out, strings.TrimRight(name, "0123456789.-"))
	}
	return out
}
