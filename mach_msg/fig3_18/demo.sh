# shellcheck shell=sh
# 3.18  Mach messages: a client sends to a server's port
NAME=org.ipc-figures.demo-$$
fig3_18_server --explain --name="$NAME" &
server=$!
show fig3_18_client --explain --wait=60 --name="$NAME"
wait "$server"
