package program

import (
	"slices"
	"strings"
)

// Service is a service and the programs that offer it.
type Service struct {
	Name     string // as in the registry
	Internal string // what it is, if it belongs on an internal network only; else ""

	programs string // separated by blanks, named as [Identify] does
	runtimes string // that count as well if it is not known what they run
}

// catalogue lists the services that porthole knows the programs of. It is an array,
// which lies on the stack: a list asks for each socket.
func catalogue() [73]Service {
	const (
		db, cache, broker, memory = "a database", "a cache", "a message broker", "a cluster's memory"
		admin, code               = "an admin page", "an admin page that runs any code"
		debugger                  = "a debugger that runs any code"
		model, vectors            = "a language model that anyone may use", "a database of vectors"
		script                    = "python node ruby php"
	)
	return [...]Service{
		{"mysql", db, "mysqld mariadbd mysqld_safe proxysql maxscale mysqlrouter", ""},
		{"postgresql", db, "postgres postmaster pgbouncer pgcat pgpool odyssey", ""},
		{"mongodb", db, "mongod mongos ferretdb", ""},
		{"ms-sql-s", db, "sqlservr", ""},
		{"oracle", db, "tnslsnr oracle", ""},
		{"cassandra", db, "cassandra scylla cassandradaemon", "java"},
		{"clickhouse", db, "clickhouse clickhouse-server", ""},
		{"influxdb", db, "influxd", ""},
		{"elasticsearch", db, "elasticsearch opensearch", "java"},
		{"solr", db, "solr", "java"},
		{"neo4j", db, "neo4j", "java"},
		{"couchdb", db, "couchdb", "beam.smp"},
		{"hdfs", "a data store", "namenode", "java"},
		{"redis", cache, "redis-server redis-sentinel redis valkey-server valkey keydb-server dragonfly kvrocks", ""},
		{"memcached", cache, "memcached", ""},
		{"rabbitmq", broker, "rabbitmq-server", ""}, // on any port: it speaks many protocols
		{"amqp", broker, "rabbitmq-server lavinmq qpidd", "java beam.smp"},
		{"epmd", "the directory of this machine's Erlang nodes", "epmd", "beam.smp"},
		{"erlang-dist", "the inside of a cluster: whoever has its cookie runs any code", "rabbitmq-server emqx ejabberd couchdb", "beam.smp"},
		{"kafka", broker, "kafka redpanda", "java"},
		{"nats", broker, "nats-server gnatsd", ""},
		{"mqtt", broker, "mosquitto emqx vernemq nanomq rabbitmq-server", "java beam.smp"},
		{"stomp", broker, "rabbitmq-server activemq artemis", "java beam.smp"},
		{"activemq", broker, "activemq artemis", "java"},
		{"pulsar", broker, "pulsar", "java"},
		{"zookeeper", memory, "zookeeper clickhouse-keeper", "java"},
		{"etcd-client", memory, "etcd", ""},
		{"consul", memory, "consul", ""},
		{"docker", "a way to root: the docker engine without a password", "dockerd docker podman", ""},
		{"kubelet", "a way into every pod of the node", "kubelet", ""},
		{"kubelet-ro", "a way to read every pod of the node", "kubelet", ""},
		{"jdwp", debugger, "java", "java"},
		{"jmx", debugger, "java", "java"},
		{"node-inspect", debugger, "node", "node"},
		{"debugpy", debugger, "debugpy", "python"},
		{"devtools", "a browser that obeys anyone", "chrome chromium headless_shell google-chrome msedge", ""},
		{"adb", debugger, "adb adbd", ""},
		{"selenium", "a browser that obeys anyone", "chromedriver geckodriver selenium-server", "java"},
		{"jupyter", code, "jupyter jupyter-lab jupyter-notebook jupyterhub jupyter-server ipykernel_launcher", "python"},
		{"tensorboard", admin, "tensorboard", "python"},
		{"mlflow", code, "mlflow", "python"},
		{"airflow", code, "airflow", "python"},
		{"ray", code, "ray raylet gcs_server", "python"},
		{"ollama", model, "ollama", ""},
		{"vllm", model, "vllm", ""},
		{"llama-cpp", model, "llama-server llama.cpp llamafile", ""},
		{"lm-studio", model, "lm-studio lms llmster", ""},
		{"gradio", "a page of a model that anyone may use", "gradio", "python"},
		{"comfyui", code, "comfyui comfy", "python"},
		{"qdrant", vectors, "qdrant", ""},
		{"milvus", vectors, "milvus", ""},
		{"chroma", vectors, "chroma chromadb", ""},
		{"weaviate", vectors, "weaviate", ""},
		{"minio", "a store of objects", "minio", ""},
		{"minio-console", admin, "minio", ""},
		{"rabbitmq-mgmt", admin, "rabbitmq-server", "beam.smp"},
		{"kibana", admin, "kibana opensearch-dashboards", "node"},
		{"prometheus", admin, "prometheus cockpit-ws cockpit-tls", ""},
		{"alertmanager", admin, "alertmanager", ""},
		{"pushgateway", admin, "pushgateway", ""},
		{"netdata", admin, "netdata", ""},
		{"webmin", admin, "webmin miniserv.pl miniserv", "perl"},
		{"spark", code, "spark", "java"},
		{"ssh", "", "sshd sshd-session dropbear tinysshd sshd-auth", ""},
		{"smtp", "", "master exim sendmail smtpd opensmtpd postfix maddy qmail-smtpd", script},
		{"domain", "", "named dnsmasq unbound systemd-resolved systemd-resolve pdns_server pdns_recursor coredns knotd kresd nsd dnsdist adguardhome pihole-ftl avahi-daemon bind aardvark-dns", ""},
		{"ntp", "", "chronyd ntpd openntpd systemd-timesyncd ntpd-rs ntp-daemon", ""},
		{"sunrpc", "", "rpcbind portmap", ""},
		{"ldap", "", "slapd ns-slapd samba glauth lldap", "java"},
		{"smb", "", "smbd ksmbd.mountd samba", ""},
		{"ipp", "", "cupsd cups-browsed ippeveprinter", ""},
		{"rsync", "", "rsync rsyncd", ""},
		{"rdp", "", "xrdp gnome-remote-desktop-daemon", ""},
	}
}

