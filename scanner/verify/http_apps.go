package verify

import (
	"net/url"
	"slices"
	"strings"
)

// webApp is a program behind HTTP that names itself. Each condition that is
// given must hold.
type webApp struct {
	product string
	field   string // a header field that is there
	value   string // words in the value of that field
	title   string // how the page's title begins; "=" before it for the whole
	body    string // words in the page
	also    string // more words in it
	status  int
	at      string // the path whose page this is about; "" for any

	path    string // what to ask for the version
	version string // where it stands: "field:name", "json:key", "after:words"

	open     bool   // whoever gets this page needs no credentials for what the program keeps
	protocol string // in place of "http"
}

// webApps is the table of programs, in the order in which they are tried.
func webApps() []webApp {
	return []webApp{
		{product: "Jenkins", field: "x-jenkins", version: "field:x-jenkins"},
		{product: "InfluxDB", field: "x-influxdb-version", version: "field:x-influxdb-version"},
		{product: "InfluxDB", title: "=InfluxDB", path: "/ping"},
		{product: "Docker Registry", field: "docker-distribution-api-version"},
		{product: "OpenSearch", body: `"cluster_name"`, also: `"opensearch"`, version: "json:number", open: true},
		{product: "Elasticsearch", body: `"cluster_name"`, also: "You Know, for Search", version: "json:number", open: true},
		{product: "Elasticsearch", field: "x-elastic-product", value: "Elasticsearch"},
		{product: "etcd", at: "/version", body: `"etcdserver"`, version: "json:etcdserver", open: true},
		{product: "Docker", at: "/version", body: `"ApiVersion"`, also: `"MinAPIVersion"`, version: "json:Version", open: true},
		{product: "Podman", field: "libpod-api-version", version: "field:libpod-api-version", open: true},
		{product: "Docker", field: "api-version", value: ".", at: "/_ping", path: "/version", open: true},
		{product: "Kubernetes", at: "/version", body: `"gitVersion"`, version: "json:gitVersion"},
		{product: "Kubernetes", body: `"kind":"Status"`, also: `"apiVersion":"v1"`, path: "/version"},
		{product: "Kubernetes", body: `"kind": "Status"`, also: `"apiVersion": "v1"`, path: "/version"},
		{product: "kubelet", at: "/pods", body: `{"kind":"PodList",`, open: true},
		{product: "kubelet", status: 403, body: "Forbidden (user=", also: ", resource=nodes, subresource"},
		{product: "Prometheus", at: "/api/v1/status/buildinfo", body: `"goVersion"`, also: `"revision"`, version: "json:version", open: true},
		{product: "Prometheus", title: "Prometheus Time Series Collection", path: "/api/v1/status/buildinfo", open: true},
		{product: "Prometheus", status: 302, field: "location", value: "/graph", body: `<a href="/graph">Found</a>`, path: "/api/v1/status/buildinfo"},
		{product: "Prometheus", status: 302, field: "location", value: "/classic/graph", path: "/api/v1/status/buildinfo"}, // Debian's
		{product: "Prometheus", status: 302, field: "location", value: "/query", body: `<a href="/query">Found</a>`, path: "/api/v1/status/buildinfo"},
		{product: "Prometheus Alertmanager", at: "/api/v2/status", body: `"versionInfo"`, version: "json:version", open: true},
		{product: "Prometheus Alertmanager", title: "=Alertmanager", path: "/api/v2/status", open: true},
		{product: "Prometheus Pushgateway", at: "/api/v1/status", body: `"build_information"`, version: "json:version", open: true},
		{product: "Prometheus Pushgateway", title: "Prometheus Pushgateway", path: "/api/v1/status", open: true},
		{product: "Consul", at: "/v1/agent/self", body: `"Config"`, also: `"NodeName"`, version: "json:Version", open: true},
		{product: "Consul", title: "Consul by HashiCorp", path: "/v1/agent/self"}, // the version in this page is that of the page
		{product: "Consul", body: "Consul Agent", path: "/v1/agent/self"},
		{product: "Consul", field: "x-consul-default-acl-policy"},
		{product: "Vault", at: "/v1/sys/health", body: `"initialized"`, also: `"sealed"`, version: "json:version"},
		{product: "Vault", title: "=Vault", path: "/v1/sys/health"},
		{product: "Nomad", title: "=Nomad"},
		{product: "Grafana", at: "/api/health", body: `"database"`, also: `"commit"`, version: "json:version"},
		{product: "Grafana", title: "=Grafana", path: "/api/health"},
		{product: "Kibana", field: "kbn-name", version: "field:kbn-version"},
		{product: "Gitea", body: "Powered by Gitea", version: "after:Version:", path: "/api/v1/version"},
		{product: "Forgejo", body: "Powered by Forgejo", version: "after:Version:", path: "/api/v1/version"},
		{product: "Gogs", body: `content="Gogs`},
		{product: "GitLab", field: "x-gitlab-meta"},
		{product: "Nextcloud", body: `"productname":"Nextcloud"`, version: "json:versionstring"},
		{product: "Nextcloud", title: "Nextcloud", path: "/status.php"},
		{product: "ownCloud", title: "ownCloud", path: "/status.php"},
		{product: "RabbitMQ Management", title: "RabbitMQ Management"},
		{product: "Apache CouchDB", body: `{"couchdb":"Welcome"`, version: "json:version"},
		{product: "Apache Solr", title: "Solr Admin"},
		{product: "Apache ActiveMQ", title: "Apache ActiveMQ"},
		{product: "Apache ActiveMQ", field: "www-authenticate", value: "ActiveMQRealm"},
		{product: "Apache Tomcat", title: "Apache Tomcat/", version: "after:Apache Tomcat/"},
		{product: "Apache Tomcat", body: "<h3>Apache Tomcat/", version: "after:<h3>Apache Tomcat/"},
		{product: "Apache Tomcat", title: "=Apache Tomcat", path: "/porthole"},
		{product: "Ollama", at: "/api/version", body: `"version"`, version: "json:version", open: true},
		{product: "Ollama", body: "Ollama is running", path: "/api/version", open: true},
		{product: "vLLM", at: modelsPath, body: `"owned_by":"vllm"`, path: "/version", open: true},
		{product: "SGLang", at: modelsPath, body: `"owned_by":"sglang"`, open: true},
		{product: "LMDeploy", at: modelsPath, body: `"owned_by":"lmdeploy"`, open: true},
		{product: "llama.cpp", at: modelsPath, body: `"owned_by":"llamacpp"`, open: true},
		{product: "llama.cpp", field: "server", value: "llama.cpp", path: modelsPath},
		{product: "LM Studio", body: "Unexpected endpoint or method. (GET /)", path: modelsPath},
		{product: "LiteLLM", title: "LiteLLM API", path: modelsPath},
		{product: "LocalAI", title: "LocalAI API - ", version: "after:LocalAI API - ", path: modelsPath},
		{product: "LocalAI", title: "LocalAI", path: modelsPath},
		{product: "Mopidy", title: "=Mopidy"},
		{product: "Jupyter Server", at: "/api", body: `{"version": "`, version: "json:version"},
		{product: "Jupyter Server", title: "Jupyter Server", path: "/api"},
		{product: "JupyterLab", title: "=JupyterLab", path: "/api"},
		{product: "JupyterHub", field: "x-jupyterhub-version", version: "field:x-jupyterhub-version"},
		{product: "Home Assistant", title: "=Home Assistant"},
		{product: "Node-RED", title: "=Node-RED"},
		{product: "Portainer", title: "=Portainer", path: "/api/status"},
		{product: "Proxmox VE", body: "Proxmox Virtual Environment</title>"},
		{product: "phpMyAdmin", title: "phpMyAdmin"},
		{product: "WordPress", body: `name="generator" content="WordPress`, version: "after:content=\"WordPress"},
		{product: "Drupal", field: "x-generator", value: "Drupal", version: "field:x-generator"},
		{product: "Joomla", body: `name="generator" content="Joomla!`},
		{product: "MediaWiki", body: `name="generator" content="MediaWiki`, version: "after:content=\"MediaWiki"},
		{product: "Zabbix", body: "Zabbix SIA", also: "zabbix.php"},
		{product: "Nagios", field: "www-authenticate", value: "Nagios Access"},
		{product: "Cockpit", field: "set-cookie", value: "cockpit="},
		{product: "Cockpit", body: "cockpit/static/login"},
		{product: "Transmission", field: "x-transmission-session-id"},
		{product: "Transmission", field: "www-authenticate", value: `"Transmission"`},
		{product: "qBittorrent", title: "qBittorrent"},
		{product: "Deluge", title: "Deluge", version: "after:Web UI"},
		{product: "Syncthing", field: "x-syncthing-version", version: "field:x-syncthing-version"},
		{product: "Syncthing", status: 403, body: "Host check error\n"},
		{product: "Plex Media Server", field: "x-plex-protocol", path: "/identity"},
		{product: "Jellyfin", title: "=Jellyfin", path: "/System/Info/Public"},
		{product: "Emby", title: "=Emby", path: "/System/Info/Public"},
		{product: "Sonarr", title: "=Sonarr"},
		{product: "Radarr", title: "=Radarr"},
		{product: "Pi-hole", field: "x-pi-hole"},
		{product: "AdGuard Home", title: "AdGuard Home"},
		{product: "UniFi Network", title: "=UniFi Network"},
		{product: "NATS", at: "/varz", body: `"server_id"`, version: "json:version", open: true},
		{product: "NATS", body: "nats.io", also: "/varz", path: "/varz", open: true},
		{product: "nsqd", at: "/info", field: "x-nsq-content-type", body: `"tcp_port"`, version: "json:version", open: true},
		{product: "nsqlookupd", at: "/info", field: "x-nsq-content-type", body: `{"version":"`, version: "json:version", open: true},
		{product: "nsqadmin", title: "=nsqadmin", version: "after:USER_AGENT = 'nsqadmin/v", open: true},
		{product: "frps", title: "=frps dashboard", open: true},
		{product: "frps", status: 404, body: "<p><em>Faithfully yours, frp.</em></p>"},
		{product: "ClickHouse", field: "x-clickhouse-server-display-name"},
		{product: "ClickHouse", field: "x-clickhouse-summary"},
		{product: "Privoxy", body: "Privoxy</a>", also: "privoxy.org", version: "after:Privoxy"},
		{product: "Privoxy", body: "www.privoxy.org", version: "after:Privoxy"},
		{product: "Privoxy", status: 400, body: "Invalid header received from client."},
		{product: "SonarQube", title: "=SonarQube", path: "/api/server/version"},
		{product: "Keycloak", title: "Welcome to Keycloak"},
		{product: "pgAdmin", title: "pgAdmin"},
		{product: "Apache Airflow", title: "Airflow"},
		{product: "Apache Spark", title: "Spark Master at"},
		{product: "Neo4j", body: `"neo4j_version"`, version: "json:neo4j_version"},
		{product: "Meilisearch", body: "Meilisearch is running"},
		{product: "Qdrant", body: "qdrant - vector search engine", version: "json:version", open: true},
		{product: "Jaeger", title: "Jaeger UI"},
		{product: "Graphite", title: "=Graphite Browser"},
		{product: "VictoriaMetrics", body: "Single-node VictoriaMetrics", open: true},
		{product: "vmagent", body: "<h2>vmagent</h2>", open: true},
		{product: "OAuth2 Proxy", body: "Secured with <a", also: "OAuth2 Proxy</a> version ", version: "after:OAuth2 Proxy</a> version "},
		{product: "OAuth2 Proxy", field: "set-cookie", value: "_oauth2_proxy_csrf="},
		{product: "vmauth", status: 401, field: "x-server-hostname", body: "missing `Authorization` request header"},
		{product: "mtail", title: "mtail on ", version: "after:mtail version ", open: true},
		{product: "Exporter Exporter", body: "<h2>Exporters:</h2>", path: "/metrics", open: true},
		{product: "Exporter Exporter", at: "/metrics", body: "from which exporter_exporter was built", version: `after:,version="`, open: true},
		{product: "Node.js inspector", at: "/json/version", body: `"Browser": "node.js/`, version: "after:node.js/", open: true},
		{product: "Node.js inspector", status: 400, body: "WebSockets request was expected", path: "/json/version"},
		{product: "HAProxy", body: "<h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n"},
		{product: "HAProxy", title: "Statistics Report for HAProxy", version: "after:HAProxy version"},
		{product: "HAProxy", body: "Your browser sent an invalid request.\n</body></html>", also: "<h1>400 Bad request</h1>"},
		{product: "PHP development server", body: "was not found on this server.</p>", also: `<code class="url">`},
		{product: "Express", status: 404, body: "<pre>Cannot GET /</pre>"},
		{product: "MCP server", status: 400, body: "Mcp-Session-Id header"},
		{product: "MCP server", at: "/mcp", body: `"jsonrpc"`, also: `"error"`},
		{product: "MCP server", field: "content-type", value: "text/event-stream", body: "event: endpoint\r\ndata: /", open: true},
		{product: "MCP server", field: "content-type", value: "text/event-stream", body: "event: endpoint\ndata: /", open: true},
	}
}

