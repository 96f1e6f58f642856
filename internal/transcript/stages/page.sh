# Three hosts for a picture of the page: a web server, databases, and a machine that
# watches them.
# shellcheck shell=bash
need nginx redis-server memcached setpriv /usr/sbin/sshd openssl ssh-keygen /usr/bin/python3
for host in 7 8 9; do ip address add "198.18.0.$host/32" dev lo; done

# certificate NAME DAYS: self-signed, for a host of that name.
certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days "$2" \
    -subj "/CN=$1.example.com" -addext "subjectAltName=DNS:$1.example.com" 2>/dev/null
}
certificate www 12
certificate metrics 300
cat >nginx.conf <<'CONF'
pid nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  root /usr/share/nginx/html;
  server { listen 198.18.0.7:80; listen 198.18.0.7:8080; listen 198.18.0.7:443 ssl; ssl_certificate www.pem; ssl_certificate_key www.key; }
  server { listen 198.18.0.9:9090; listen 198.18.0.9:8443 ssl; ssl_certificate metrics.pem; ssl_certificate_key metrics.key; }
}
CONF
nginx -p "$PWD" -c nginx.conf 2>/dev/null
for host in 7 8 9; do ssh "198.18.0.$host:22"; done
quietly redis-server --bind 198.18.0.8 --port 6379 --save '' --protected-mode no
quietly redis-server --bind 198.18.0.8 --port 6380 --save '' --requirepass secret
nobody memcached -l 198.18.0.8 -p 11211
web 198.18.0.9 3000
web 198.18.0.9 8081
up 198.18.0.{7,8,9}:22 198.18.0.7:443 198.18.0.8:{6379,6380,11211} 198.18.0.9:{3000,8081,8443}
