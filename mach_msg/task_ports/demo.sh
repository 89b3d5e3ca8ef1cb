# shellcheck shell=sh
# Tasks and ports: what a task's names stand for, call by call
show task_ports --explain
