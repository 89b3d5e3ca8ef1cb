#!/bin/sh
# Removes the shared-memory objects that crashed demos of this user left.
#
#	sh .make/clean.sh [DIRECTORY]
#
# On Linux the object /NAME is the file /dev/shm/NAME. Only names that the demos
# give are touched, only this user's files, and none of a demo that still runs.

set -u

directory=${1:-/dev/shm}
[ $# -gt 0 ] || [ "$(uname -s)" = Linux ] || exit 0
[ -d "$directory" ] || exit 0

user=$(id -u)

for object in "$directory/OS" "$directory"/OS-* \
	"$directory"/bounded_buffer-*; do
	name=${object##*/}
	case $name in
	OS | "OS-$user" | "bounded_buffer-$user") process= ;;
	"OS-$user-"[0-9]*) process=${name#"OS-$user-"} ;;
	OS-none-[0-9]*) process=${name#OS-none-} ;;
	OS-empty-[0-9]*) process=${name#OS-empty-} ;;
	"bounded_buffer-$user-"[0-9]*) process=${name#"bounded_buffer-$user-"} ;;
	"bounded_buffer-$user"[!0-9]*) process= ;;
	*) continue ;;
	esac
	# A process's number may be followed by what tells its objects apart.
	process=${process%%[!0-9]*}
	[ -z "$process" ] || ! kill -0 "$process" 2> /dev/null || continue

	# find says whether it is a file, no link to one, and whose it is.
	[ -n "$(find "$object" -prune -type f -user "$user" 2> /dev/null)" ] ||
		continue
	rm -f "$object" && printf 'removed %s\n' "$object"
done
