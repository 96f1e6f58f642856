package main

import "strings"

// fileServers hold files, versions of them, disks and other devices.
func fileServers() []verifyServer {
	return []verifyServer{
		{name: "vsftpd", pkg: "vsftpd", port: 21, service: "ftp", product: "vsftpd", version: packaged,
			script: `mkdir -p /var/run/vsftpd/empty
printf "listen=YES\nlisten_address=$A\nlisten_port=$P\nbackground=NO\nanonymous_enable=NO\nlocal_enable=YES\n" >$D/c
exec vsftpd $D/c`},
		{name: "proftpd", pkg: "proftpd-core", port: 21, service: "ftp", product: "ProFTPD",
			script: `printf "ServerName x\nServerType standalone\nPort $P\nDefaultAddress $A\nPidFile $D/pid\nScoreboardFile $D/sb\nUser nobody\nGroup nogroup\nUseReverseDNS off\n" >$D/c; exec proftpd -n -c $D/c`},
		{name: "pure-ftpd", pkg: "pure-ftpd", port: 21, service: "ftp", product: "Pure-FTPd",
			script: `exec pure-ftpd -S $A,$P -l unix -g $D/pid`},
		{name: "tftpd", pkg: "tftpd-hpa", udp: true, port: 69, service: "tftp", script: `exec in.tftpd -L -s $D -a $A:$P -4`},
		{name: "atftpd", pkg: "atftpd", port: 69, service: "tftp", udp: true,
			script: `exec atftpd --daemon --no-fork --bind-address $A --port $P --logfile - $D`},
		{name: "rsync", pkg: "rsync", port: 873, service: "rsync",
			script: `printf "use chroot = no\n[m]\npath=$D\n" >$D/c; exec rsync --daemon --no-detach --config=$D/c --port=$P --address=$A`},
		{name: "svnserve", pkg: "subversion", port: 3690, service: "svn", script: `exec svnserve -d --foreground -r $D --listen-port $P --listen-host $A`},
		{name: "git daemon", pkg: "git", port: 9418, service: "git", script: `exec git daemon --listen=$A --port=$P --base-path=$D --export-all`},
		{name: "cvs", pkg: "cvs", port: 2401, service: "cvs", script: `cvs -d $D/r init; ` + xinetd("cvs", "stream", "server = /usr/bin/cvs\n server_args = -f --allow-root=$D/r pserver")},
		{name: "breezy", pkg: "brz", port: 4155, service: "bzr", script: `cd $D; export HOME=$D; exec brz serve --listen=$A --port=$P`},
		{name: "unison", pkg: "unison", port: 32310, fixed: true, service: "unison", script: `export HOME=$D; exec unison -socket $P -host $A`},
		{name: "smbd", pkg: "samba", port: 445, service: "smb",
			script: `cat >$D/c <<EOF
[global]
interfaces = $A
bind interfaces only = yes
smb ports = $P
private dir = $D
lock directory = $D
state directory = $D
cache directory = $D
pid directory = $D
ncalrpc dir = $D/n
log file = $D/log
EOF
tail -f /dev/null | exec smbd -F --no-process-group --configfile=$D/c`},
		{name: "nmbd", pkg: "samba", udp: true, port: 137, fixed: true, service: "netbios-ns",
			script: `cat >$D/c <<EOF
[global]
netbios name = FILES
interfaces = $A/24
bind interfaces only = no
private dir = $D
lock directory = $D
state directory = $D
cache directory = $D
pid directory = $D
log file = $D/log
EOF
exec nmbd -F --no-process-group --configfile=$D/c`},
		{name: "nbd-server", pkg: "nbd-server", port: 10809, service: "nbd",
			script: `truncate -s 1M $D/i; printf "[generic]\nlistenaddr=$A\nport=$P\n[x]\nexportname=$D/i\n" >$D/c; exec nbd-server -d -C $D/c`},
		{name: "mfsmaster", pkg: "moosefs-master", port: 9421, service: "moosefs", product: "MooseFS", version: packaged,
			script: `mkdir $D/m; cp /var/lib/mfs/metadata.mfs.empty $D/m/metadata.mfs; printf "DATA_PATH=$D/m\nMATOML_LISTEN_HOST=$A\nMATOML_LISTEN_PORT=$((P + 1000))\nMATOCS_LISTEN_HOST=$A\nMATOCS_LISTEN_PORT=$((P + 1001))\nMATOCL_LISTEN_HOST=$A\nMATOCL_LISTEN_PORT=$P\nWORKING_USER=root\nWORKING_GROUP=root\nEXPORTS_FILENAME=$D/e\nTOPOLOGY_FILENAME=$D/t\n" >$D/c
: >$D/t; echo "* / rw" >$D/e; exec mfsmaster -f -c $D/c start`},
		{name: "amandad", pkg: "amanda-common", udp: true, port: 10080, service: "amanda", product: "Amanda",
			script: `cp /etc/hosts $D/h; echo "198.19.255.1 lab.example" >>$D/h; mount --bind $D/h /etc/hosts; printf "hosts: files\npasswd: files\n" >$D/n; mount --bind $D/n /etc/nsswitch.conf
` + strings.Replace(xinetd("amanda", "dgram", "server = /usr/lib/amanda/amandad\n server_args = -auth=bsd amdump"), "user = root", "user = backup", 1)},
		{name: "usbipd", pkg: "usbip", port: 3240, service: "usbip",
			script: `exec usbipd -4 -t $P`},
		{name: "saned", pkg: "sane-utils", port: 6566, service: "sane",
			script: `mkdir $D/c; echo test >$D/c/dll.conf; echo 198.18.0.0/15 >$D/c/saned.conf; export SANE_CONFIG_DIR=$D/c; exec saned -l -b $A -p $P -e -u root`},
		{name: "storescp", pkg: "dcmtk", port: 11112, service: "dicom", script: `cd $D; exec storescp $P`},
		{name: "gophernicus", pkg: "gophernicus", port: 70, service: "gopher", product: "Gophernicus", version: packaged,
			script: "chmod 755 $D; " + strings.Replace(xinetd("gopher", "stream", "server = /usr/sbin/gophernicus\n server_args = -h x -r $D"), "user = root", "user = nobody", 1)},
		{name: "pygopherd", pkg: "pygopherd", port: 70, fixed: true, service: "gopher",
			script: `sed "s/^port *=.*/port = $P/;s|^root *=.*|root = $D|;s|^detach *=.*|detach = no|;s|^pidfile|#pidfile|;s|^# interface = gopher.example.com|interface = $A|;s|^usechroot *=.*|usechroot = no|;s|^setuid|#setuid|;s|^setgid|#setgid|" /etc/pygopherd/pygopherd.conf >$D/c; exec pygopherd $D/c`},
		{name: "molly brown", pkg: "molly-brown", port: 1965, service: "gemini", tls: true,
			script: `cp $CERT $D/crt; cp $KEY $D/key; printf "Port = $P\nHostname = \"x\"\nCertPath = \"$D/crt\"\nKeyPath = \"$D/key\"\nDocBase = \"$D\"\nAccessLog = \"$D/a\"\nErrorLog = \"$D/e\"\n" >$D/c; exec molly-brown -c $D/c`},
		{name: "owserver", pkg: "owserver", port: 4304, service: "owserver", product: "OWFS", version: packaged, script: `exec owserver --foreground --fake=DS18B20 -p $A:$P`},
	}
}
