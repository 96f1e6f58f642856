package main

func webServers() []verifyServer {
	nginxTLS := "ssl_certificate $CERT; ssl_certificate_key $KEY;"
	return []verifyServer{
		{name: "node h2c", pkg: "nodejs", port: 8080, service: "http",
			script: `exec node -e "require('http2').createServer((q,r)=>r.end('hi')).listen($P,'$A')"`},
		{name: "nginx", pkg: "nginx", port: 80, service: "http", product: "nginx", version: packaged, script: nginx("", "")},
		{name: "nginx over TLS", pkg: "nginx", port: 443, service: "http", product: "nginx", version: packaged, tls: true, script: nginx("ssl", nginxTLS)},
		{name: "nginx, HTTP/2 over TLS", pkg: "nginx", port: 8443, service: "http", product: "nginx", version: packaged, tls: true, script: nginx("ssl http2", nginxTLS)},
		{name: "nginx, client certificates", pkg: "nginx", port: 443, service: "http", product: "nginx", version: packaged, tls: true,
			script: nginx("ssl", nginxTLS+" ssl_verify_client on; ssl_client_certificate $CERT;")},
		{name: "apache2", pkg: "apache2-bin", port: 80, service: "http", product: "Apache", version: packaged,
			script: `cat >$D/c <<EOF
ServerRoot $D
ServerName x.example
Listen $A:$P
PidFile $D/pid
ErrorLog $D/log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
DocumentRoot $D
EOF
exec apache2 -DFOREGROUND -f $D/c`},
		{name: "lighttpd", pkg: "lighttpd", port: 80, service: "http", product: "lighttpd", version: packaged,
			script: `printf "server.document-root=\"$D\"\nserver.bind=\"$A\"\nserver.port=$P\n" >$D/c; exec lighttpd -D -f $D/c`},
		{name: "haproxy", pkg: "haproxy", port: 8080, service: "http", product: "HAProxy",
			script: `printf "defaults\n mode http\n timeout connect 1s\n timeout client 30s\n timeout server 30s\nfrontend f\n bind $A:$P\n default_backend b\nbackend b\n server s 127.0.0.1:1\n" >$D/c; exec haproxy -db -f $D/c`},
		{name: "varnish before nothing", pkg: "varnish", port: 6081, service: "http", product: "Varnish",
			script: `printf 'vcl 4.1; backend b { .host = "127.0.0.1"; .port = "1"; }' >$D/v; exec varnishd -F -a $A:$P -f $D/v -n $D/n -s malloc,1m`},
		{name: "squid", pkg: "squid", port: 3128, service: "http", product: "squid", version: packaged,
			script: `printf "http_port $A:$P\npid_filename $D/pid\ncache_log $D/log\naccess_log none\ncache deny all\nhttp_access deny all\nnetdb_filename none\ncoredump_dir $D\ncache_effective_user proxy\n" >$D/c; chown -R proxy $D; exec squid -N -f $D/c`},
		{name: "tinyproxy", pkg: "tinyproxy-bin", port: 8888, service: "http", product: "tinyproxy", version: packaged,
			script: `printf "Port $P\nListen $A\nTimeout 60\nMaxClients 20\n" >$D/c; exec tinyproxy -d -c $D/c`},
		{name: "privoxy", pkg: "privoxy", port: 8118, service: "http", product: "Privoxy", version: "",
			script: `printf "listen-address $A:$P\nconfdir /etc/privoxy\ntempldir /etc/privoxy/templates\nlogdir $D\n" >$D/c; exec privoxy --no-daemon $D/c`},
		{name: "h2o", pkg: "h2o", port: 8080, service: "http", product: "h2o", version: packaged,
			script: `printf "listen:\n  host: $A\n  port: $P\nhosts:\n  default:\n    paths:\n      /:\n        file.dir: $D\nuser: root\n" >$D/c; exec h2o -c $D/c`},
		{name: "nghttpd h2c", pkg: "nghttp2-server", port: 8080, service: "http", product: "nghttpd", version: "", script: `exec nghttpd --no-tls -a $A $P`},
		{name: "nghttpd h2", pkg: "nghttp2-server", port: 443, service: "http", product: "nghttpd", version: "", tls: true, script: `exec nghttpd -a $A $P $KEY $CERT`},
		{name: "hitch before nothing", pkg: "hitch", port: 443, service: "tls", tls: true,
			script: `printf 'frontend = "[%s]:%s"\nbackend = "[127.0.0.1]:1"\npem-file = "%s"\nuser = "nobody"\n' $A $P $PEM >$D/c; exec hitch --config=$D/c`},
		{name: "gunicorn", pkg: "gunicorn", port: 8000, service: "http", product: "gunicorn", version: "",
			script: `printf 'def app(e, s):\n    s("200 OK", [])\n    return [b"hi"]\n' >$D/a.py; exec gunicorn --chdir $D -b $A:$P a:app`},
		{name: "uwsgi http", pkg: "uwsgi-plugin-python3", port: 8080, service: "http", product: "", version: "", script: uwsgi("--http-socket")},
		{name: "uwsgi", pkg: "uwsgi-plugin-python3", port: 3031, service: "uwsgi", script: uwsgi("--socket")},
		{name: "php-fpm", pkg: "php8.2-fpm", port: 9000, service: "fastcgi",
			script: `printf "[global]\nerror_log=/dev/stderr\n[w]\nuser=nobody\nlisten=$A:$P\npm=static\npm.max_children=1\n" >$D/c; exec php-fpm8.2 -F -y $D/c`},
		{name: "php -S", pkg: "php8.2-cli", port: 8000, service: "http", product: "PHP", version: "", script: `cd $D; exec php8.2 -S $A:$P`},
		{name: "python http.server", pkg: "python3-minimal", port: 8000, service: "http", product: "SimpleHTTP", version: "0.6", script: `cd $D; exec /usr/bin/python3 -m http.server --bind $A $P`},
		{name: "aiohttp", pkg: "python3-aiohttp", port: 8080, service: "http", product: "aiohttp", version: packaged,
			script: `printf 'import sys\nfrom aiohttp import web\nweb.run_app(web.Application(), host=sys.argv[1], port=int(sys.argv[2]))\n' >$D/a.py; exec /usr/bin/python3 $D/a.py $A $P`},
		{name: "tornado", pkg: "python3-tornado", port: 8888, service: "http", product: "Tornado", version: packaged,
			script: `printf 'import sys, asyncio, tornado.web\nasync def m():\n    tornado.web.Application([]).listen(int(sys.argv[2]), sys.argv[1])\n    await asyncio.Event().wait()\nasyncio.run(m())\n' >$D/a.py; exec /usr/bin/python3 $D/a.py $A $P`},
		{name: "waitress", pkg: "python3-waitress", port: 8080, service: "http", product: "waitress", version: "",
			script: `printf 'import sys, waitress\nwaitress.serve(lambda e, s: (s("200 OK", []), [b"hi"])[1], host=sys.argv[1], port=int(sys.argv[2]))\n' >$D/a.py; exec /usr/bin/python3 $D/a.py $A $P`},
		{name: "twisted web", pkg: "python3-twisted", port: 8080, service: "http", product: "Twisted", version: packaged,
			script: `exec /usr/bin/twistd3 -n --pidfile= --logfile=- web --listen=tcp:$P:interface=$A --path=$D`},
		{name: "uvicorn", pkg: "python3-uvicorn", port: 8000, service: "http", product: "uvicorn", version: "",
			script: `printf 'async def app(scope, receive, send):\n    await send({"type": "http.response.start", "status": 200})\n    await send({"type": "http.response.body", "body": b"hi"})\n' >$D/a.py; exec /usr/bin/python3 -m uvicorn --lifespan off --app-dir $D --host $A --port $P a:app`},
		{name: "webfs", pkg: "webfs", port: 8000, service: "http", product: "webfs", version: packaged, script: `exec webfsd -F -4 -i $A -p $P -r $D`},
		{name: "mini_httpd", pkg: "mini-httpd", port: 80, service: "http", product: "mini_httpd", version: packaged, script: `exec mini_httpd -D -h $A -p $P -d $D -u nobody`},
		{name: "micro_httpd", pkg: "micro-httpd", port: 80, service: "http", product: "micro_httpd", version: "", script: xinetd("http", "stream", "server = /usr/sbin/micro-httpd\n server_args = $D")},
		{name: "radicale", pkg: "radicale", port: 5232, service: "http", product: "WSGIServer", version: "",
			script: `exec radicale --config "" --server-hosts $A:$P --storage-filesystem-folder $D`},
		{name: "libwebsockets", pkg: "libwebsockets-test-server", port: 7681, service: "http", product: "", version: "", script: `exec libwebsockets-test-server -p $P`},
		{name: "cups", pkg: "cups-daemon", port: 631, service: "ipp", product: "CUPS", version: "2.4",
			script: `mkdir -p $D/spool $D/cache $D/run; printf "Listen $A:$P\n<Location />\nOrder allow,deny\nAllow all\n</Location>\n" >$D/cupsd.conf
printf "ServerRoot $D\nRequestRoot $D/spool\nCacheDir $D/cache\nStateDir $D/run\nAccessLog $D/a\nErrorLog $D/e\nPageLog $D/p\n" >$D/cups-files.conf; exec cupsd -f -c $D/cupsd.conf -s $D/cups-files.conf`},
		{name: "icecast2", pkg: "icecast2", port: 8000, service: "http", product: "Icecast", version: packaged,
			script: asUser + `cat >$D/c <<EOF
<icecast><authentication><source-password>x</source-password><admin-password>x</admin-password></authentication><hostname>x</hostname>
<listen-socket><bind-address>$A</bind-address><port>$P</port></listen-socket>
<paths><basedir>/usr/share/icecast2</basedir><logdir>$D</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot></paths></icecast>
EOF
as icecast2 icecast2 -c $D/c`},
		{name: "transmission", pkg: "transmission-daemon", port: 9091, service: "http", product: "Transmission", version: "",
			script: `exec transmission-daemon -f -g $D -p $P --rpc-bind-address $A --allowed '*.*.*.*' -P $((P % 1000 + 50000)) --no-portmap`},
		{name: "tomcat", pkg: "tomcat10", port: 8080, service: "http", product: "Tomcat", version: packaged, script: tomcat("HTTP/1.1")},
		{name: "tomcat ajp", pkg: "tomcat10", port: 8009, service: "ajp13", script: tomcat("AJP/1.3")},
		{name: "minidlna", pkg: "minidlna", port: 8200, service: "http", product: "MiniDLNA", version: packaged,
			script: `printf "port=$P\nmedia_dir=$D\ndb_dir=$D\nlog_dir=$D\nnetwork_interface=wan\n" >$D/c; exec minidlnad -S -f $D/c -P $D/pid`},
		{name: "cockpit", pkg: "cockpit-ws", port: 9090, service: "http", product: "Cockpit", version: "", script: `exec /usr/lib/cockpit/cockpit-ws --no-tls -a $A -p $P`},
		{name: "shellinabox", pkg: "shellinabox", port: 4200, service: "http", product: "", version: "", script: `exec shellinaboxd -t -p $P -u nobody -g nogroup`},
		{name: "monit", pkg: "monit", port: 2812, service: "http", product: "monit", version: packaged,
			script: `printf "set daemon 60\nset pidfile $D/pid\nset idfile $D/id\nset statefile $D/st\nset httpd port $P\n use address $A\n allow x:y\n" >$D/c; chmod 600 $D/c; exec monit -I -c $D/c`},
	}
}

