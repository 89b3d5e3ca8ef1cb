# shellcheck shell=sh
# 3.25  Its child: GetStdHandle, ReadFile to the end
typed printf Greetings '|' "$BUILD/fig3_25_pipe_child" --explain
printf Greetings | fig3_25_pipe_child --explain
