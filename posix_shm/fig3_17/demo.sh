# shellcheck shell=sh
# 3.17  The consumer: shm_open, mmap, shm_unlink
[ "$ALONE" = 0 ] || [ -e "/dev/shm$OBJECT" ] ||
	show fig3_16_producer --name="$OBJECT"
show fig3_17_consumer --explain --name="$OBJECT"
[ -t 1 ] || say ''
