# shellcheck shell=sh
# Dead names: what a task learns of another one's death
show dead_names --explain
