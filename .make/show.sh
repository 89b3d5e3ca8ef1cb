# shellcheck shell=sh
# What a demo.sh is written with. .make/run.sh runs it from the top directory and
# gives it:
#	PATH	with the built programs first
#	OBJECT	a shared-memory object's name that no other run uses
#	ALONE	1 when only this demo runs, 0 when others follow

# Shows a command as one would type it here, without running it.
typed() {
	if [ -x "$BUILD/$1" ]; then
		printf '%s+ %s/%s%s\n' "$BOLD" "$BUILD" "$*" "$PLAIN"
	else
		printf '%s+ %s%s\n' "$BOLD" "$*" "$PLAIN"
	fi
}

# Shows it, then runs it.
show() {
	typed "$@"
	"$@"
}

# Says something between commands.
say() {
	printf '%s\n' "$*"
}