// relays are programs that hold ports for others, so that their names say nothing
// about the service.
const relays = "docker-proxy rootlessport systemd systemd-socket-proxyd xinetd inetd socat nc ncat haproxy envoy kubectl pasta passt slirp4netns conmon traefik rinetd " +
	"ssh autossh sshd sshd-session plink stunnel spiped ghostunnel cloud-sql-proxy cloud_sql_proxy cloudflared hitch pound sslh redir chisel gost frpc frps ngrok " +
	"boringtun tailscaled linkerd2-proxy pilot-agent istio-proxy relayd"

// webServers hand requests on as well, but mostly of HTTP.
const webServers = "nginx openresty angie tengine apache httpd caddy lighttpd h2o varnishd squid trafficserver traffic_server"

// Named finds a service by its name in the registry, or that of IANA.
func Named(name string) (Service, bool) {
	switch name {
	case "memcache":
		name = "memcached"
	case "microsoft-ds":
		name = "smb"
	case "ms-wbt-server":
		name = "rdp"
	}
	all := catalogue()
	i := slices.IndexFunc(all[:], func(s Service) bool { return s.Name == name })
	if i < 0 {
		return Service{}, false
	}
	return all[i], true
}

// Offers reports whether a program is one that offers the service.
func (p Program) Offers(s Service) bool {
	if len(p.Names) == 0 && has(s.runtimes, p.Runtime) || has(s.programs, p.Runtime) {
		return true
	}
	const long = 4 // a shorter name is within too many others: ray in array
	return slices.ContainsFunc(p.Names, func(name string) bool {
		return has(s.programs, name) || len(s.Name) >= long && strings.Contains(name, s.Name)
	})
}

// Forwards reports whether a program holds ports for others.
func (p Program) Forwards() bool {
	return p.Relays() || slices.ContainsFunc(p.Names, func(name string) bool { return has(webServers, name) })
}

// Relays reports whether a program holds ports for others, of any protocol.
func (p Program) Relays() bool {
	return slices.ContainsFunc(p.Names, func(name string) bool { return has(relays, name) })
}

// Internal finds the internal service that a program offers, on any port.
func (p Program) Internal() (Service, bool) {
	all := catalogue()
	for _, name := range p.Names {
		i := slices.IndexFunc(all[:], func(s Service) bool { return s.Internal != "" && has(s.programs, name) })
		if i >= 0 {
			return all[i], true
		}
	}
	return Service{}, false
}

// Related reports whether a name is one of a service that the program offers, or of
// another part of that: mysqlx of mysql, etcd-server of etcd-client.
func (p Program) Related(name string) bool {
	for _, s := range catalogue() {
		stem, _, _ := strings.Cut(s.Name, "-")
		if strings.HasPrefix(name, stem) && p.Offers(s) {
			return true
		}
	}
	return false
}

// Known reports whether anything is known of the program: it is in the catalogue,
// or a runtime.
func (p Program) Known() bool {
	all := catalogue()
	return p.Runtime != "" || p.Forwards() || slices.ContainsFunc(all[:], p.Offers)
}
