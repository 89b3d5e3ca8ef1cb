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
	# Arguments beyond ASCII need a locale that has them.
	case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
	*[Uu][Tt][Ff]*) ;;
	*)
		LC_ALL=C.UTF-8
		export LC_ALL
		;;
	esac
}

# Makes $1 a prefix, whose system directory is Wine's own. Where that doesn't do
# for this Wine, it makes one its own way: some ten seconds and 700 MB.
make_prefix() {
	mkdir -p "$1/drive_c/windows" || exit 1
	# /usr/bin/wine may be a link into /usr/lib or /opt.
	root=$(dirname "$(readlink -f "$way")")/..
	for libraries in "$root"/../lib/*/wine/x86_64-windows \
		"$root"/lib*/wine/x86_64-windows "$root"/lib/*/wine/x86_64-windows; do
		[ -e "$libraries/kernel32.dll" ] || continue
		ln -s "$(readlink -f "$libraries")" "$1/drive_c/windows/system32"
		# wineboot shall not fill it
		echo disable > "$1/.update-timestamp"
		WINEPREFIX=$1 "$way" cmd /c exit > /dev/null 2>&1 < /dev/null &&
			return
		break
	done
	printf 'making a Wine prefix, once: %s ... ' "$prefix" >&2
	rm -rf "$1"
	WINEPREFIX=$1 WINEDLLOVERRIDES=mscoree,mshtml= "$way" wineboot -i \
		> /dev/null 2>&1 < /dev/null || {
		echo failed >&2
		exit 1
	}
	echo 'done' >&2
}

# Whoever comes first has made it.
need_prefix() {
	[ ! -d "$prefix/drive_c" ] || return 0
	make_prefix "$prefix.$$"
	mv "$prefix.$$" "$prefix" 2> /dev/null
	rm -rf "$prefix.$$" "$prefix/wine.$$"
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
wine_environment
need_prefix
if [ -t 1 ] || [ -t 2 ]; then
	through_pipe "$way" "$program" "$@"
fi
exec "$way" "$program" "$@"
