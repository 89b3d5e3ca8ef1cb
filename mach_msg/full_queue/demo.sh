# shellcheck shell=sh
# A full queue: the four choices that a sender has
show full_queue --explain --limit=2
