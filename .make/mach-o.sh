#!/bin/sh
# Looks whether programs are what macOS runs: executables for the architecture,
# which need libSystem alone.
#
#	sh .make/mach-o.sh x86_64|arm64 PROGRAM...
#
# A line for each thing that is wrong, and then exit status 1.
set -u
here=$(dirname "$0")

architecture=$1
shift
failed=
for program; do
	od -An -v -tu1 "$program" | awk -v program="$program" \
		-v architecture="$architecture" -f "$here/mach-o.awk" >&2 ||
		failed=yes
done
[ -z "$failed" ] || exit 1

# In one write: the other architecture's may come at the same time.
said=$({
	echo "$architecture: $# programs compiled and linked, not run:"
	for program; do echo "${program##*/}"; done
} | tr '\n' ' ' | fold -s -w 78 | sed 's/ *$//')
printf '%s\n' "$said"
