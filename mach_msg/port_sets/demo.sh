# shellcheck shell=sh
# Port sets: one server, many ports, one receive
show port_sets --explain
