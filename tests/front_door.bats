#!/usr/bin/env bats
# The front door: make's targets, what tests/run.sh and .ci/run count, and what
# `make clean` takes away.

# bats file_tags=front

# Each test is a process of its own, and run sets $stderr; single quotes hold
# what is a fake program's own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load helper

# Everything is built once, in a copy of the project; a test that changes
# anything does so in a copy of that copy.
setup_file() {
	export project=$BATS_FILE_TMPDIR/project
	mkdir "$project"
	(cd "$ROOT" && tar cf - --exclude ./build --exclude ./.git .) |
		tar xf - -C "$project"
	quick_make -C "$project"
	# All of the same age: make then goes by what a test touches.
	find "$project" -exec touch -t 202001010000 {} +
}

quick_make() {
	make -j2 CFLAGS=-O0 "$@"
}

# Another copy of the built project, to work in.
in_a_copy() {
	cp -Rp "$project" "$BATS_TEST_TMPDIR/copy"
	cd "$BATS_TEST_TMPDIR/copy" || return
}

# The sources that a make compiled or the programs it linked, from what it said.
said() {
	awk -v what="$1" '$1 == what { print $2 }' <<<"$output" | sort
}

# make's own list of targets without a file, but for those that set up.
targets() {
	make -C "$project" -pn help 2>/dev/null |
		sed -n 's/^\.PHONY: *//p' | tr ' ' '\n' | grep -x '[-a-z0-9._]*' | sort -u |
		grep -v -e '^force$' -e setup
}

# ---- the targets ------------------------------------------------------------

@test "make help names every figure's target, and no target that isn't there" {
	local target named
	run make help
	assert_success
	for target in $(targets | grep ^run) all clean; do
		[ "$target" != all ] || target=
		case $target in *-programs) continue ;; esac
		assert_line --regexp "^  make $target( |\$)"
	done
	assert_line --partial 'make run-3.16'
	assert_line --partial 'make run-3.17'
	assert_line --regexp 'make run-3\.22 +3\.22  The rest of 3\.21'
	named=$(sed -n 's/^  make \([a-z][^ ]*\).*/\1/p' <<<"$output")
	for target in $named; do
		case $target in
		setup) ;;
		*) assert_regex "$(targets | tr '\n' ' ')" "(^| )$target " ;;
		esac
	done
}

@test "make help fits a terminal of 80 columns" {
	run make help
	refute_line --regexp '^.{81}'
}

