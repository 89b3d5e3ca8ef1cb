# shellcheck shell=sh
# FIFOs: pipes with a name, for unrelated processes
name=${TMPDIR:-/tmp}/fifo-$(id -u)-$$
trap 'rm -f "$name"' EXIT
typed fifo_writer --name="$name" --message=Greetings '&'
fifo_writer --name="$name" --message=Greetings &
# Whoever comes first creates it: let that be the writer.
until [ -p "$name" ] || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
show fifo_reader --explain --name="$name"
wait $!
show ls -l "$name"
say 'Both have ended, and the FIFO is still there.'
show rm "$name"
