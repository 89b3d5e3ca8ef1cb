# What a demo.sh is written with. .make/run.sh runs it from the top directory and
# gives it:
#	PATH	with the built programs first
#	OBJECT	a shared-memory object's name that no other run uses
#	ALONE	1 when only this demo runs, 0 when others follow

# Shows a command as one would type it, then runs it.
show() {
	printf '%s$ %s%s\n' "$BOLD" "$*" "$PLAIN"
	"$@"
}

# Says something between commands.
say() {
	printf '%s\n' "$*"
}
