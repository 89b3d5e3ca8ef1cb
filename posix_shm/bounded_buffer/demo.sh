# shellcheck shell=sh
# The bounded buffer: both, any size, synchronised
name=/bounded_buffer-$(id -u)-$$
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
typed bounded_buffer consume --explain --name="$name" '> copy &'
bounded_buffer consume --explain --name="$name" >"$copy" &
typed bounded_buffer produce --name="$name" '< README.md'
bounded_buffer produce --name="$name" <README.md
wait $!
typed cmp README.md copy '&&' echo the same
cmp README.md "$copy" && echo the same
