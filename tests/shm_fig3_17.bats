# bats file_tags=shm, fig:3-17
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# Figure 3.17: the consumer of POSIX shared memory.

load helper

setup_file() {
	[ -d /dev/shm ] || skip 'this system does not show its objects'
}

test_setup() {
	OBJECT=/$TAG
	FILE=/dev/shm$OBJECT
}

produce() {
	fig3_16_producer --name="$OBJECT" "$@"
}

consume() {
	capture fig3_17_consumer --name="$OBJECT" "$@"
}

@test "prints Hello World! and nothing else, and unlinks the object" {
	produce
	consume
	assert_equal "$status" 0
	assert_stdout_bytes 'Hello World!'
	assert_equal "$stderr" ''
	assert_not_exist "$FILE"
}

@test "the message arrives byte for byte: none, one, full, zeros, no UTF-8" {
	local in=$BATS_TEST_TMPDIR/in message
	for message in '' 'x' '\0' '\0\0\0' 'a\0b' 'a\0' '\0a' '\n' '\xff\xfe\xc3' '%s%n' '\177\177\177\177'; do
		printf "%b" "$message" >"$in"
		produce --message=- <"$in"
		consume
		assert_equal "$status" 0
		cmp "$in" "$BATS_TEST_TMPDIR/stdout"
	done
	for message in 4091 4092; do
		head -c $message /dev/urandom >"$in"
		produce --message=- <"$in"
		consume
		assert_equal "$status" 0
		cmp "$in" "$BATS_TEST_TMPDIR/stdout"
		head -c $message /dev/zero >"$in"
		produce --message=- <"$in"
		consume
		cmp "$in" "$BATS_TEST_TMPDIR/stdout"
	done
	head -c 3000000 /dev/urandom >"$in"
	produce --message=- --size=3000004 <"$in"
	consume
	cmp "$in" "$BATS_TEST_TMPDIR/stdout"
	head -c 3000000 /dev/zero >"$in"
	produce --message=- --size=3000004 <"$in"
	consume
	cmp "$in" "$BATS_TEST_TMPDIR/stdout"
}

@test "odd sizes: the message is found all the same" {
	local size
	for size in 20 21 22 23 24 4095 4097 8191 65537; do
		produce --size=$size
		consume
		assert_equal "$status" 0
		assert_stdout_bytes 'Hello World!'
	done
}

@test "run first: ENOENT, and what to do" {
	consume
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line "fig3_17_consumer: shm_open $OBJECT: ENOENT (No such file or directory); run fig3_16_producer first, or give --wait"
}

@test "an object without a size is refused and kept" {
	: >"$FILE"
	consume
	assert_equal "$status" 1
	assert_stderr_line "fig3_17_consumer: $OBJECT is too small: its producer hasn't given it a size yet; try again, or give --wait"
	assert_exist "$FILE"
	rm "$FILE"
}

@test "an object that is too small or still empty is refused and kept" {
	local size bytes
	for size in 1 2 3 4 5 4096; do
		bytes="$size bytes"
		[ "$size" != 1 ] || bytes='1 byte'
		head -c $size /dev/zero >"$FILE"
		consume
		assert_equal "$status" 1
		assert_stdout_bytes ''
		assert_stderr_line "fig3_17_consumer: $OBJECT ($bytes) holds no complete message; try again, or give --wait"
		assert_exist "$FILE"
		rm "$FILE"
	done
}

@test "an object of the book's own producer is read to its first zero" {
	(printf 'Hello World!'; head -c 4084 /dev/zero) >"$FILE"
	consume
	assert_stdout_bytes 'Hello World!'
	# full to the last byte: the state is text
	head -c 4096 /dev/zero | tr '\0' x >"$FILE"
	consume
	assert_equal "$status" 0
	assert_equal "${#output}" 4096
}

