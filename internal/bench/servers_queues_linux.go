package main

// queueServers hand messages, jobs and calls from program to program.
func queueServers() []verifyServer {
	return []verifyServer{
		{name: "mosquitto", pkg: "mosquitto", port: 1883, service: "mqtt", product: "mosquitto", version: packaged,
			script: `printf "listener $P $A\nallow_anonymous true\n" >$D/c; exec mosquitto -c $D/c`},
		{name: "mosquitto over TLS, with passwords", pkg: "mosquitto", port: 8883, service: "mqtt", tls: true,
			script: `cp $CERT $D/crt; cp $KEY $D/key; printf "listener $P $A\ncertfile $D/crt\nkeyfile $D/key\nallow_anonymous false\n" >$D/c; chmod -R a+rX $D; exec mosquitto -c $D/c`},
		{name: "mosquitto with passwords", pkg: "mosquitto", port: 1883, service: "mqtt",
			script: `printf "listener $P $A\nallow_anonymous false\n" >$D/c; exec mosquitto -c $D/c`},
		{name: "nats-server", pkg: "nats-server", port: 4222, service: "nats", product: "NATS", version: packaged, script: `exec nats-server -a $A -p $P`},
		{name: "rabbitmq", pkg: "rabbitmq-server", port: 5672, service: "amqp", product: "RabbitMQ", version: packaged,
			script: `export HOME=$D RABBITMQ_NODENAME=r$P@localhost RABBITMQ_NODE_IP_ADDRESS=$A RABBITMQ_NODE_PORT=$P RABBITMQ_DIST_PORT=$((P + 1000)) RABBITMQ_MNESIA_BASE=$D/m RABBITMQ_LOG_BASE=$D/l RABBITMQ_PID_FILE=$D/pid RABBITMQ_ENABLED_PLUGINS_FILE=$D/p
export ERL_EPMD_ADDRESS=$A ERL_EPMD_PORT=$((P % 1000 + 4400)); mkdir $D/m $D/l; exec /usr/lib/rabbitmq/bin/rabbitmq-server`},
		{name: "zookeeper", pkg: "zookeeper", port: 2181, service: "zookeeper", product: "ZooKeeper", version: packaged,
			script: `printf "dataDir=$D/d\nclientPort=$P\nclientPortAddress=$A\nadmin.enableServer=false\n" >$D/c
exec java -Xmx64m -cp "/usr/share/java/zookeeper.jar:/usr/share/java/*" org.apache.zookeeper.server.quorum.QuorumPeerMain $D/c`},
		{name: "beanstalkd", pkg: "beanstalkd", port: 11300, service: "beanstalkd", product: "beanstalkd", version: packaged, script: `exec beanstalkd -l $A -p $P`},
		{name: "gearmand", pkg: "gearman-job-server", port: 4730, service: "gearman", product: "Gearman", version: packaged,
			script: `exec gearmand --listen=$A --port=$P --log-file=stderr`},
		{name: "icecream monitor", pkg: "icecc", port: 8766, service: "icecream-monitor", product: "Icecream", version: packaged, script: `exec icecc-scheduler -p $((P - 1)) -l $D/l`},
		{name: "nanocat", pkg: "nanomsg-utils", port: 32443, fixed: true, service: "nanomsg", script: `exec nanocat --rep --bind tcp://$A:$P --data x`},
		{name: "epmd", pkg: "erlang-base", port: 4369, service: "epmd", script: `exec epmd -address $A -port $P -relaxed_command_check`},
		{name: "rpcbind", pkg: "rpcbind", port: 111, service: "rpcbind", fixed: true, script: `mount -t tmpfs none /run; mkdir /run/rpcbind; exec rpcbind -f -h $A`},
		{name: "rmiregistry", pkg: "openjdk-17-jdk-headless", port: 1099, service: "java-rmi", script: `exec /usr/lib/jvm/java-17-openjdk-*/bin/rmiregistry -J-Xmx32m $P`},
		{name: "omniNames", pkg: "omniorb-nameserver", port: 2809, service: "giop", script: `exec omniNames -start $P -logdir $D -ORBendPoint giop:tcp:$A:$P`},
		{name: "glacier2router", pkg: "zeroc-glacier2", port: 4063, service: "ice",
			script: `exec glacier2router --Glacier2.Client.Endpoints="tcp -h $A -p $P" --Glacier2.Server.Endpoints="tcp -h 127.0.0.1" --Glacier2.PermissionsVerifier=Glacier2/NullPermissionsVerifier`},
		{name: "perspective broker", pkg: "python3-twisted", port: 9989, service: "twisted-pb",
			script: `exec /usr/bin/python3 -c "
from twisted.spread import pb
from twisted.internet import reactor
class R(pb.Root): pass
reactor.listenTCP($P, pb.PBServerFactory(R()), interface='$A')
reactor.run()"`},
		{name: "coap server", pkg: "libcoap3-bin", udp: true, port: 5683, service: "coap", script: `exec coap-server-notls -A $A -p $P`},
		{name: "qnetd", pkg: "corosync-qnetd", port: 5403, fixed: true, service: "corosync-qnetd", script: `exec corosync-qnetd -f -s off -l $A -p $P`},
	}
}
