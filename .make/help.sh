#!/bin/sh
# The map: help.sh FIGURES_WITH_A_LECTURE ORDER-NAME=DIRECTORY...
# In the place of a directory stands the figure that a figure is the rest of.
set -eu

lectures=$1
shift
echo 'The figures of section 3.7, and the mechanisms beside them:'
for demo in "$@"; do
	name=${demo#*-}
	name=${name%%=*}
	if [ -f "${demo#*=}/demo.sh" ]; then
		about=$(sed -n '2s/^# //p' "${demo#*=}/demo.sh")
	else
		about="$name  The rest of ${demo#*=}: the same program"
	fi
	printf '  %-25s %s\n' "make run-$name" "$about"
done
cat <<'END'

Several at once:
END
# shellcheck disable=SC2016 # the call is make's
for room in */room.mk; do
	grep -q '^$(call room,' "$room" || continue
	printf '  %-25s %s\n' \
		"$(sed -n 's/^\$(call room,[^,]*,\(.*\))$/make run-\1/p' "$room")" \
		"$(sed -n '1s/^# //p' "$room")"
done
cat <<END
  make run-alpc             3.19
  make run                  all of them, in the order of the book
  make lecture FIG=3.16     stepping, in panes; for
$(echo "$lectures" | fold -s -w 52 | sed 's/^/                            /; s/ *$//')

Setting up, building, testing:
  make setup                install what is missing (ROOMS="a b": for these)
  make                      build what this host can build, into build/
  make test                 every test (test-shm and so on: one room's)
  make bench-shm            speed, beside memcpy and a pipe
  make bench-pipes          speed, beside cat and tr
  make bench-mach           speed, beside a raw socket
  make fuzz-mach            SECONDS=60: random calls to the Mach kernel
  make bench-alpc           speed of 3.19's techniques, beside a socket
  make check-windows-link   3.19's programs link with Windows' ntdll
  make check-macos          compile and link for macOS (make setup-macos-check)
  make lint                 format and static checks (tools: make setup-dev)
  make clean                remove build/ and what crashed demos left behind
  make install              PREFIX=/usr/local DESTDIR=; and make uninstall

  SANITIZE=address,undefined, CC=clang and V=1 (show commands) go with all.
END
