# shellcheck shell=sh
# Rights on the move: granted, and moved from task to task
show send_rights --explain
