#!/bin/sh
# Shows what a command prints, again whenever that has changed, from the top of
# the terminal, until it is ended.
#
#	sh .make/watch.sh COMMAND...
set -u

# No cursor, and no line goes on in the next: what is too wide is cut.
# What is typed here is for nobody, and would move the picture.
trap 'printf "\033[?7h\033[?25h"; stty echo 2>/dev/null' EXIT
stty -echo 2>/dev/null
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'before=' WINCH # another size: draw again
printf '\033[?7l\033[?25l'

before=
while :; do
	# What it looks at may go in that moment: then it is gone next time.
	now=$("$@" 2>/dev/null)
	if [ "$now" != "$before" ]; then
		# From the top, each line to its end: nothing is blank in between.
		printf '%s' "$now" | awk -v home='\033[H' -v rest='\033[K' -v below='\033[J' '
			{ printf "%s%s%s", (NR == 1 ? home : "\r\n"), $0, rest }
			END { printf "%s", below }'
		before=$now
	fi
	sleep 0.2 2>/dev/null || sleep 1
done
