# bats file_tags=shm, fig:3-16
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# Figure 3.16: the producer of POSIX shared memory.

load helper

setup_file() {
	[ -d /dev/shm ] || skip 'this system does not show its objects'
}

test_setup() {
	OBJECT=/$TAG
	FILE=/dev/shm$OBJECT
}

test_teardown() {
	# the producer leaves its object: that is the lesson, and not this test's
	rm -f "${FILE:?}"
}

produce() {
	capture fig3_16_producer --name="$OBJECT" "$@"
}

# What the object holds before its first zero byte.
text() {
	tr '\0' '\n' <"$FILE" | head -n 1
}

@test "writes Hello World! at offset 0 of an object of 4096 bytes, and is silent" {
	produce
	assert_equal "$status" 0
	assert_stdout_bytes ''
	assert_equal "$stderr" ''
	assert_equal "$(head -c 12 "$FILE")" 'Hello World!'
	assert_equal "$(wc -c <"$FILE")" 4096
	assert_equal "$(text)" 'Hello World!'
}

@test "the default name is /OS" {
	with_own_shm sh -c 'fig3_16_producer && head -c 12 /dev/shm/OS && fig3_17_consumer' \
		>"$BATS_TEST_TMPDIR/stdout"
	assert_stdout_bytes 'Hello World!Hello World!'
}

@test "cat shows the message and nothing that moves a terminal's cursor" {
	produce
	assert_equal "$(tr -d '\0\001' <"$FILE")" 'Hello World!'
}

@test "the mode is 0600, --mode is less the umask" {
	umask 022
	produce
	assert_equal "$(stat -c %a "$FILE")" 600
	produce --mode=0666
	assert_equal "$(stat -c %a "$FILE")" 644
	produce --mode=0640
	assert_equal "$(stat -c %a "$FILE")" 640
	umask 077
	produce --mode=0666
	assert_equal "$(stat -c %a "$FILE")" 600
}

@test "sizes: the message and 4 bytes fit exactly, one less does not, 0 to 3 never" {
	produce --message=12345678 --size=12
	assert_equal "$status" 0
	assert_equal "$(wc -c <"$FILE")" 12
	assert_equal "$(head -c 8 "$FILE")" 12345678
	produce --message= --size=4
	assert_equal "$status" 0
	rm -f "$FILE"
	local size
	for size in 0 1 2 3; do
		produce --message= --size=$size
		assert_equal "$status" 1
		assert_stderr_line "fig3_16_producer: the message is larger than the object: 0 bytes fit into --size=$size, whose last $size tell that they are complete"
		assert_not_exist "$FILE"
	done
	produce --message=123456789 --size=12
	assert_equal "$status" 1
	assert_stderr_line 'fig3_16_producer: the message is larger than the object: 8 bytes fit into --size=12, whose last 4 tell that they are complete'
	assert_not_exist "$FILE"
}

@test "messages of 0, 1, 4091, 4092 bytes fit into 4096; 4093 create nothing" {
	local n
	for n in 0 1 4091 4092; do
		head -c $n /dev/urandom >"$BATS_TEST_TMPDIR/in"
		produce --message=- <"$BATS_TEST_TMPDIR/in"
		assert_equal "$status" 0
		head -c $n "$FILE" | cmp - "$BATS_TEST_TMPDIR/in"
		rm "$FILE"
	done
	head -c 4093 /dev/urandom >"$BATS_TEST_TMPDIR/in"
	produce --message=- <"$BATS_TEST_TMPDIR/in"
	assert_equal "$status" 1
	assert_regex "$stderr" '^fig3_16_producer: the message is larger than the object: 4092 bytes fit into --size=4096'
	assert_not_exist "$FILE"
}

@test "standard input that can't be read creates nothing" {
	produce --message=- <"$BATS_TEST_TMPDIR"
	assert_equal "$status" 1
	assert_stderr_line 'fig3_16_producer: read standard input: EISDIR (Is a directory)'
	assert_not_exist "$FILE"
}

@test "a message too large leaves the object of an earlier run alone" {
	produce --message=kept
	produce --message=123456789 --size=12
	assert_equal "$status" 1
	assert_equal "$(text)" kept
}

@test "endless standard input ends with an error, not with the memory" {
	produce --message=- --size=1MiB </dev/zero
	assert_equal "$status" 1
	assert_regex "$stderr" 'larger than the object'
	assert_not_exist "$FILE"
}

@test "a huge object costs only the pages that are written" {
	produce --size=1GiB
	assert_equal "$status" 0
	assert_equal "$(stat -c %s "$FILE")" 1073741824
	[ "$(du -k "$FILE" | cut -f1)" -le 16 ]
}

@test "a size that the system can't give is an error and leaves nothing" {
	ulimit -f 8
	trap '' XFSZ
	produce --size=1MiB
	assert_equal "$status" 1
	assert_regex "$stderr" "^fig3_16_producer: ftruncate $OBJECT to 1048576 bytes: EFBIG"
	assert_not_exist "$FILE"
}

