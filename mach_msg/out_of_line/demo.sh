# shellcheck shell=sh
# Out-of-line data: bytes that aren't in the message
show out_of_line --explain --size=64MiB
say 'The same bytes in the message itself:'
show out_of_line --copy --size=64MiB
