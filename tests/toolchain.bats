# bats file_tags=toolchain
# What the compilers, sanitizers and valgrind say of the same sources.

load helper

builds() {
	run bounded 120 make -s BUILD="$BATS_TEST_TMPDIR/build" "$@"
	assert_success
	refute_output --regexp '(warning|error):'
}

@test "gcc: no warning" {
	requires gcc
	builds CC=gcc
}

@test "clang: no warning" {
	requires clang
	builds CC=clang WINDOWS_CC=none
}

@test "other optimization levels: no warning" {
	requires gcc
	builds CC=gcc CFLAGS=-O0
	builds CC=gcc CFLAGS='-O3 -D_FORTIFY_SOURCE=2'
}

@test "make lint: nothing to find" {
	requires clang-format clang-tidy cppcheck shellcheck
	run bounded 300 make lint
	assert_success
}

@test "the Windows programs: no warning from clang either, and they run" {
	with_own_wine
	requires clang x86_64-w64-mingw32-gcc
	builds WINDOWS_CC='clang --target=x86_64-w64-windows-gnu' \
		WINDOWS_LINK='x86_64-w64-mingw32-gcc -municode' windows_ipc-programs
	run "$BATS_TEST_TMPDIR/build/fig3_23_pipe_parent"
	assert_success
	assert_output 'child read Greetings'
}

# What libraries the programs of these sources need, on one line.
libraries_of() {
	local program
	for program; do
		program=$BUILD/windows/$(basename "$program" .c).exe
		[ ! -e "$program" ] || x86_64-w64-mingw32-objdump -p "$program" |
			sed -n 's/.*DLL Name: //p'
	done | sort -u | paste -sd' '
}

@test "the Windows programs need nothing but what Windows brings" {
	requires_wine
	requires x86_64-w64-mingw32-objdump
	assert_equal "$(libraries_of windows_ipc/fig3_19/*.c)" \
		'KERNEL32.dll msvcrt.dll ntdll.dll'
	assert_equal "$(libraries_of windows_ipc/{fig3_2,named,rpc,four}*/*.c)" \
		'KERNEL32.dll RPCRT4.dll msvcrt.dll'
}

@test "address and undefined-behaviour sanitizers: every test of the rooms" {
	requires gcc bats
	builds SANITIZE=address,undefined WINDOWS_CC=none
	BUILD=$BATS_TEST_TMPDIR/build UBSAN_OPTIONS=halt_on_error=1 \
		run bounded 300 bats --filter-tags '!rounds,!no-sanitizer' \
		tests/common.bats tests/shm_*.bats tests/pipes_*.bats
	assert_success
	# what Mach's kernel says goes nowhere: it is looked for in files; and what
	# it has freed is to be free, where a test looks at its memory
	export UBSAN_OPTIONS=halt_on_error=1
	export ASAN_OPTIONS=log_path=$BATS_TEST_TMPDIR/report:quarantine_size_mb=1
	BUILD=$BATS_TEST_TMPDIR/build ROUNDS=200 \
		run bounded 300 bats --filter-tags '!no-sanitizer' \
		tests/mach_conformance.bats tests/mach_kernel.bats
	assert_success
	[ "$(uname -s)" != Linux ] || run bounded 100 "$BATS_TEST_TMPDIR/build/mach_hostile"
	assert_success
	assert_equal "$(cat "$BATS_TEST_TMPDIR"/report.* 2>/dev/null)" ''
}

@test "thread sanitizer: the ring between two threads, and Mach's threads" {
	requires gcc
	local what
	builds SANITIZE=thread WINDOWS_CC=none
	run bounded 120 setarch -R "$BATS_TEST_TMPDIR/build/ring_threads"
	assert_success
	refute_output --partial 'ThreadSanitizer'
	[ "$(uname -s)" = Linux ] || return 0
	export MACH_RUN_DIR=$BATS_TEST_TMPDIR/mach
	export TSAN_OPTIONS=log_path=$BATS_TEST_TMPDIR/report
	for what in 'mach_load threads' 'mach_load forks' mach_conformance \
		"mach_deaths kernel $MACH_RUN_DIR"; do
		# shellcheck disable=SC2086 # a program and its operands
		run bounded 120 setarch -R "$BATS_TEST_TMPDIR"/build/$what
		assert_success
	done
	assert_equal "$(cat "$BATS_TEST_TMPDIR"/report.* 2>/dev/null)" ''
}

# Runs a program under valgrind: no error, no leak, no descriptor left open but
# those that it was given.
valgrinds() {
	local log=$BATS_TEST_TMPDIR/valgrind.$BASHPID
	valgrind --quiet --error-exitcode=99 --leak-check=full \
		--show-leak-kinds=all --track-fds=yes --log-file="$log" "$@" 3>&- 7>&-
	local status=$?
	# an entry's second line tells where it was opened, or that it was given
	assert_equal "$(awk '/Open file descriptor/ { entry = $0; next }
		entry != "" && !/inherited from parent/ { print entry }
		{ entry = "" }' "$log")" ''
	cat "$log"
	return $status
}

@test "valgrind: the figures" {
	requires valgrind
	valgrinds fig3_16_producer --name="/$TAG" --explain
	valgrinds fig3_17_consumer --name="/$TAG" --explain
	echo message | valgrinds fig3_16_producer --name="/$TAG" --message=-
	valgrinds fig3_17_consumer --name="/$TAG"
}

@test "valgrind: the bounded buffer" {
	requires valgrind
	head -c 3M /dev/urandom >"$BATS_TEST_TMPDIR/in"
	valgrinds bounded_buffer consume --name="/$TAG" >"$BATS_TEST_TMPDIR/out" &
	valgrinds bounded_buffer produce --name="/$TAG" <"$BATS_TEST_TMPDIR/in"
	wait "$!"
	cmp -n 3145728 "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
}

@test "valgrind: the pipes" {
	requires valgrind
	local fifo=$BATS_TEST_TMPDIR/fifo
	valgrinds fig3_20_descriptors --explain >"$BATS_TEST_TMPDIR/out"
	valgrinds fig3_20_descriptors --pid=$$ >"$BATS_TEST_TMPDIR/out"
	valgrinds fig3_21_ordinary_pipe --explain
	valgrinds fig3_21_ordinary_pipe --message=- <README.md >"$BATS_TEST_TMPDIR/out"
	valgrinds two_way_pipes <README.md >"$BATS_TEST_TMPDIR/out"
	valgrinds fifo_reader --name="$fifo" >"$BATS_TEST_TMPDIR/out" &
	valgrinds fifo_writer --name="$fifo" <README.md
	wait "$!"
	cmp -n "$(wc -c <README.md)" README.md "$BATS_TEST_TMPDIR/out"
	TMPDIR=$BATS_TEST_TMPDIR valgrinds --child-silent-after-fork=yes four_questions
}

@test "small items cost no system call each" {
	requires strace
	bounded 120 strace -f -c -o "$BATS_TEST_TMPDIR/calls" \
		"$BUILD/ring_threads" >/dev/null
	# 1.22 million items went through; sem_wait and sem_post are futex
	local calls
	calls=$(awk '$NF == "futex" { print $4 }' "$BATS_TEST_TMPDIR/calls")
	echo "futex calls: ${calls:-0}"
	[ "${calls:-0}" -lt 122000 ]
}