# How many demos the project has.
demos() {
	cat "$project"/*/room.mk | grep -cE '^\$\(call (windows_)?demo,'
}

# Those of them that this host can't run.
homeless_demos() {
	if [ -x "$BUILD/fig3_25_pipe_child" ]; then
		echo 0
	else
		grep -c '^$(call windows_demo,' "$project/windows_ipc/room.mk"
	fi
}

# The last line of `make run` with a guest that was skipped, or failed.
counted() {
	echo "$(($(demos) - $(homeless_demos))) ran, $(($1 + $(homeless_demos))) skipped, $2 failed"
}

# A room whose only demo this host can't run.
with_a_homeless_room() {
	in_a_copy
	mkdir -p guest/fig9_9
	cat >guest/room.mk <<-'END'
		# A guest
		$(call demo,guest,9.9,9.9,fig9_9,no host for it here: make setup)
		$(call room,guest,guest)
	END
	printf '# shellcheck shell=sh\n# 9.9  A guest\nfalse\n' >guest/fig9_9/demo.sh
}

@test "a demo without its host is skipped with the reason, by itself and in its room" {
	with_a_homeless_room
	run make run-9.9
	assert_success
	assert_output '9.9 skipped: no host for it here: make setup'
	run make run-guest
	assert_success
	assert_output --partial '9.9 skipped: no host for it here: make setup'
}

@test "make run goes on past what is skipped, and doesn't count it as run" {
	with_a_homeless_room
	run make run
	assert_success
	assert_line '9.9 skipped: no host for it here: make setup'
	assert_equal "${lines[${#lines[@]} - 1]}" "$(counted 1 0)"
}

@test "make run fails when a demo does, after the others" {
	with_a_homeless_room
	sed -i.old 's/,no host for it here: make setup//' guest/room.mk
	run make run
	assert_failure
	assert_line '9.9 failed'
	assert_line "$(counted 0 1)"
}

@test "a second make does nothing" {
	in_a_copy
	run quick_make
	assert_success
	assert_equal "$(said CC)$(said LINK)" ''
	run find . -newer Makefile -type f ! -name flags.new
	assert_output ''
}

@test "a room's goal, and all but the Windows programs, compile nothing anew" {
	local goal
	in_a_copy
	for goal in {posix_shm,mach_msg,pipes,windows_ipc}-programs WINDOWS_CC=none; do
		run quick_make "$goal"
		assert_success
		assert_equal "$(said CC)$(said LINK)" ''
	done
}

# What cc compiles here: not what only Windows has the headers for.
unix_sources() {
	find . -name '*.c' \
		\( ! -path './windows_ipc/*' -o -path './windows_ipc/ntalpc/*' \
		-o -path './windows_ipc/fig3_19/*' \) ! -path './build/obj-windows/*' \
		! -name arguments_probe.c ! -name pipe_relay.c | sed 's,^\./,,' | sort
}

@test "touching a header compiles the Windows sources that include it anew" {
	requires_wine
	in_a_copy
	touch windows_ipc/message.h
	run quick_make
	assert_success
	grep -rl '"windows_ipc/message.h"' --include='*.c' windows_ipc | sort >expected
	assert_file_not_empty expected
	said CC | diff expected -
}

@test "touching a header compiles what includes it anew, and nothing else" {
	local header source includes
	in_a_copy
	for header in common/error.h posix_shm/message.h; do
		# The compiler says what includes what.
		for source in $(unix_sources); do
			includes=$(cc -std=c11 -I. -Imach_msg/linux/include \
				-Iwindows_ipc/ntalpc/include \
				-Iwindows_ipc/ntalpc/include/linux -MM "$source")
			case $includes in *" $header"*) echo "$source" ;; esac
		done >expected
		assert_file_not_empty expected
		touch "$header"
		run quick_make WINDOWS_CC=none
		assert_success
		said CC | diff expected -
		find . -exec touch -t 202001010000 {} +
	done
}

@test "touching a source links its program anew, and no other" {
	in_a_copy
	touch posix_shm/fig3_16/fig3_16_producer.c
	run quick_make
	assert_success
	assert_equal "$(said LINK)" build/fig3_16_producer
}

@test "other flags or another compiler: built anew, once" {
	in_a_copy
	mkdir bin
	printf '#!/bin/sh\nexec cc "$@"\n' >bin/other-cc
	chmod +x bin/other-cc
	run make CFLAGS='-O0 -DX' build/fig3_16_producer
	assert_success
	assert_regex "$(said CC)" posix_shm/fig3_16/fig3_16_producer.c
	assert_equal "$(said LINK)" build/fig3_16_producer
	run make CFLAGS='-O0 -DX' build/fig3_16_producer
	assert_equal "$(said CC)$(said LINK)" ''
	PATH=$PWD/bin:$PATH
	run make CFLAGS='-O0 -DX' CC=other-cc build/fig3_16_producer
	assert_success
	assert_regex "$(said CC)" common/error.c
	assert_equal "$(said LINK)" build/fig3_16_producer
}

@test "what is built first doesn't say with which flags the rest is" {
	in_a_copy
	run make build/obj/common/io.o
	assert_success
	cp build/obj/flags flags
	run make build/obj/mach_msg/clock.o
	assert_success
	diff flags build/obj/flags
	if command -v x86_64-w64-mingw32-gcc x86_64-w64-mingw32-widl >/dev/null; then
		run make build/obj-windows/common/io.o
		assert_success
		cp build/obj-windows/flags flags
		run make build/obj-windows/windows_ipc/rpc/figures_c.o
		assert_success
		diff flags build/obj-windows/flags
	fi
}

@test "SANITIZE builds every program so, into BUILD and nowhere else" {
	local built=$BATS_TEST_TMPDIR/built program
	if ! echo 'int main(void) { return 0; }' | cc -x c -o /dev/null \
		-fsanitize=address,undefined - 2>/dev/null; then
		[ -z "${REQUIRE_ALL-}" ] || fail "cc has no sanitizers"
		skip "cc has no sanitizers: make setup-dev"
	fi
	in_a_copy
	find . | sort >../before
	run quick_make BUILD="$built" SANITIZE=address,undefined
	assert_success
	find . | sort | diff ../before -
	for program in build/*; do
		[ -f "$program" ] || continue
		[ ! -e "build/windows/${program##*/}.exe" ] || continue # it starts that
		echo "$program"
		grep -q __asan_init "$built/${program##*/}"
		grep -q __ubsan_handle "$built/${program##*/}"
		run grep -q __asan_init "$program"
		assert_failure
	done
	run "$built/fig3_16_producer" --version
	assert_success
}

