# shellcheck shell=sh
# Tasks and ports: what the names of a task stand for
show task_ports --explain