// appOf finds the program that a page names, and its version if it is there.
// A page that calls itself an exporter is one for Prometheus.
func appOf(g *page) (*webApp, string) {
	pageTitle := title(g.body)
	for i := range g.apps {
		if g.apps[i].fits(g, pageTitle) {
			return &g.apps[i], g.apps[i].versionIn(g)
		}
	}
	if app, version := exporter(g, pageTitle); app != nil {
		return app, version
	}
	return buildInfo(g)
}

// exporter reads the page of a Prometheus exporter: "Node Exporter" and the
// version in the text, or "Redis Exporter 1.45.0". It links to its metrics, or asks whose
// they shall be.
func exporter(g *page, pageTitle string) (*webApp, string) {
	name, version := printable(pageTitle), ""
	if i := versionWord(name); i > 0 {
		name, version = strings.TrimSpace(name[:i]), versionAfter(name, name[:i])
	}
	if len(name) > 40 || !strings.HasSuffix(strings.ToLower(name), " exporter") || !g.has("metrics") && !g.has(`name="target"`) {
		return nil, ""
	}
	app := &webApp{product: name, path: "/metrics", version: "after:(version=", open: true}
	if version == "" {
		version = app.versionIn(g)
	}
	return app, version
}

// buildInfo reads the metric by which programs in Go tell their version at
// /metrics: NAME_build_info{…version="1.2"…}.
func buildInfo(g *page) (*webApp, string) {
	if g.path != "/metrics" || g.status != 200 {
		return nil, ""
	}
	for line := range strings.Lines(string(g.body)) {
		name, labels, ok := strings.Cut(line, "_build_info{")
		if !ok || strings.HasPrefix(line, "#") || name == "go" || strings.Contains(name, " ") {
			continue
		}
		if version := versionAfter(labels, `version="`); version != "" && !strings.HasPrefix(labels, "goversion") || strings.Contains(labels, `,version="`) {
			return &webApp{product: productOfMetric(name), open: true}, versionAfter(strings.ReplaceAll(labels, "goversion", ""), `version="`)
		}
	}
	return nil, ""
}