@test "another user's object is refused and kept" {
	[ "$(id -u)" = 0 ] || skip 'only root can make another user its object'
	produce
	chown 12345 "$FILE"
	consume
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line "fig3_17_consumer: $OBJECT belongs to another user, whose data is not to be trusted; choose a name of your own: --name=/OS-0"
	consume --wait=0.05
	assert_equal "$status" 1
	assert_exist "$FILE"
	rm "$FILE"
}

@test "an ordinary user can't read another's object, and is told what to do" {
	[ "$(id -u)" = 0 ] || skip 'only root can become another user'
	requires setpriv
	produce
	capture setpriv --reuid=12345 --regid=12345 --clear-groups \
		"$(as_other_user fig3_17_consumer)" --name="$OBJECT"
	assert_equal "$status" 1
	assert_stderr_line "fig3_17_consumer: shm_open $OBJECT: EACCES (Permission denied); it is another user's, or closed to its own: choose another name, --name=/OS-12345"
	rm "$FILE"
}

# Whether the process has slept so many times: --wait looks every 5 ms.
slept() {
	[ "$(awk '/^voluntary/ { print $2 }' "/proc/$1/status")" -ge "$2" ]
}

@test "--wait: starts first, and reads when the producer has finished" {
	start fig3_17_consumer --name="$OBJECT" --wait=10 >"$BATS_TEST_TMPDIR/stdout"
	eventually slept "$!" 20
	produce
	ended "$!"
	assert_equal "$status" 0
	assert_stdout_bytes 'Hello World!'
}

@test "--wait: a half-written message is waited for" {
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec 7<>"$BATS_TEST_TMPDIR/keys"
	start fig3_16_producer --name="$OBJECT" --step \
		<"$BATS_TEST_TMPDIR/keys" 2>"$BATS_TEST_TMPDIR/said"
	local producer=$!
	printf '\n\n\n\n' >&7
	eventually grep -q 'the rest where' "$BATS_TEST_TMPDIR/said"
	consume --wait=0.1
	assert_equal "$status" 1
	assert_stdout_bytes ''
	start fig3_17_consumer --name="$OBJECT" --wait=10 >"$BATS_TEST_TMPDIR/stdout"
	local consumer=$!
	eventually slept "$consumer" 20
	printf '\n\n\n' >&7
	all_succeed "$producer" "$consumer"
	assert_stdout_bytes 'Hello World!'
}

@test "--wait: gives up with the reason when nobody comes" {
	consume --wait=0.05
	assert_equal "$status" 1
	assert_regex "$stderr" 'ENOENT'
}

write_and_read() {
	local i message filler
	OBJECT=/$TAG-$2
	filler=$(head -c 100000 /dev/zero | tr '\0' x)
	for ((i = 0; i < $1; i++)); do
		fig3_17_consumer --name="$OBJECT" --wait=10 >"$BATS_TEST_TMPDIR/stdout" &
		message=" round $i"
		# now and then one that takes a while to write
		[ $((i % 4)) != 0 ] || message=$filler$message
		fig3_16_producer --name="$OBJECT" --size=128KiB --message=- <<<"$message"
		wait "$!"
		[ "$(tr -d x <"$BATS_TEST_TMPDIR/stdout")" = " round $i" ] ||
			fail "round $i: $(wc -c <"$BATS_TEST_TMPDIR/stdout") bytes"
	done
}

# bats test_tags=rounds
@test "200 times at once with the producer: the whole message, always" {
	lanes 2 write_and_read 100
}

@test "a message that can't be printed is kept" {
	produce
	assert_fails_to_print full \
		'^fig3_17_consumer: write standard output: ENOSPC \(No space left on device\)$' \
		fig3_17_consumer --name="$OBJECT"
	assert_fails_to_print closed \
		'^fig3_17_consumer: write standard output: EBADF \(Bad file descriptor\)$' \
		fig3_17_consumer --name="$OBJECT"
	consume
	assert_stdout_bytes 'Hello World!'
}

