# shellcheck shell=sh
# Out-of-line data: a message that says where its bytes are
show out_of_line --explain --size=64MiB
say 'The same bytes in the message itself:'
show out_of_line --copy --size=64MiB
