#!/bin/sh
# Shows a POSIX shared-memory object as it is now: `ls -l`, its first bytes, its
# last ones, and what those tell, in five rows of 80 columns.
#
#	sh .make/look-shm.sh /NAME
#
# On Linux a shared-memory object is a file in /dev/shm: this reads it, and
# changes nothing.
set -u

object=$1
file=/dev/shm$object

if ! [ -d /dev/shm ]; then
	echo "This system doesn't show its shared-memory objects (Linux has /dev/shm)."
	exit 0
fi

# Prints 16 bytes from OFFSET on, in hexadecimal and as characters.
bytes() {
	od -A n -v -t u1 -j "$1" -N 16 "$file" | awk -v offset="$1" '
		{ for (i = 1; i <= NF; i++) byte[n++] = $i }
		END {
			for (i = 0; i < 16; i++) {
				hex = hex (i == 8 ? "  " : " ") (i < n ? sprintf("%02x", byte[i]) : "  ")
				if (i < n)
					text = text (byte[i] > 31 && byte[i] < 127 ? sprintf("%c", byte[i] + 0) : ".")
			}
			printf "%04x %s  |%s|\n", offset, hex, text
		}'
}

# What the object's last aligned 4 bytes tell of a message, as
# posix_shm/message.h has it.
state() {
	case $(od -A n -t x4 -j "$1" -N 4 "$file" | tr -d ' ') in
	'') ;; # it is gone
	00000000) echo 'last 4 bytes: no message yet' ;;
	7f7f7f7f) echo 'last 4 bytes: unfinished, the message is being written' ;;
	*) echo 'last 4 bytes: complete, a consumer may take the message' ;;
	esac
}

if ! line=$(ls -l "$file" 2>/dev/null); then
	echo '(no object of this name now)'
	exit
fi
# shellcheck disable=SC2086 # its words
set -- $line
size=$5
echo "$line"
if [ "$size" -eq 0 ]; then
	echo '(no bytes yet)'
	exit
fi
bytes 0
[ "$size" -le 32 ] || bytes 16
[ "$size" -le 16 ] || bytes $((size - 16))
[ "$size" -lt 4 ] || state $(((size - 4) / 4 * 4))
