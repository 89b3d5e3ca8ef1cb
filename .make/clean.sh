#!/bin/sh
# Removes the shared-memory objects and FIFOs that crashed demos of this user
# left.
#
#	sh .make/clean.sh [OBJECTS [FIFOS]]
#
# On Linux the object /NAME is the file /dev/shm/NAME; OBJECTS is another
# directory for them, FIFOS one for the FIFOs. Only names that the demos give are
# touched, only this user's files, and none of a demo that still runs.

set -u

user=$(id -u)

# Removes the file, of find's type $2, unless process $3 may still use it.
remove() {
	# A process's number may be followed by what tells its files apart.
	process=${3%%[!0-9]*}
	[ -z "$process" ] || ! kill -0 "$process" 2> /dev/null || return 0

	# find says whether it is of that type, no link to one, and whose it is.
	[ -n "$(find "$1" -prune -type "$2" -user "$user" 2> /dev/null)" ] ||
		return 0
	rm -f "$1" && printf 'removed %s\n' "$1"
}

remove_objects() {
	for object in "$1/OS" "$1"/OS-* "$1"/bounded_buffer-*; do
		name=${object##*/}
		case $name in
		OS | "OS-$user" | "bounded_buffer-$user") owner= ;;
		"OS-$user-"[0-9]*) owner=${name#"OS-$user-"} ;;
		OS-none-[0-9]*) owner=${name#OS-none-} ;;
		OS-empty-[0-9]*) owner=${name#OS-empty-} ;;
		"bounded_buffer-$user-"[0-9]*)
			owner=${name#"bounded_buffer-$user-"}
			;;
		"bounded_buffer-$user"[!0-9]*) owner= ;;
		*) continue ;;
		esac
		remove "$object" f "$owner"
	done
}

remove_fifos() {
	for fifo in "$1/fifo-$user" "$1/fifo-$user-"[0-9]*; do
		name=${fifo##*/fifo-"$user"}
		remove "$fifo" p "${name#-}"
	done
}

if [ $# -gt 0 ] || [ "$(uname -s)" = Linux ]; then
	remove_objects "${1:-/dev/shm}"
fi
remove_fifos "${2:-${TMPDIR:-/tmp}}"
