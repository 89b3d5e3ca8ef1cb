# bats file_tags=pipes, two-way
# Each test is a process of its own, and capture (helper.bash) sets stderr.
# shellcheck disable=SC2030,SC2031,SC2154
# Two ordinary pipes: a child sends back what its parent sends, each letter in
# its other case.

load helper

test_setup() {
	IN=$BATS_TEST_TMPDIR/in
	OUT=$BATS_TEST_TMPDIR/out
	TRACE=$BATS_TEST_TMPDIR/trace
}

# What has to come back of standard input.
swapped() {
	LC_ALL=C tr a-zA-Z A-Za-z
}

# Starts the program in the background; its messages go to said.
two_way() {
	start two_way_pipes "$@" 2>"$BATS_TEST_TMPDIR/said"
	PARENT=$!
}

said() {
	cat "$BATS_TEST_TMPDIR/said"
}

# Starts it with a trace, and puts the child's number into $CHILD, from the trace.
# shellcheck disable=SC2119,SC2120
with_child() {
	requires ps
	rm -f "$TRACE"
	two_way --trace="$TRACE" "$@"
	eventually has_child
}

has_child() {
	CHILD=$(sed -n 's/.*"\([1-9][0-9]*\), the child".*/\1/p' "$TRACE" 2>/dev/null)
	[ -n "$CHILD" ]
}

# Whether a process has ended that the test can't wait for; where nobody else
# does, it stays a zombie.
dead() {
	case $(ps -o stat= -p "$1") in
	'' | Z*) ;;
	*) return 1 ;;
	esac
}

# The parent and its child, with some bytes there and back, and more input to
# come on descriptor 7.
begin_and_hold() {
	hold
	with_child --message=- <"$BATS_TEST_TMPDIR/held" >"$OUT"
	printf abc >&7
	eventually grep -q ABC "$OUT"
}

@test "a message comes back in its other case, and nothing else" {
	capture two_way_pipes --message='Hello World!'
	assert_equal "$status" 0
	assert_stdout_bytes 'hELLO wORLD!'
	assert_equal "$stderr" ''
	# standard input is not read then; without a message it is one
	capture two_way_pipes --message=aB </dev/zero
	assert_equal "$status" 0
	assert_stdout_bytes Ab
	capture two_way_pipes --message= </dev/zero
	assert_equal "$status" 0
	assert_stdout_bytes ''
	printf 'Greetings\n' >"$IN"
	capture two_way_pipes <"$IN"
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
	assert_equal "$stderr" ''
	capture two_way_pipes --message=- <"$IN"
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
}

@test "of the 256 bytes every letter is swapped, and no other" {
	LC_ALL=C awk 'BEGIN { for (i = 0; i < 256; i++) printf "\\%03o", i }' >"$IN.text"
	printf '%b' "$(sed 's/\\/\\0/g' "$IN.text")" >"$IN"
	assert_equal "$(wc -c <"$IN" | tr -d ' ')" 256
	capture two_way_pipes <"$IN"
	assert_equal "$status" 0
	swapped <"$IN" | cmp - "$BATS_TEST_TMPDIR/stdout"
	assert_equal "$(LC_ALL=C tr -cd 'a-zA-Z' <"$BATS_TEST_TMPDIR/stdout")" \
		abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
}

@test "any number of bytes: none, one, about a page, a pipe, both, and 10 MiB" {
	local size
	for size in 0 1 4096 4097 65535 65536 65537 131072 131073 196609 10485760; do
		head -c "$size" /dev/urandom >"$IN"
		two_way <"$IN" >"$OUT"
		ended "$PARENT"
		assert_equal "$status" 0
		assert_equal "$(said)" ''
		swapped <"$IN" | cmp - "$OUT"
	done
	# a message of the command line
	head -c 100000 /dev/zero | tr '\0' a >"$IN"
	two_way --message="$(cat "$IN")" >"$OUT"
	ended "$PARENT"
	assert_equal "$status" 0
	swapped <"$IN" | cmp - "$OUT"
}

