# shellcheck shell=sh
# The bounded buffer: two processes that wait for each other
name=/bounded_buffer-$(id -u)-$$
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
say "$BOLD\$ bounded_buffer consume --explain --name=$name > copy &$PLAIN"
bounded_buffer consume --explain --name="$name" >"$copy" &
say "$BOLD\$ bounded_buffer produce --name=$name < README.md$PLAIN"
bounded_buffer produce --name="$name" <README.md
wait $!
say "$BOLD\$ cmp README.md copy && echo the same$PLAIN"
cmp README.md "$copy" && echo the same
