# shellcheck shell=sh
# Dead names: what a task learns of another's death
show dead_names --explain
