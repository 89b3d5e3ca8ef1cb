# shellcheck shell=sh
# 3.19  ALPC: ports, three ways to send a message
name=demo-$$
served=$(mktemp)
trap 'rm -f "$served"' EXIT
typed fig3_19_alpc_server --name="$name" --clients=3 '&'
fig3_19_alpc_server --name="$name" --clients=3 >"$served" &
server=$!
show fig3_19_alpc_client --explain --name="$name" --wait=60
say 'A larger message goes in a section, one that is larger still stays where it is:'
show fig3_19_alpc_client --name="$name" --size=4KiB --diagram
show fig3_19_alpc_client --name="$name" --size=4MiB --callback
wait "$server"
say 'What the server has printed:'
cat "$served"