// productOfMetric makes "Node Exporter" of "node_exporter".
func productOfMetric(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return printable(strings.Join(words, " "))
}

func (a *webApp) fits(g *page, pageTitle string) bool {
	value := g.get(a.field)
	whole, exact := strings.CutPrefix(a.title, "=")
	switch {
	case a.at != "" && a.at != g.path,
		a.status != 0 && a.status != g.status,
		a.field != "" && (value == "" || !strings.Contains(value, a.value)),
		a.body != "" && !g.has(a.body),
		a.also != "" && !g.has(a.also),
		exact && pageTitle != whole,
		!exact && !strings.HasPrefix(pageTitle, a.title):
		return false
	}
	return true
}

func (a *webApp) versionIn(g *page) string {
	kind, name, _ := strings.Cut(a.version, ":")
	switch kind {
	case "field":
		value := g.get(name)
		if i := strings.IndexAny(value, "0123456789"); i >= 0 {
			value, _, _ = strings.Cut(value[i:], " ")
			return value
		}
	case "json":
		return jsonValue(g.body, name)
	case "after":
		return versionAfter(string(g.body), name)
	}
	return ""
}

// knownApp reports that a product comes from the table, not from a Server field.
func (g *page) knownApp(product string) bool {
	return slices.ContainsFunc(g.apps, func(a webApp) bool { return a.product == product })
}