@test "input from a pipe, output to a reader that takes its time: no deadlock" {
	head -c 10485760 /dev/urandom >"$IN"
	# shellcheck disable=SC2016 # the inner shell's
	bounded 20 bash -c 'cat "$1" | two_way_pipes | { head -c 1; wc -l <"$1" >"$2.lines"; cat; } >"$2"' \
		bash "$IN" "$OUT"
	swapped <"$IN" | cmp - "$OUT"
}

@test "what is typed is answered before the input ends" {
	hold
	two_way <"$BATS_TEST_TMPDIR/held" >"$OUT"
	printf 'One\n' >&7
	eventually grep -q oNE "$OUT"
	printf Two >&7
	eventually grep -q tWO "$OUT"
	exec 7>&-
	ended "$PARENT"
	assert_equal "$status" 0
	printf 'oNE\ntWO' | cmp - "$OUT"
	assert_equal "$(said)" ''
}

@test "two at once and twenty at once don't disturb one another" {
	local i many pids
	for i in {1..20}; do
		head -c 300000 /dev/urandom >"$IN.$i"
	done
	for many in 2 20; do
		pids=()
		for ((i = 1; i <= many; i++)); do
			two_way <"$IN.$i" >"$OUT.$i"
			pids+=("$PARENT")
		done
		all_succeed "${pids[@]}"
		for ((i = 1; i <= many; i++)); do
			swapped <"$IN.$i" | cmp - "$OUT.$i"
		done
	done
}

# bats test_tags=rounds
@test "200 times: always whole" {
	# shellcheck disable=SC2016 # the inner shell's
	bounded 20 bash -c 'for i in {1..200}; do
		[ "$(two_way_pipes --message="Round $i")" = "rOUND $i" ] || exit
	done'
}

# ---- death, and failures of the ends ----------------------------------------

@test "the child is killed while there is nothing to send: one line, no hang" {
	begin_and_hold
	kill -KILL "$CHILD"
	ended "$PARENT"
	assert_equal "$status" 1
	assert_regex "$(said)" '^two_way_pipes: the child was ended by signal 9 \(Killed(: 9)?\)$'
	assert_equal "$(cat "$OUT")" ABC
	exec 7>&-
}

@test "the child is killed while bytes are sent: one line, no hang" {
	with_child --message=- </dev/zero >/dev/null
	# from then on the parent always has something to send
	eventually grep -q 'There is room' "$TRACE"
	kill -KILL "$CHILD"
	ended "$PARENT"
	assert_equal "$status" 1
	assert_regex "$(said)" '^two_way_pipes: the child was ended by signal 9 \(Killed(: 9)?\)$'
}

@test "the parent is killed: its child ends by itself" {
	begin_and_hold
	kill -KILL "$PARENT"
	ended "$PARENT"
	eventually dead "$CHILD"
	assert_equal "$(said)" ''
	exec 7>&-

	# now one that can't write, since all pipes are full; nothing tells when they
	# are, and where this is too short, the test sees less and does not fail
	with_child --break=deadlock
	sleep 0.1
	kill -KILL "$PARENT"
	ended "$PARENT"
	eventually dead "$CHILD"
	assert_equal "$(said)" ''
}

@test "the answer can't be printed: one line says why, and nobody stays" {
	[ -e /dev/full ] || skip 'this system has no /dev/full'
	head -c 1000000 /dev/zero >"$IN"
	with_child --message=- <"$IN" >/dev/full
	ended "$PARENT"
	assert_equal "$status" 1
	assert_equal "$(said)" 'two_way_pipes: write standard output: ENOSPC (No space left on device)'
	eventually dead "$CHILD"
	two_way --message=x >&-
	ended "$PARENT"
	assert_equal "$status" 1
	assert_equal "$(said)" 'two_way_pipes: write standard output: EBADF (Bad file descriptor)'
	# a pipe that nobody will read: the end of a process that is no more
	hold
	exec 8>"$BATS_TEST_TMPDIR/held" 7>&-
	two_way <"$IN" >&8
	exec 8>&-
	ended "$PARENT"
	assert_equal "$status" 1
	assert_equal "$(said)" 'two_way_pipes: write standard output: EPIPE (Broken pipe)'
}