@test "only targets with setup in their name install packages" {
	local target
	for target in $(targets); do
		run make -n "$target" BUILD="$BATS_TEST_TMPDIR/build" FIG=3.16
		assert_success
		refute_output --regexp '(^|[^a-z])(apt|apt-get|dnf|brew|sudo|setup\.sh)([^a-z]|$)'
	done
	run grep -lE '(apt-get|dnf|brew) .*install|sudo' -r .make tests/run.sh
	assert_output .make/setup.sh
}

@test "install puts the figures' programs under DESTDIR and PREFIX; uninstall takes them away" {
	local there=$BATS_TEST_TMPDIR/there
	in_a_copy
	run quick_make install DESTDIR="$there" PREFIX=/usr
	assert_success
	assert_file_executable "$there/usr/bin/fig3_16_producer"
	assert_file_executable "$there/usr/bin/fig3_17_consumer"
	assert_file_not_exist "$there/usr/bin/common_probe"
	run "$there/usr/bin/fig3_17_consumer" --version
	assert_success
	run quick_make uninstall DESTDIR="$there" PREFIX=/usr
	assert_success
	run find "$there" ! -type d
	assert_output ''
}

# ---- make clean -------------------------------------------------------------

# No process has this number: it is above what Linux allows.
nobody=99999999

@test "clean removes what crashed demos of this user left, and says so" {
	local user name
	user=$(id -u)
	mkdir "$BATS_TEST_TMPDIR/shm"
	cd "$BATS_TEST_TMPDIR/shm" || return
	for name in OS "OS-$user" "OS-$user-$nobody" "OS-$user-$nobody-3.16" \
		OS-none-$nobody OS-empty-$nobody "bounded_buffer-$user" \
		"bounded_buffer-$user-$nobody" "bounded_buffer-$user.x"; do
		: >"$name"
		echo "removed $PWD/$name"
	done >../expected
	for name in "fifo-$user" "fifo-$user-$nobody"; do
		mkfifo "$name"
		echo "removed $PWD/$name" >>../expected
	done
	sort -o ../expected ../expected
	run sh "$ROOT/.make/clean.sh" "$PWD" "$PWD"
	assert_success
	diff ../expected <(sort <<<"$output")
	run ls -A
	assert_output ''
	run sh "$ROOT/.make/clean.sh" "$PWD" "$PWD"
	assert_success
	assert_output ''
}

@test "clean leaves what is in use, other names, other kinds and other directories" {
	local user
	user=$(id -u)
	mkdir "$BATS_TEST_TMPDIR/shm"
	cd "$BATS_TEST_TMPDIR/shm" || return
	touch "OS-$user-$$" "OS-$user-$$-3.16" OS-none-$$ "bounded_buffer-$user-$$" \
		"OS-${user}1-$nobody" "OS-${user}1" "bounded_buffer-${user}1" OSX \
		"xOS-$user-$nobody" "OS-none-" "OS-none-x$nobody" OS-x sem.OS \
		"my OS" bounded_buffer bounded_buffer-x
	mkdir "OS-empty-$nobody"
	ln -s OSX OS
	mkfifo "fifo-$user-$$" "fifo-${user}1" "OS-$user-$nobody" fifo-x
	touch "fifo-$user" # no FIFO
	find . | sort >../before
	run sh "$ROOT/.make/clean.sh" "$PWD" "$PWD"
	assert_success
	assert_output ''
	find . | sort | diff ../before -
}

