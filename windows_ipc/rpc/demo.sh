# shellcheck shell=sh
# RPC over ncalrpc: what applications call above ALPC
end_point=demo-$$
served=$(mktemp)
trap 'rm -f "$served"' EXIT
typed rpc_server --endpoint="$end_point" '&'
rpc_server --endpoint="$end_point" >"$served" &
show rpc_client --explain --endpoint="$end_point" --wait=10 --stop
wait $!
say 'What the server has printed:'
cat "$served"
