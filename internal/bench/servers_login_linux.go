package main

// loginServers are shells, consoles and screens of other machines.
func loginServers() []verifyServer {
	return []verifyServer{
		{name: "sshd", pkg: "openssh-server", port: 22, service: "ssh", product: "OpenSSH", version: packaged,
			script: `mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N '' -f $D/k
exec /usr/sbin/sshd -D -e -f /dev/null -h $D/k -p $P -o ListenAddress=$A -o PidFile=none`},
		{name: "dropbear", pkg: "dropbear-bin", port: 2222, service: "ssh", product: "dropbear", version: packaged,
			script: `dropbearkey -t ed25519 -f $D/k >/dev/null; exec dropbear -F -E -r $D/k -p $A:$P -P $D/pid`},
		{name: "telnetd", pkg: "inetutils-telnetd", port: 23, service: "telnet", script: xinetd("telnet", "stream", "server = /usr/sbin/telnetd")},
		{name: "Xtigervnc", pkg: "tigervnc-standalone-server", port: 5901, service: "vnc",
			script: `exec Xtigervnc :$((P % 1000 + 100)) -rfbport $P -interface $A -SecurityTypes None -nolock`},
		{name: "Xvfb", pkg: "xvfb", port: 6003, service: "x11", script: `exec Xvfb :$((P - 6000)) -listen tcp -nolisten unix -nolisten local -nolock`},
		{name: "xrdp", pkg: "xrdp", port: 3389, service: "rdp",
			script: `sed "s|^port=.*|port=tcp://$A:$P|;s|^certificate=.*|certificate=$CERT|;s|^key_file=.*|key_file=$KEY|;s|^fork=.*|fork=false|" /etc/xrdp/xrdp.ini >$D/xrdp.ini
exec /usr/sbin/xrdp --nodaemon --config $D/xrdp.ini`},
		{name: "barrier", pkg: "barrier", port: 24800, fixed: true, service: "synergy", product: "Barrier",
			script: `printf "section: screens\n x:\nend\n" >$D/c; Xvfb :77 -nolisten tcp & sleep 2; export DISPLAY=:77 HOME=$D; exec barriers -f --no-tray --disable-crypto -a $A:$P -n x -c $D/c`},
		{name: "conserver", pkg: "conserver-server", port: 3109, service: "conserver",
			script: `printf "config * {\n}\nconsole x { type exec; exec \"sleep 1000\"; master localhost; rw *; }\naccess * { trusted 198.18.0.0/15; }\n" >$D/c; exec conserver -C $D/c -p $P -b $((P + 1)) -M $A -U x -n -v -P $D/p`},
		{name: "sudo_logsrvd", pkg: "sudo", port: 30343, service: "sudo-logsrv", product: "Sudo Audit Server", version: packaged,
			script: `printf "[server]\nlisten_address = $A:$P\npid_file =\nserver_log = stderr\n[iolog]\niolog_dir = $D\n" >$D/c; exec sudo_logsrvd -n -f $D/c`},
		{name: "stunnel, SSH inside", pkg: "stunnel4", port: 8443, service: "ssh", product: "OpenSSH", tls: true,
			script: `mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N '' -f $D/k; cat >$D/c <<EOF
foreground = yes
pid =
[x]
accept = $A:$P
cert = $PEM
exec = /usr/sbin/sshd
execArgs = sshd -i -e -f /dev/null -h $D/k
EOF
exec stunnel4 $D/c`},
		{name: "rclone sftp", pkg: "rclone", port: 2022, service: "ssh", product: "rclone", version: "",
			script: `mkdir $D/f; exec rclone serve sftp $D/f --addr $A:$P --user u --pass p`},
	}
}
