# A server whose firewall has the chains that ufw and docker make.
# shellcheck shell=bash
need sysctl /usr/sbin/sshd ssh-keygen iptables-nft-restore ip6tables-nft-restore redis-server /usr/bin/python3
interface
ip address add 2001:db8::1/64 dev eth0 nodad
ip -6 route add default via 2001:db8::fe
sysctl -qw net.ipv4.ip_forward=1
ip link add docker0 type bridge
ip address add 172.17.0.1/16 dev docker0
ip link set docker0 up
ip netns add container
ip link add veth0 master docker0 type veth peer name eth0 netns container
ip link set veth0 up
ip -n container address add 172.17.0.2/16 dev eth0
ip -n container link set eth0 up
iptables-nft-restore <<'RULES' || without "iptables over nftables"
*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
:ufw-before-input - [0:0]
:ufw-user-input - [0:0]
-A INPUT -j ufw-before-input
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-USER -j RETURN
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -j ufw-user-input
-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT
-A ufw-user-input -p tcp -m tcp --dport 8443 -j ACCEPT
-A ufw-user-input -s 10.0.0.0/8 -p tcp -m tcp --dport 443 -j ACCEPT
COMMIT
RULES
ip6tables-nft-restore <<'RULES' || without "ip6tables over nftables"
*filter
:INPUT DROP [0:0]
:ufw6-before-input - [0:0]
:ufw6-user-input - [0:0]
-A INPUT -j ufw6-before-input
-A ufw6-before-input -i lo -j ACCEPT
-A ufw6-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw6-before-input -j ufw6-user-input
-A ufw6-user-input -p tcp -m tcp --dport 22 -j ACCEPT
-A ufw6-user-input -p tcp -m tcp --dport 8443 -j ACCEPT
COMMIT
RULES
quietly /usr/bin/python3 -c '
import socket, time
held = [socket.create_server(("0.0.0.0", port)) for port in (443, 8080)]
time.sleep(3600)'
quietly redis-server --bind 0.0.0.0 --port 6379 --save '' --protected-mode no
ssh 0.0.0.0:22
up 127.0.0.1:22 127.0.0.1:443 127.0.0.1:6379