func nginx(listen, more string) string {
	return `cat >$D/c <<EOF
daemon off;
pid $D/pid;
error_log $D/log;
events {}
http {
 access_log off;
 server { listen $A:$P ` + listen + `; root $D; ` + more + ` }
}
EOF
mkdir -p /var/lib/nginx; exec nginx -c $D/c`
}

func tomcat(protocol string) string {
	return `mkdir -p $D/conf $D/webapps/ROOT $D/work $D/temp $D/logs
cat >$D/conf/server.xml <<EOF
<Server port="-1"><Service name="x"><Connector port="$P" address="$A" protocol="` + protocol + `" secretRequired="false"/><Engine name="x" defaultHost="x"><Host name="x" appBase="webapps"/></Engine></Service></Server>
EOF
cp /etc/tomcat10/web.xml $D/conf/; export CATALINA_BASE=$D CATALINA_HOME=/usr/share/tomcat10 JAVA_OPTS=-Xmx64m
exec /usr/share/tomcat10/bin/catalina.sh run`
}

func uwsgi(socket string) string {
	return `printf 'def application(e, s):\n    s("200 OK", [])\n    return [b"hi"]\n' >$D/a.py
exec uwsgi --plugin python3 --die-on-term ` + socket + ` $A:$P --chdir $D --wsgi-file a.py`
}

