# shellcheck shell=sh
# 3.17  The consumer prints the message and unlinks the object
[ "$ALONE" = 0 ] || [ -e "/dev/shm$OBJECT" ] ||
	show fig3_16_producer --name="$OBJECT"
show fig3_17_consumer --explain --name="$OBJECT"
say ''
