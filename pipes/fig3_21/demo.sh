# shellcheck shell=sh
# 3.21  An ordinary pipe, from a parent to its child
show fig3_21_ordinary_pipe --explain
