# shellcheck shell=sh
# 3.18  A client's message to a server's Mach port
NAME=org.ipc-figures.demo-$$
typed fig3_18_server --explain --name="$NAME" '&'
fig3_18_server --explain --name="$NAME" &
server=$!
show fig3_18_client --explain --wait=60 --name="$NAME"
wait "$server"