@test "a stale object of the same user is replaced, whatever it was" {
	head -c 100000 /dev/urandom >"$FILE"
	local before
	before=$(stat -c %i "$FILE")
	produce
	assert_equal "$status" 0
	assert_equal "$(wc -c <"$FILE")" 4096
	assert_equal "$(text)" 'Hello World!'
	refute [ "$(stat -c %i "$FILE")" = "$before" ]
}

@test "another user's object is refused and stays as it was" {
	[ "$(id -u)" = 0 ] || skip 'only root can make another user its object'
	printf other >"$FILE"
	chown 12345 "$FILE"
	chmod 666 "$FILE"
	produce
	assert_equal "$status" 1
	assert_stderr_line "fig3_16_producer: $OBJECT belongs to another user, whose data is not to be trusted; choose a name of your own: --name=/OS-0"
	assert_equal "$(cat "$FILE")" other
}

@test "root's object is refused to an ordinary user, with a way out" {
	[ "$(id -u)" = 0 ] || skip 'only root can become another user'
	requires setpriv
	printf root >"$FILE"
	chmod 600 "$FILE"
	chmod a+rx "$BATS_TEST_TMPDIR"
	local program
	program=$(as_other_user fig3_16_producer)
	capture setpriv --reuid=12345 --regid=12345 --clear-groups \
		"$program" --name="$OBJECT"
	assert_equal "$status" 1
	assert_stderr_line "fig3_16_producer: shm_open $OBJECT: EACCES (Permission denied); it is another user's, or closed to its own: choose another name, --name=/OS-12345"
	chmod 644 "$FILE"
	capture setpriv --reuid=12345 --regid=12345 --clear-groups \
		"$program" --name="$OBJECT"
	assert_equal "$status" 1
	assert_stderr_line "fig3_16_producer: $OBJECT belongs to another user, whose data is not to be trusted; choose a name of your own: --name=/OS-12345"
	assert_equal "$(cat "$FILE")" root
}

@test "names: one leading slash, something behind it, no other slash" {
	local name
	for name in '' OS / /a/b // /. /..; do
		capture fig3_16_producer --name="$name"
		assert_equal "$status" 2
		assert_regex "$stderr" "^fig3_16_producer: --name=$name: .*; see fig3_16_producer --help\$"
	done
	name=/$TAG-$(printf 'x%.0s' {1..300})
	capture fig3_16_producer --name="${name:0:257}"
	assert_equal "$status" 2
	assert_regex "$stderr" '257 bytes are too long a name; 256 are possible here, and 31 everywhere'
	capture fig3_16_producer --name="${name:0:256}"
	assert_equal "$status" 0
	rm "/dev/shm${name:0:256}"
}

@test "usage errors create nothing" {
	local wrong
	for wrong in --mode=8 --size=-1 --size=x --break=none --unknown operand --delay=x; do
		produce "$wrong"
		assert_equal "$status" 2
		assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/stderr")" 1
		assert_regex "$stderr" 'see fig3_16_producer --help$'
		assert_not_exist "$FILE"
	done
}

@test "--explain: the five calls in order, with what they returned" {
	produce --explain
	local calls
	calls=$(grep -oE '(shm_open|ftruncate|mmap|memcpy|message_publish|munmap)\(' <<<"$stderr" | tr -d '(' | tr '\n' ' ')
	assert_equal "$calls" 'shm_open ftruncate mmap memcpy memcpy message_publish munmap '
	assert_regex "$stderr" "^producer\[[0-9]+\] [0-9]+: fd = shm_open\(name, O_CREAT \| O_EXCL \| O_RDWR, mode\);"
	assert_regex "$stderr" '-> 12 bytes in all'
	assert_stdout_bytes ''
}

@test "--step --message=-: standard input is the message, not Enter" {
	requires setsid
	printf 'a\nb\nc' >"$BATS_TEST_TMPDIR/in"
	# without a terminal there is nobody to press Enter: it runs on
	capture setsid --wait fig3_16_producer --name="$OBJECT" --step --message=- \
		<"$BATS_TEST_TMPDIR/in"
	assert_equal "$status" 0
	assert_equal "$(head -c 5 "$FILE")" $'a\nb\nc'
}

@test "--step --message=- on a terminal: Enter comes from the terminal" {
	requires script
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec 7<>"$BATS_TEST_TMPDIR/keys"
	printf '\n\n\n\n\n\n\n\n' >&7
	TERM=dumb bounded 20 script -qec \
		"printf abc | fig3_16_producer --name=$OBJECT --step --message=-" \
		"$BATS_TEST_TMPDIR/said" >/dev/null <"$BATS_TEST_TMPDIR/keys" 7>&-
	exec 7>&-
	assert_regex "$(cat "$BATS_TEST_TMPDIR/said")" '\[Enter\]'
	assert_equal "$(text)" abc
}