@test "clean leaves other users' objects" {
	mkdir "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/shm"
	cd "$BATS_TEST_TMPDIR/shm" || return
	touch OS OS-none-$nobody "OS-4242-$nobody" bounded_buffer-4242
	mkfifo fifo-4242
	# To user 4242 these are someone else's.
	printf '#!/bin/sh\necho 4242\n' >../bin/id
	chmod +x ../bin/id
	run env PATH="$BATS_TEST_TMPDIR/bin:$PATH" sh "$ROOT/.make/clean.sh" "$PWD" "$PWD"
	assert_success
	assert_output ''
	assert_file_exist OS
	assert_file_exist "OS-4242-$nobody"
}

@test "make clean removes the build, and a directory that isn't there is no error" {
	in_a_copy
	# What others left in the real places is not this test's to remove.
	sed 's,/dev/shm,/nonexistent,' .make/clean.sh >clean.new
	mv clean.new .make/clean.sh
	export TMPDIR=$BATS_TEST_TMPDIR
	run make clean
	assert_success
	assert_not_exist build
	run make clean
	assert_success
}

# ---- the count of tests/run.sh ----------------------------------------------

# A bats that leaves this report (nothing: none) and exits so.
fake_bats() {
	local status=$1
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	rm -f "$BATS_TEST_TMPDIR/fake.tap"
	[ $# -eq 1 ] || printf '%s\n' "${@:2}" >"$BATS_TEST_TMPDIR/fake.tap"
	cat >"$BATS_TEST_TMPDIR/bin/bats" <<-END
		#!/bin/sh
		echo "arguments: \$*"
		echo "surroundings: \$BUILD \${MAKEFLAGS-none} \$(umask)"
		[ ! -t 0 ] && cat
		while [ "\$1" != --output ]; do shift; done
		[ ! -e "$BATS_TEST_TMPDIR/fake.tap" ] ||
			cp "$BATS_TEST_TMPDIR/fake.tap" "\$2/report.tap"
		exit $status
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/bats"
}

# Runs tests/run.sh with the fake; the last line is in $last.
count() {
	run env PATH="$BATS_TEST_TMPDIR/bin:$PATH" CI= JOBS="${JOBS-}" \
		BUILD="$BATS_TEST_TMPDIR/out" sh tests/run.sh one.bats
	last=${lines[${#lines[@]} - 1]}
	printf '%s\n' "$output"
}

@test "the count: what passed, failed and was skipped" {
	fake_bats 1 1..5 'ok 1 a' 'not ok 2 b # skip in the name' '# ok 9 no' \
		'ok 3 c # skip' 'ok 4 d # skip no wine' 'ok 5 not ok'
	count
	assert_failure
	assert_equal "$last" '2 passed, 1 failed, 2 skipped'

	fake_bats 0 1..2 'ok 1 a' 'ok 2 b'
	count
	assert_success
	assert_equal "$last" '2 passed, 0 failed, 0 skipped'
}

@test "the count: what the plan promised and nothing reported has failed" {
	fake_bats 0 1..5 'ok 1 a' 'not ok 2 b' 'ok 3 c'
	count
	assert_failure
	assert_equal "$last" '2 passed, 3 failed, 0 skipped'
}

@test "the count: a run that breaks off without a report has failed" {
	# The report of the run before says nothing about this one.
	mkdir "$BATS_TEST_TMPDIR/out"
	printf '%s\n' 1..1 'ok 1 old' >"$BATS_TEST_TMPDIR/out/report.tap"
	fake_bats 127
	count
	assert_failure
	assert_equal "$last" '0 passed, 1 failed, 0 skipped'

	fake_bats 0
	count
	assert_failure
	assert_equal "$last" '0 passed, 1 failed, 0 skipped'

	fake_bats 0 1..0
	count
	assert_failure
	assert_equal "$last" '0 passed, 1 failed, 0 skipped'
}

@test "the count: bats fails without a test that failed" {
	fake_bats 2 1..2 'ok 1 a' 'ok 2 b'
	count
	assert_failure
	assert_equal "$last" '2 passed, 1 failed, 0 skipped'
}

@test "the count: a report that is written late is waited for" {
	fake_bats 0
	sed "s,^exit.*,(sleep 0.2; printf '1..2\\\\nok 1 a\\\\nok 2 b\\\\n' >\"\$2/report.tap\") >/dev/null 2>\&1 3>\&- \&," \
		"$BATS_TEST_TMPDIR/bin/bats" >"$BATS_TEST_TMPDIR/bin/late"
	chmod +x "$BATS_TEST_TMPDIR/bin/late"
	mv "$BATS_TEST_TMPDIR/bin/late" "$BATS_TEST_TMPDIR/bin/bats"
	count
	assert_success
	assert_equal "$last" '2 passed, 0 failed, 0 skipped'
}

@test "the count of real bats: setup_file, teardown_file and a test that is killed" {
	local path
	mkdir "$BATS_TEST_TMPDIR/suite" "$BATS_TEST_TMPDIR/out"
	cd "$BATS_TEST_TMPDIR/suite" || return
	# This file's own bats takes every line that begins with @test.
	sed 's/^ *TEST/@test/' >a.bats <<-'END'
		setup_file() { false; }
		TEST "1" { :; }
		TEST "2" { :; }
	END
	sed 's/^ *TEST/@test/' >b.bats <<-'END'
		teardown_file() { false; }
		TEST "3" { :; }
		TEST "4" { skip; }
		TEST "5" { false; }
	END
	sed 's/^ *TEST/@test/' >c.bats <<-'END'
		TEST "6" { :; }
		TEST "7" { kill -9 $BASHPID; }
	END
	# bats puts its inner programs, one of which is "bats", on PATH.
	path=:$PATH:
	path=${path//:$BATS_LIBEXEC:/:}
	run env -i PATH="$path" BUILD="$BATS_TEST_TMPDIR/out" \
		sh "$ROOT/tests/run.sh" a.bats b.bats c.bats
	printf '%s\n' "$output"
	assert_failure
	assert_equal "${lines[${#lines[@]} - 1]}" '2 passed, 5 failed, 1 skipped'
}

@test "tests run in the same surroundings, whoever runs them" {
	fake_bats 0 1..1 'ok 1 a'
	export MAKEFLAGS=-k
	umask 077
	count <<<'typed at the terminal'
	assert_success
	assert_line "surroundings: $BATS_TEST_TMPDIR/out none 0022"
	refute_output --partial typed
}

@test "JOBS runs tests in parallel, or says why it can't" {
	local tool
	fake_bats 0 1..1 'ok 1 a'
	printf '#!/bin/sh\necho "GNU parallel 1"\n' >"$BATS_TEST_TMPDIR/bin/parallel"
	chmod +x "$BATS_TEST_TMPDIR/bin/parallel"
	JOBS=3 count
	assert_success
	assert_line --regexp '^arguments: --jobs 3 '

	JOBS='' count
	assert_success
	refute_output --partial --jobs

	# There is another program of that name.
	printf '#!/bin/sh\necho moreutils\n' >"$BATS_TEST_TMPDIR/bin/parallel"
	JOBS=3 count
	assert_success
	refute_output --partial --jobs
	assert_line 'tests: GNU parallel is not installed (make setup-dev); running one by one'
}

@test "without bats: one line that says what to do, and a failure" {
	mkdir "$BATS_TEST_TMPDIR/none"
	run --separate-stderr env PATH="$BATS_TEST_TMPDIR/none" \
		"$(type -P sh)" tests/run.sh one.bats
	assert_failure
	assert_equal "$stderr" 'tests: bats is not installed: make setup'
	assert_output '0 passed, 1 failed, 0 skipped'
}

# ---- CI ---------------------------------------------------------------------

# Runs .ci/run with a make that does this.
ci() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\n%s\n' "$1" >"$BATS_TEST_TMPDIR/bin/make"
	chmod +x "$BATS_TEST_TMPDIR/bin/make"
	cd / || return
	run env PATH="$BATS_TEST_TMPDIR/bin:$PATH" bash "$ROOT/.ci/run"
	last=${lines[${#lines[@]} - 1]}
	printf '%s\n' "$output"
}

@test "CI: the count is the last line, also when make complains behind it" {
	local macos=$'\n'"make setup-macos-check: 1 in ${ROOT##*/}"
	[ "$(uname -s)" != Darwin ] || macos=
	export CI=true
	unset REQUIRE_ALL
	ci 'echo "make $*: ${REQUIRE_ALL-unset} in ${PWD##*/}"
		case $1 in setup-*) exit ;; esac
		echo "3 passed, 1 failed, 0 skipped"
		echo "make: *** Error 1" >&2
		exit 2'
	assert_failure
	assert_output "make setup-dev: 1 in ${ROOT##*/}$macos
make setup test: 1 in ${ROOT##*/}
make: *** Error 1
3 passed, 1 failed, 0 skipped"

	ci 'echo "3 passed, 0 failed, 1 skipped"'
	assert_success
	assert_equal "$last" '3 passed, 0 failed, 1 skipped'
}

@test "CI: a run that breaks off has failed, before its count and after" {
	ci 'echo "common/error.c:1: error"; exit 2'
	assert_failure
	assert_equal "$last" '0 passed, 1 failed, 0 skipped'

	ci 'echo "3 passed, 0 failed, 0 skipped"; exit 2'
	assert_failure
	assert_equal "$last" '3 passed, 1 failed, 0 skipped'

	ci 'printf "no newline"'
	assert_failure
	assert_equal "$last" '0 passed, 1 failed, 0 skipped'
}

@test "outside CI: nothing but make setup test, and a missing tool may be skipped" {
	unset CI REQUIRE_ALL
	ci 'echo "make $*: ${REQUIRE_ALL-unset}"; echo "1 passed, 0 failed, 1 skipped"'
	assert_success
	assert_output $'make setup test: unset\n1 passed, 0 failed, 1 skipped'
}

# ---- make lint --------------------------------------------------------------

# Runs .make/lint.sh with tools that find nothing, but for this one.
lint() {
	local tool found
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	for tool in clang-format cppcheck clang-tidy shellcheck; do
		found=0
		[ "$tool" != "$1" ] || found=1
		printf '#!/bin/sh\necho %s "$@" >>%s\nexit %d\n' "$tool" \
			"$BATS_TEST_TMPDIR/log" $found >"$BATS_TEST_TMPDIR/bin/$tool"
		chmod +x "$BATS_TEST_TMPDIR/bin/$tool"
	done
	run env PATH="$BATS_TEST_TMPDIR/bin:$PATH" sh .make/lint.sh
}

# Whether a tool was given the file.
looked_at() {
	grep "^$1 " "$BATS_TEST_TMPDIR/log" | tr ' ' '\n' | sed 's,^\./,,' |
		grep -qxF "$2" || fail "$1 was not given $2"
}

@test "lint looks at every source, script and test, and fails when a tool does" {
	local tool file
	lint none
	assert_success
	while IFS= read -r file; do
		case $file in
		*.[ch]) looked_at clang-format "$file" ;;
		esac
		case $file in
		*.c) looked_at cppcheck "$file" && looked_at clang-tidy "$file" ;;
		*.sh | *.bats | *.bash | */run) looked_at shellcheck "$file" ;;
		esac
	done < <(find common posix_shm tests .make .ci -type f)
	for tool in clang-format cppcheck clang-tidy shellcheck; do
		lint "$tool"
		assert_failure 1
	done
}

@test "lint without its tools: a line for each, and a failure" {
	local tool
	mkdir "$BATS_TEST_TMPDIR/bin"
	for tool in dirname uname; do
		ln -s "$(type -P $tool)" "$BATS_TEST_TMPDIR/bin/$tool"
	done
	run env PATH="$BATS_TEST_TMPDIR/bin" "$(type -P sh)" .make/lint.sh
	assert_failure 1
	assert_line 'cppcheck is not installed: make setup-dev'
	assert_line 'shellcheck is not installed: make setup-dev'
	refute_line --regexp '[^v]$'
}
