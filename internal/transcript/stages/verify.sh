# A web server, and two servers on numbers of other services.
# shellcheck shell=bash
need nginx redis-server /usr/sbin/sshd openssl ssh-keygen
ip address add 198.18.0.7/32 dev lo
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 12 -subj /CN=www.example.com -addext subjectAltName=DNS:www.example.com 2>/dev/null
cat >nginx.conf <<'CONF'
pid nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  server { listen 80; listen 443 ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem; root /usr/share/nginx/html; }
}
CONF
nginx -p "$PWD" -c nginx.conf 2>/dev/null
for port in 5432 6379; do quietly redis-server --bind 198.18.0.7 --port "$port" --save '' --protected-mode no; done
ssh 198.18.0.7:8443
up 198.18.0.7:80 198.18.0.7:443 198.18.0.7:5432 198.18.0.7:6379 198.18.0.7:8443
