# bats file_tags=toolchain
# What the sanitizers and valgrind say of the same sources, and strace.

load helper

# Builds everything with the SANITIZERS, from a copy of the sources; a second time
# nothing is left to do. Where it is built is in $built.
sanitized() {
	local project=$BATS_FILE_TMPDIR/project
	built=$BATS_FILE_TMPDIR/$1
	if [ ! -d "$project" ]; then
		mkdir "$project"
		tar cf - --exclude ./build --exclude ./.git . | tar xf - -C "$project"
	fi
	find "$project" | sort >"$BATS_TEST_TMPDIR/before"
	run bounded 600 make -s -C "$project" BUILD="$built" WINDOWS_CC=none \
		SANITIZE="$1" CFLAGS="${2--O2 -g}"
	assert_success
	refute_output --regexp '(warning|error):'
	find "$project" | sort | diff "$BATS_TEST_TMPDIR/before" -
}

@test "SANITIZE builds every program so, into BUILD and nowhere else" {
	local program
	if ! echo 'int main(void) { return 0; }' | cc -x c -o /dev/null \
		-fsanitize=address,undefined - 2>/dev/null; then
		[ -z "${REQUIRE_ALL-}" ] || fail "cc has no sanitizers"
		skip "cc has no sanitizers: make setup-dev"
	fi
	sanitized address,undefined '-O1 -g'
	for program in "$BUILD"/*; do
		[ -f "$program" ] && [ -x "$program" ] || continue
		program=${program##*/}
		[ ! -e "$BUILD/windows/$program.exe" ] || continue # it starts that
		[ "$program" != mach_fuzz ] || continue # it has sanitizers of its own
		echo "$program"
		grep -q __asan_init "$built/$program"
		grep -q __ubsan_handle "$built/$program"
	done
	run "$built/fig3_16_producer" --version
	assert_success
}

@test "address and undefined-behaviour sanitizers: every test of the rooms" {
	requires gcc bats
	sanitized address,undefined '-O1 -g'
	BUILD=$built UBSAN_OPTIONS=halt_on_error=1 \
		run bounded 900 bats --filter-tags '!rounds,!large,!no-sanitizer' \
		tests/common.bats tests/shm_*.bats tests/pipes_*.bats tests/alpc_*.bats
	assert_success
	# what Mach's kernel says goes nowhere: it is looked for in files; and what
	# it has freed is to be free, where a test looks at its memory
	export UBSAN_OPTIONS=halt_on_error=1
	export ASAN_OPTIONS=log_path=$BATS_TEST_TMPDIR/report:quarantine_size_mb=1
	BUILD=$built ROUNDS=200 run bounded 900 bats --filter-tags '!no-sanitizer' \
		tests/mach_conformance.bats tests/mach_kernel.bats
	assert_success
	[ "$(uname -s)" != Linux ] || run bounded 300 "$built/mach_hostile"
	assert_success
	assert_equal "$(cat "$BATS_TEST_TMPDIR"/report.* 2>/dev/null)" ''
}

@test "thread sanitizer: the ring between two threads, Mach's threads, and ALPC's" {
	requires gcc
	local what
	sanitized thread
	run bounded 300 setarch -R "$built/ring_threads"
	assert_success
	refute_output --partial 'ThreadSanitizer'
	[ "$(uname -s)" = Linux ] || return 0
	export MACH_RUN_DIR=$BATS_TEST_TMPDIR/mach
	export TSAN_OPTIONS=log_path=$BATS_TEST_TMPDIR/report
	for what in 'mach_load threads' 'mach_load forks' mach_conformance \
		"mach_deaths kernel $MACH_RUN_DIR"; do
		# shellcheck disable=SC2086 # a program and its operands
		run bounded 300 setarch -R "$built"/$what
		assert_success
	done
	export ALPC_RUN_DIR=$BATS_TEST_TMPDIR/alpc
	for what in threads processes; do
		run bounded 300 setarch -R "$built/alpc_conformance" $what
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
