# shellcheck shell=sh
# 3.21  An ordinary pipe, parent to child (and 3.22)
show fig3_21_ordinary_pipe --explain
