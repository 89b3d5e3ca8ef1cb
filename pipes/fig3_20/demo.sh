# shellcheck shell=sh
# 3.20  File descriptors of a pipe, drawn from /proc
show fig3_20_descriptors --explain
