# shellcheck shell=sh
# 3.23  A Windows anonymous pipe: parent and child
show fig3_23_pipe_parent --explain
