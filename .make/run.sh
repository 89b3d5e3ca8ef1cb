#!/bin/sh
# Runs demos one after the other and says how each went:
#	run.sh ORDER-NAME=DIRECTORY WHY_NOT [ORDER-NAME=DIRECTORY WHY_NOT]...
# ORDER is the Makefile's. WHY_NOT is empty, or the reason why this host can't run it: then it is skipped,
# which is no failure and no success.
set -u

top=$(pwd)
case $BUILD in
/*) PATH=$BUILD:$PATH ;;
*) PATH=$top/$BUILD:$PATH ;;
esac
BOLD='' PLAIN=''
if [ -t 1 ] && [ -z "${NO_COLOR+set}" ] && [ "${TERM:-dumb}" != dumb ]; then
	BOLD=$(printf '\033[1m') PLAIN=$(printf '\033[0m')
fi
ALONE=$(($# <= 2))
# One demo leaves its object for the next command to find; several at once, also
# of several users on one machine, have each their own.
OBJECT=/OS-$(id -u)
[ "$ALONE" = 1 ] || OBJECT=$OBJECT-$$
export BUILD PATH BOLD PLAIN ALONE OBJECT

ran=0 skipped=0 failed=0
while [ $# -gt 0 ]; do
	name=${1#*-} directory=${1#*=} why_not=$2
	name=${name%%=*}
	shift 2
	if [ -n "$why_not" ]; then
		printf '%s skipped: %s\n' "$name" "$why_not"
		skipped=$((skipped + 1))
		continue
	fi
	printf '%s== %s%s\n' "$BOLD" \
		"$(sed -n '2s/^# //p' "$directory/demo.sh")" "$PLAIN"
	if sh -eu -c '. .make/show.sh; . "$1"' demo "$directory/demo.sh"; then
		ran=$((ran + 1))
	else
		printf '%s failed\n' "$name"
		failed=$((failed + 1))
	fi
	printf '\n'
done
[ "$ALONE" = 1 ] ||
	printf '%d ran, %d skipped, %d failed\n' $ran $skipped $failed
[ $failed -eq 0 ]
