# shellcheck shell=sh
# Rights on the move: from one task to another
show send_rights --explain
