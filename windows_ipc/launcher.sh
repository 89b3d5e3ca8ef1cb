#!/bin/sh
# Starts a Windows program. build/NAME is this script, and starts
# build/windows/NAME.exe with the same arguments, streams and exit status:
# directly on Windows and under WSL, elsewhere through Wine.
#
# By its own name it prints the way it would take, nothing when there is none:
#
#	sh windows_ipc/launcher.sh
#
# Wine gets a prefix (its C: drive and registry) of its own, build/wine, or
# $FIGURES_WINEPREFIX; the user's ~/.wine isn't touched.

set -u

has() {
	command -v "$1" > /dev/null 2>&1
}

find_way() {
	case $(uname -s) in
	MINGW* | MSYS* | CYGWIN*) way=native ;;
	*)
		if [ -e /proc/sys/fs/binfmt_misc/WSLInterop ]; then
			way=WSL
		elif has wine; then
			way=$(command -v wine)
		elif [ -x /usr/lib/wine/wine64 ]; then
			way=/usr/lib/wine/wine64
		else
			way=
		fi
		;;
	esac
}

# ---- Wine -------------------------------------------------------------------

# The programs need neither Wine's desktop nor its services, which take half a
# second to start.
wine_environment() {
	WINEPREFIX=$prefix
	WINEARCH=win64
	WINEDEBUG=-all
	WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe,winedbg.exe,services.exe,explorer.exe='
	export WINEPREFIX WINEARCH WINEDEBUG WINEDLLOVERRIDES
	unset DISPLAY WAYLAND_DISPLAY
	# where its server's socket lies, for good
	TMPDIR=$prefix
	export TMPDIR
	# Arguments beyond ASCII need a locale that has them.
	if [ "$(locale charmap 2> /dev/null)" != UTF-8 ]; then
		LC_ALL=C.UTF-8
		export LC_ALL
	fi
}

runs_in_prefix() {
	"$way" cmd /c exit > /dev/null 2>&1 < /dev/null
}

# Makes $prefix one whose system directory is Wine's own. False where that isn't
# found, or doesn't do for this Wine.
make_prefix() {
	# /usr/bin/wine may be a link into /usr/lib or /opt.
	root=$(dirname "$(readlink -f "$way")")/..
	for libraries in "$root"/../lib/*/wine/x86_64-windows \
		"$root"/lib*/wine/x86_64-windows "$root"/lib/*/wine/x86_64-windows; do
		[ -e "$libraries/kernel32.dll" ] || continue
		mkdir -p "$prefix.new/drive_c/windows" || exit 1
		ln -s "$(readlink -f "$libraries")" \
			"$prefix.new/drive_c/windows/system32"
		# wineboot shall not fill it
		echo disable > "$prefix.new/.update-timestamp"
		rmdir "$prefix" 2> /dev/null # an empty one
		mv "$prefix.new" "$prefix" && runs_in_prefix && return
		rm -rf "$prefix" # it is nobody's but ours
	done
	return 1
}

# Has Wine make it its own way.
have_prefix_made() {
	printf 'making a Wine prefix, once (10 seconds, 700 MB): %s ... ' \
		"$prefix" >&2
	mkdir -p "$prefix"
	if ! WINEDLLOVERRIDES=mscoree,mshtml= "$way" wineboot -i \
		> /dev/null 2>&1 < /dev/null; then
		echo failed >&2
		rm -rf "$prefix" "$prefix.lock"
		exit 1
	fi
	echo 'done' >&2
}

# Several programs may be the first: one makes it and is the first to run in it,
# the others wait.
need_prefix() {
	[ ! -e "$prefix/ready" ] || return 0
	mkdir -p "${prefix%/*}" || exit 1
	# shellcheck disable=SC2094 # a lock is neither read nor written
	(
		! has flock || flock 9
		if [ ! -e "$prefix/ready" ]; then
			# the lock isn't for Wine's server, which would keep it
			if [ -d "$prefix/drive_c" ]; then
				runs_in_prefix 9>&-
			else
				rm -rf "$prefix.new"
				make_prefix 9>&- || have_prefix_made 9>&-
			fi
			: > "$prefix/ready"
		fi
		rm -f "$prefix.lock"
	) 9> "$prefix.lock" || exit 1
}

# Runs a command with what it prints on a terminal going through a pipe: on a
# terminal Wine would draw it, with cursor movements in between.
through_pipe() {
	if [ -t 2 ]; then
		STDERR_COLUMNS=$(stty size <&2 2> /dev/null | cut -d ' ' -f 2)
		export STDERR_COLUMNS
	fi
	# 3 and 4 are what 1 and 2 were, 5 is where the status goes.
	exec 3>&1 4>&2
	if [ -t 3 ] && [ -t 4 ]; then # one pipe keeps the order
		status=$({ { with_status "$@" 2>&1; } | cat >&3; } 5>&1)
	elif [ -t 3 ]; then
		status=$({ { with_status "$@"; } | cat >&3; } 5>&1)
	else
		status=$({ { with_status "$@" 2>&1 >&3; } | cat >&4; } 5>&1)
	fi
	exit "$status"
}

with_status() {
	"$@" 3>&- 4>&- 5>&-
	echo $? >&5
}

# ---- the command line -------------------------------------------------------

# What Wine opens would take a closed stream's place: here it is one that can't be
# used.
{ : <&0; } 2> /dev/null || exec 0> /dev/null
{ : >&1; } 2> /dev/null || exec 1< /dev/null
{ : >&2; } 2> /dev/null || exec 2< /dev/null

find_way
name=$(basename "$0")
if [ "$name" = launcher.sh ]; then
	printf '%s' "$way"
	exit
fi
here=$(cd "$(dirname "$0")" && pwd) || exit
program=$here/windows/$name.exe
case $way in
'')
	printf '%s: Wine is not installed; it runs the Windows programs: make setup\n' \
		"$name" >&2
	exit 1
	;;
native | WSL) exec "$program" "$@" ;;
esac
prefix=${FIGURES_WINEPREFIX:-$here/wine}
prefix=${prefix%/}
case $prefix in
/*) ;;
*) prefix=$(pwd)/$prefix ;; # Wine wants it so
esac
wine_environment
need_prefix
# Wine needs a page at a fixed address. Once in some thousand starts, address
# randomisation has put something else there, and Wine ends without a word.
if setarch -R true 2> /dev/null; then
	set -- setarch -R "$way" "$program" "$@"
else
	set -- "$way" "$program" "$@"
fi
if [ -t 1 ] || [ -t 2 ]; then
	through_pipe "$@"
fi
exec "$@"
