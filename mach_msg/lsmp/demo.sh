# shellcheck shell=sh
# lsmp: all tasks' ports, rights and queues, or live
name=org.ipc-figures.demo-$$
typed fig3_18_server --name="$name" '&'
fig3_18_server --name="$name" >/dev/null &
server=$!
trap 'kill $server 2>/dev/null' EXIT
until lsmp --pid=$server 2>/dev/null | grep -q ' recv .* rcv '; do
	kill -0 $server
	sleep 0.1
done
show lsmp
say 'The server waits for a message. lsmp --watch shows this live.'
