# shellcheck shell=sh
# 3.18  Mach messages: a client asks, a server replies
name=org.ipc-figures.demo-$$
served=$(mktemp)
trap 'rm -f "$served"' EXIT
typed fig3_18_server --name="$name" '&'
fig3_18_server --name="$name" >"$served" &
server=$!
show fig3_18_client --explain --name="$name" --wait=60
wait "$server"
say 'What the server has printed:'
cat "$served"
