# shellcheck shell=sh
# 3.16  The producer: shm_open, ftruncate, mmap, write
show fig3_16_producer --explain --name="$OBJECT"
[ ! -d /dev/shm ] || show ls -l "/dev/shm$OBJECT"
[ "$ALONE" = 0 ] || say 'The object stays. The consumer reads and unlinks it: make run-3.17'