// goWebServers are servers in Go, which call themselves nothing in the Server field.
func goWebServers() []verifyServer {
	return []verifyServer{
		{name: "caddy", pkg: "caddy", port: 80, service: "http", product: "Caddy", version: "",
			script: `export HOME=$D XDG_DATA_HOME=$D; printf "{\n admin off\n auto_https off\n}\nhttp://:$P {\n bind $A\n respond hi\n}\n" >$D/c; exec caddy run --adapter caddyfile --config $D/c`},
		{name: "prometheus", pkg: "prometheus", port: 9090, service: "http", product: "Prometheus", version: packaged,
			script: `: >$D/c; exec prometheus --config.file=$D/c --storage.tsdb.path=$D/d --web.listen-address=$A:$P`},
		{name: "node exporter", pkg: "prometheus-node-exporter", port: 9110, service: "http", product: "node exporter", version: packaged,
			script: `exec prometheus-node-exporter --web.listen-address=$A:$P`},
		{name: "redis exporter", pkg: "prometheus-redis-exporter", port: 9121, service: "http", product: "redis exporter", version: "",
			script: `exec prometheus-redis-exporter --web.listen-address=$A:$P`},
		{name: "blackbox exporter", pkg: "prometheus-blackbox-exporter", port: 9115, service: "http", product: "blackbox exporter", version: "",
			script: `printf "modules: {}\n" >$D/c; exec prometheus-blackbox-exporter --web.listen-address=$A:$P --config.file=$D/c`},
		{name: "alertmanager", pkg: "prometheus-alertmanager", port: 9093, service: "http", product: "Alertmanager", version: packaged,
			script: `printf "route:\n  receiver: x\nreceivers:\n- name: x\n" >$D/c; exec prometheus-alertmanager --config.file=$D/c --storage.path=$D --cluster.listen-address= --web.listen-address=$A:$P`},
		{name: "pushgateway", pkg: "prometheus-pushgateway", port: 9091, service: "http", product: "Pushgateway", version: packaged,
			script: `exec prometheus-pushgateway --web.listen-address=$A:$P`},
		{name: "etcd", pkg: "etcd-server", port: 2379, service: "http", product: "etcd", version: packaged,
			script: `exec etcd --data-dir $D/d --listen-client-urls http://$A:$P --advertise-client-urls http://$A:$P --listen-peer-urls http://127.0.0.1:$((P + 1)) --initial-advertise-peer-urls http://127.0.0.1:$((P + 1)) --initial-cluster default=http://127.0.0.1:$((P + 1))`},
		{name: "influxdb", pkg: "influxdb", port: 8086, service: "http", product: "InfluxDB", version: packaged,
			script: `cat >$D/c <<EOF
bind-address = "127.0.0.1:$((P % 1000 + 41000))"
[meta]
dir = "$D/m"
[data]
dir = "$D/d"
wal-dir = "$D/w"
[http]
bind-address = "$A:$P"
EOF
exec influxd -config $D/c`},
		{name: "docker registry", pkg: "docker-registry", port: 5000, service: "http", product: "Registry", version: "",
			script: `printf "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: $D\nhttp:\n  addr: $A:$P\n" >$D/c; exec docker-registry serve $D/c`},
		{name: "nats monitor", pkg: "nats-server", port: 8222, service: "http", product: "NATS", version: packaged, script: `exec nats-server -a $A -p $((P % 1000 + 42000)) -m $P`},
		{name: "syncthing", pkg: "syncthing", port: 8384, fixed: true, service: "http", product: "Syncthing", version: packaged, // it takes TLS on the same port
			script: `exec syncthing serve --no-browser --no-restart --no-upgrade --no-default-folder --home $D/h --gui-address http://$A:$P`},
		{name: "victoria-metrics", pkg: "victoria-metrics", port: 8428, service: "http", product: "VictoriaMetrics", version: "",
			script: `exec victoria-metrics -httpListenAddr=$A:$P -storageDataPath=$D/d`},
		{name: "vmagent", pkg: "victoria-metrics", port: 8429, service: "http", product: "vmagent", version: "",
			script: `: >$D/c; exec vmagent -httpListenAddr=$A:$P -promscrape.config=$D/c -remoteWrite.url=http://127.0.0.1:1/ -remoteWrite.tmpDataPath=$D/d`},
		{name: "rclone http", pkg: "rclone", port: 8080, service: "http", product: "rclone", version: packaged, script: `exec rclone serve http $D --addr $A:$P`},
		{name: "mtail", pkg: "mtail", port: 3903, service: "http", product: "mtail", version: packaged,
			script: `mkdir $D/p; : >$D/l; exec mtail -progs $D/p -logs $D/l -address $A -port $P`},
		{name: "snmp exporter", pkg: "prometheus-snmp-exporter", port: 9116, service: "http", product: "snmp exporter", version: packaged,
			script: `printf "x:\n  walk: [1.3.6.1.2.1.2]\n" >$D/c; exec prometheus-snmp-exporter --config.file=$D/c --web.listen-address=$A:$P`},
	}
}
