# shellcheck shell=sh
# Two ordinary pipes: there and back, no deadlock
show two_way_pipes --explain --message='Hello World!'
[ -t 1 ] || say ''