// morePaths lists up to two paths whose page may tell more than the first. The
// path "/" is asked for again in HTTP/1.1.
func morePaths(g *page, s *Service, number uint16, local bool) []string {
	var paths []string
	add := func(p string) {
		if p != "" && len(paths) < mostExtraGets && !slices.Contains(paths, p) {
			paths = append(paths, p)
		}
	}
	if refusesHost(g) && local {
		add("/")
		add("/mcp")
		return paths
	}
	if app, version := appOf(g); app != nil && !isLibrary(app.product) {
		if version == "" {
			add(app.path)
		}
		return paths
	}
	server := s.Product
	switch {
	case server != "" && server != "uvicorn" && !isLibrary(server):
		return nil // it said who it is
	case g.status == 404 && string(g.body) == "404 page not found\n": // the library of Go
		if number == 10250 || number == 10255 { // kubelet says nothing else at a path that is short
			add("/pods")
		}
		add("/version")
		add("/metrics")
	case g.get("x-nsq-content-type") != "":
		add("/info")
	case g.has(`{"message":"page not found"}`):
		add("/_ping")
		add("/version")
	case g.status == 200 && len(g.body) == 0:
		add("/v2/")
	case g.status/100 == 3:
		if to := localPath(g.get("location")); to != "/" {
			add(to)
		}
	case (g.status == 400 || g.status == 426 || g.status == 505) && g.version != "2": // for want of a Host field or of HTTP/1.1, it may be
		add("/")
	case g.has(`"jsonrpc"`): // it says so of any path
	case g.has(`{"detail":"Not Found"}`): // FastAPI
		add(modelsPath)
		add("/mcp")
	case g.has("<pre>Cannot GET /</pre>"), string(g.body) == "Not Found" && server == "uvicorn": // Express, Starlette
		add("/mcp")
		add("/sse") // where the older servers of MCP have it
	case g.status == 404: // the interfaces of programs to each other have no page at /
		add("/mcp")
		add(modelsPath)
	case g.status == 200 && strings.Contains(g.get("content-type"), "json"):
		add(modelsPath)
		add("/porthole")
	case g.status != 401 && g.status != 403 && server == "":
		add("/porthole") // a page that is not there is often signed
	}
	return paths
}

// refusesHost reports a server that answers only on names of its own, as those do which a
// page in a browser shall not reach by a name that leads here.
func refusesHost(g *page) bool {
	return (g.status == 403 || g.status == 421) && (contains(string(g.body), "invalid host header") || g.has("Host check error\n"))
}

// localPath is where a redirect to the same server leads, or "".
func localPath(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return ""
	}
	path := u.EscapedPath()
	if len(path) > 200 {
		return ""
	}
	return path
}