@test "an object cut short while it is read: an error, not a crash" {
	produce --size=8192
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec 7<>"$BATS_TEST_TMPDIR/keys"
	start fig3_17_consumer --name="$OBJECT" --step <"$BATS_TEST_TMPDIR/keys" \
		2>"$BATS_TEST_TMPDIR/said" >"$BATS_TEST_TMPDIR/stdout"
	printf '\n' >&7
	eventually grep -q 'mmap(' "$BATS_TEST_TMPDIR/said"
	: >"$FILE"
	printf '\n\n\n' >&7
	ended "$!"
	assert_equal "$status" 1
	assert_regex "$(cat "$BATS_TEST_TMPDIR/said")" 'fig3_17_consumer: .*: SIGBUS'
	assert_stdout_bytes ''
	rm "$FILE"
}

@test "--explain: the calls in order, the message still alone on stdout" {
	produce
	consume --explain
	local calls
	calls=$(grep -oE '(shm_open|mmap|fwrite|shm_unlink)\(' <<<"$stderr" | tr -d '(' | tr '\n' ' ')
	assert_equal "$calls" 'shm_open mmap fwrite shm_unlink '
	assert_stdout_bytes 'Hello World!'
}

@test "on a terminal the message ends its line" {
	requires script
	produce
	TERM=dumb bounded 20 script -qec "fig3_17_consumer --name=$OBJECT" \
		"$BATS_TEST_TMPDIR/said" </dev/null >"$BATS_TEST_TMPDIR/stdout"
	assert_stdout_bytes 'Hello World!\r\n'
	produce --message=$'its own\n'
	TERM=dumb bounded 20 script -qec "fig3_17_consumer --name=$OBJECT" \
		"$BATS_TEST_TMPDIR/said" </dev/null >"$BATS_TEST_TMPDIR/stdout"
	assert_stdout_bytes 'its own\r\n'
}

@test "usage errors touch nothing" {
	produce
	local wrong
	for wrong in --wait=x --wait=-1 --name=OS --break=none --unknown operand; do
		consume "$wrong"
		assert_equal "$status" 2
		assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/stderr")" 1
		assert_exist "$FILE"
	done
	rm "$FILE"
}

# ---- what differs from the book ---------------------------------------------

@test "--break=readwrite-map: the printed program's EACCES, and its object stays" {
	produce
	consume --break=readwrite-map
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_regex "$stderr" "fig3_17_consumer: mmap $OBJECT: EACCES \(Permission denied\)\$"
	assert_regex "$(narrated "$stderr")" "^readwrite-map: PROT_WRITE doesn't go with O_RDONLY\. The printed program"
	assert_exist "$FILE"
	rm "$FILE"
}

@test "--break=consumer-first: ENOENT, also when there is an object" {
	produce
	consume --break=consumer-first
	assert_equal "$status" 1
	assert_regex "$stderr" 'fig3_17_consumer: shm_open /OS-none-[0-9]+: ENOENT'
	assert_regex "$(narrated "$stderr")" '^consumer-first: there is no object of this name yet'
	assert_exist "$FILE"
	rm "$FILE"
}

@test "--break=zero-size: SIGBUS, explained, and nothing left" {
	consume --break=zero-size
	assert_equal "$status" 1
	assert_regex "$stderr" 'fig3_17_consumer: /OS-empty-[0-9]+: SIGBUS'
	assert_regex "$(narrated "$stderr")" '^zero-size: mmap gave 4096 bytes of an object that has none'
	assert_not_exist "/dev/shm$(grep -o '/OS-empty-[0-9]*' <<<"$stderr")"
}

@test "--break=no-unlink: the object outlives both, and is read again" {
	produce
	consume --break=no-unlink
	assert_equal "$status" 0
	assert_stdout_bytes 'Hello World!'
	assert_regex "$(narrated "$stderr")" "^no-unlink: both are done and $OBJECT is still there"
	assert_exist "$FILE"
	consume
	assert_stdout_bytes 'Hello World!'
	assert_not_exist "$FILE"
}
