# shellcheck shell=sh
# 3.23  A Windows anonymous pipe: the parent, and a child
show fig3_23_pipe_parent --explain