@test "an object that another producer made in between is replaced, not shared" {
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec 7<>"$BATS_TEST_TMPDIR/keys"
	start fig3_16_producer --name="$OBJECT" --step --message=first \
		<"$BATS_TEST_TMPDIR/keys" 2>"$BATS_TEST_TMPDIR/said"
	local first=$! before
	eventually grep -q 'shm_open(' "$BATS_TEST_TMPDIR/said"
	produce --message=second
	before=$(stat -c %i "$FILE")
	exec 7>&-
	ended "$first"
	assert_equal "$status" 0
	assert_equal "$(text)" first
	refute [ "$(stat -c %i "$FILE")" = "$before" ]
}

@test "a hang-up that nohup ignores stays ignored" {
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec 7<>"$BATS_TEST_TMPDIR/keys"
	start env --ignore-signal=HUP fig3_16_producer --name="$OBJECT" --step \
		<"$BATS_TEST_TMPDIR/keys" 2>"$BATS_TEST_TMPDIR/said"
	printf '\n\n' >&7
	eventually grep -q 'mmap(' "$BATS_TEST_TMPDIR/said"
	kill -HUP "$!"
	exec 7>&-
	ended "$!"
	assert_equal "$status" 0
	assert_equal "$(text)" 'Hello World!'
}

@test "killed in mid-step by a signal it leaves no unfinished object" {
	local signal
	mkfifo "$BATS_TEST_TMPDIR/keys"
	for signal in HUP INT TERM; do
		exec 7<>"$BATS_TEST_TMPDIR/keys"
		start env --default-signal=INT fig3_16_producer --name="$OBJECT" --step \
			<"$BATS_TEST_TMPDIR/keys" 2>"$BATS_TEST_TMPDIR/said"
		printf '\n\n' >&7
		eventually grep -q 'mmap(' "$BATS_TEST_TMPDIR/said"
		assert_exist "$FILE"
		kill -"$signal" "$!"
		ended "$!"
		assert_equal "$status" $((128 + $(kill -l "$signal")))
		assert_not_exist "$FILE"
		exec 7>&-
	done
}

@test "SIGKILL in mid-step: the consumer refuses what is left, the next run replaces it" {
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec 7<>"$BATS_TEST_TMPDIR/keys"
	start fig3_16_producer --name="$OBJECT" --step \
		<"$BATS_TEST_TMPDIR/keys" 2>"$BATS_TEST_TMPDIR/said"
	printf '\n\n\n\n' >&7
	eventually grep -q 'the rest where' "$BATS_TEST_TMPDIR/said"
	kill -KILL "$!"
	ended "$!"
	assert_equal "$(head -c 6 "$FILE")" 'Hello '
	capture fig3_17_consumer --name="$OBJECT"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line "fig3_17_consumer: $OBJECT (4096 bytes) holds no complete message; try again, or give --wait"
	produce
	assert_equal "$(text)" 'Hello World!'
}

# bats test_tags=rounds
@test "20 producers of one name at once, 10 times each: all succeed, one whole message" {
	local i pids=()
	for i in {1..20}; do
		start bash -c "for ((i = 0; i < 10; i++)); do
			fig3_16_producer --name=$OBJECT --message='message $i' || exit
		done"
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	capture fig3_17_consumer --name="$OBJECT"
	assert_regex "$output" '^message [0-9]+$'
}

# ---- what differs from the book ---------------------------------------------

@test "--break=no-space: memory holds HelloWorld!" {
	produce --break=no-space
	assert_equal "$status" 0
	assert_equal "$(text)" 'HelloWorld!'
	assert_equal "$(narrated "$stderr")" "no-space: $OBJECT holds HelloWorld!. The figure writes \"Hello\" and then \"World!\", with nothing between them; the text promises Hello World!"
}

@test "--break=no-slash: what this system makes of the name" {
	produce --break=no-slash
	assert_equal "$status" 0
	assert_equal "$(text)" 'Hello World!'
	assert_regex "$(narrated "$stderr")" "^no-slash: shm_open\(\"${OBJECT#/}\"\) succeeded here"
}

@test "--break=mode-0666: what the umask leaves of it" {
	umask 022
	produce --break=mode-0666
	assert_equal "$status" 0
	assert_equal "$(stat -c %a "$FILE")" 644
	assert_regex "$(narrated "$stderr")" '^mode-0666: asked for 0666, got 0644'
}

@test "--break=zero-size: SIGBUS, explained, and nothing left" {
	produce --break=zero-size
	assert_equal "$status" 1
	assert_regex "$stderr" "fig3_16_producer: $OBJECT: SIGBUS: the mapping reaches beyond the object"
	assert_regex "$(narrated "$stderr")" 'zero-size: mmap gave 4096 bytes of an object that has none. Nobody called ftruncate'
	assert_not_exist "$FILE"
}