@test "standard input can't be read: one line says why" {
	capture two_way_pipes <&-
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line 'two_way_pipes: read standard input: EBADF (Bad file descriptor)'
	capture two_way_pipes <"$BATS_TEST_TMPDIR"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line 'two_way_pipes: read standard input: EISDIR (Is a directory)'
	# who reads none has no need of it
	capture two_way_pipes --message=x <&-
	assert_equal "$status" 0
	assert_stdout_bytes X
}

# ---- what a person sees -----------------------------------------------------

@test "--explain tells what both do; the answer is alone on stdout" {
	capture two_way_pipes --explain --message='Hello World!'
	assert_equal "$status" 0
	assert_stdout_bytes 'hELLO wORLD!'
	local parent child
	parent=$(grep '^parent\[[0-9]*\]' <<<"$stderr")
	child=$(grep '^child\[[0-9]*\]' <<<"$stderr")
	assert_equal "$(calls "$parent")" 'pipe pipe fork write close read '
	assert_equal "$(calls "$child")" 'read write_all '
	assert_regex "$parent" '> 12 bytes.*> 12 bytes'
	assert_regex "$child" '> 12 bytes.*> 12 bytes'
	assert_equal "$(($(wc -l <<<"$parent") + $(wc -l <<<"$child")))" "$(($(wc -l <<<"$stderr")))"
}

calls() {
	grep -oE '[0-9]: .*(pipe|fork|write|write_all|close|read)\(' <<<"$1" |
		sed -E 's/.*[^a-z_]([a-z_]+)\($/\1/' | tr '\n' ' '
}

@test "--break=deadlock: what each waits for, and what would cure it" {
	requires ps
	capture two_way_pipes --break=list
	assert_equal "$status" 0
	assert_stdout_bytes 'deadlock       write all, then read: each waits for the other\n'
	assert_equal "$stderr" ''
	capture two_way_pipes --break=deadlock --trace="$TRACE"
	assert_equal "$status" 0
	assert_stdout_bytes ''
	has_child
	dead "$CHILD"
	local words number='([1-9][0-9]*)'
	words=$(narrated "$stderr")
	assert_regex "$words" "^deadlock: after a quarter of a second only $number of 1048576 bytes are sent: the parent waits in write\(\), with $number bytes in the pipe to the child; the child waits in write\(\) too, with $number bytes in the pipe back, which nobody reads\. The parent waits for the child to read, the child for the parent to read, and neither does: a deadlock\. The cure is to do what is possible, and to wait for both at once with poll\(\)\."
	# what is sent is in the pipes, or the child holds it
	[ "${BASH_REMATCH[1]}" -gt $((BASH_REMATCH[2] + BASH_REMATCH[3])) ]
}

@test "usage errors" {
	capture two_way_pipes --unknown
	assert_equal "$status" 2
	assert_stdout_bytes ''
	assert_stderr_line "two_way_pipes: option '--unknown' is unknown, ambiguous or takes no argument; see two_way_pipes --help"
	capture two_way_pipes operand
	assert_equal "$status" 2
	assert_stderr_line "two_way_pipes: unexpected operand 'operand'; see two_way_pipes --help"
	capture two_way_pipes --break=none
	assert_equal "$status" 2
	assert_stderr_line "two_way_pipes: --break=none: no such defect; --break=list lists them; see two_way_pipes --help"
	capture two_way_pipes --message
	assert_equal "$status" 2
	assert_equal "$(wc -l <<<"$stderr")" 1
}
