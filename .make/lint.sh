#!/bin/sh
# Checks the look of the C sources (clang-format) and looks for mistakes in them
# (cppcheck, clang-tidy) and in the scripts and tests (shellcheck).
#
#	BUILD=build sh .make/lint.sh
#
# BUILD is where generated headers lie.
# Each finding is a failure. `make format` gives the sources the look.

set -u
cd "$(dirname "$0")/.." || exit 1

has() {
	command -v "$1" > /dev/null 2>&1
}

tidy=clang-tidy
# Homebrew has clang-tidy only as a part of the whole of LLVM.
if [ "$(uname -s)" = Darwin ] && ! has clang-tidy; then
	tidy=
fi
lacking=
for tool in clang-format cppcheck $tidy shellcheck; do
	if ! has "$tool"; then
		echo "$tool is not installed: make setup-dev" >&2
		lacking=yes
	fi
done
[ -z "$lacking" ] || exit 1

# The project's files, without what git ignores; a source archive has no git.
files() {
	git ls-files --cached --others --exclude-standard 2> /dev/null ||
		find . -type f ! -path './build/*' ! -path './.git/*'
}

# Those of the files whose names match, and that have not been deleted.
matching() {
	printf '%s\n' "$all" | grep -E "$1" | while IFS= read -r file; do
		[ -f "$file" ] && printf '%s\n' "$file"
	done
}

all=$(files)
sources=$(matching '\.c$')
formatted=$(matching '\.[ch]$')
scripts=$(matching '\.(sh|bash|bats)$|(^|/)\.ci/run$')
failed=

# Says what is checked, and runs the command on the list's files. Their names
# have no spaces, as in the Makefile.
check() {
	printf '  %-12s %s files\n' "$1" "$(printf '%s\n' "$2" | grep -c .)"
	list=$2
	shift 2
	printf '%s\n' "$list" | xargs "$@" || failed=yes
}

check clang-format "$formatted" clang-format --dry-run -Werror

# cppcheck knows functions that don't return by GNU's attribute only. Tests may
# compare literals.
check cppcheck "$sources" cppcheck -q --std=c11 -I. \
	--enable=warning,performance,portability --error-exitcode=1 \
	--inline-suppr --suppress=staticStringCompare \
	'-D_Noreturn=__attribute__((noreturn))'

# One clang-tidy a file, two at a time: it is the slow one. It counts what it
# found in system headers on stderr, which tells nobody anything.
if [ -n "$tidy" ]; then
	# shellcheck disable=SC2016 # The inner shell's arguments.
	check clang-tidy "$sources" -n 1 -P 2 sh -c '
		case $1 in
		windows_ipc/ntalpc/* | windows_ipc/fig3_19/* | tests/alpc_* | tests/bench_alpc.c)
			set -- "$1" -Iwindows_ipc/ntalpc/include \
				-Iwindows_ipc/ntalpc/include/linux
			;;
		windows_ipc/* | tests/arguments_probe.c | tests/pipe_relay.c)
			set -- "$1" --target=x86_64-w64-windows-gnu \
				-D_WIN32_WINNT=0x0601 -DUNICODE \
				-DWIN32_LEAN_AND_MEAN \
				-isystem "$BUILD/obj-windows"
			[ -d /usr/x86_64-w64-mingw32/include ] || exit 0
			;;
		mach_msg/* | tests/mach_* | tests/bench_mach*.c)
			set -- "$1" -Imach_msg/linux/include
			;;
		esac
		file=$1
		shift
		said=$(clang-tidy --quiet "$file" -- -std=c11 -I. "$@" \
			-D_POSIX_C_SOURCE=200809L "-DVERSION=\"lint\"" 2>&1) ||
			{ printf "%s\n" "$said" >&2; exit 1; }' sh
fi

check shellcheck "$scripts" shellcheck

[ -z "$failed" ]
