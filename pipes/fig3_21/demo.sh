# shellcheck shell=sh
# 3.21  An ordinary pipe, parent to child (3.22 is its second half)
show fig3_21_ordinary_pipe --explain
