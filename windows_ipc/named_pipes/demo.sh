# shellcheck shell=sh
# Named pipes: full duplex, messages, several clients
name=demo-$$
served=$(mktemp)
trap 'rm -f "$served"' EXIT
typed named_pipe_server --name="$name" --clients=2 '&'
named_pipe_server --name="$name" --clients=2 >"$served" &
show named_pipe_client --explain --name="$name" --wait=10
say 'The pipe has outlived its client; here is another:'
show named_pipe_client --name="$name" --wait=10 --message=Hello
wait $!
say 'What the server has printed:'
cat "$served"
