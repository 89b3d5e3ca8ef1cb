# bats file_tags=shm, bounded-buffer
# Each test is a process of its own, and capture (helper.bash) sets stderr.
# shellcheck disable=SC2030,SC2031,SC2154
# The bounded buffer: two processes, any number of bytes, nothing left behind.

load helper

setup_file() {
	[ "$(uname -s)" = Linux ] || skip 'needs process-shared semaphores: run it on Linux'
}

test_setup() {
	NAME=/$TAG
	IN=$BATS_TEST_TMPDIR/in
	OUT=$BATS_TEST_TMPDIR/out
	CAPACITY=1048576
}

# Starts one side in the background; its messages go to produce.err, consume.err.
side() {
	local which=$1
	shift
	start bounded_buffer "$which" --name="$NAME" "$@" \
		2>"$BATS_TEST_TMPDIR/$which.err"
}

said() {
	cat "$BATS_TEST_TMPDIR/$1.err"
}

# Copies $IN to $OUT and compares; the arguments go to both sides.
copy() {
	local producer consumer
	side consume "$@" >"$OUT"
	consumer=$!
	side produce "$@" <"$IN"
	producer=$!
	all_succeed "$producer" "$consumer"
	cmp "$IN" "$OUT"
}

# Whether the first side is there and waits; after that: whether the second came
# too, and took the name away.
waits() {
	[ "$(stat -c %s "/dev/shm$NAME" 2>/dev/null || echo 0)" -gt "$CAPACITY" ]
}

met() {
	[ ! -e "/dev/shm$NAME" ]
}

# Both sides, with three bytes through and the producer's input held open on
# descriptor 7.
begin_and_hold() {
	mkfifo "$BATS_TEST_TMPDIR/input"
	exec 7<>"$BATS_TEST_TMPDIR/input"
	side consume >"$OUT"
	consumer=$!
	side produce <"$BATS_TEST_TMPDIR/input"
	producer=$!
	printf abc >&7
	eventually grep -q abc "$OUT"
}

# Both sides, with endless input and an output that nobody reads: first that is
# full, then the ring.
begin_and_get_stuck() {
	mkfifo "$BATS_TEST_TMPDIR/output"
	exec 7<>"$BATS_TEST_TMPDIR/output"
	side consume >"$BATS_TEST_TMPDIR/output"
	consumer=$!
	eventually waits
	side produce </dev/zero
	producer=$!
	eventually met
}

@test "copies 0, 1, one chunk and the capacity, and one byte to either side" {
	local size
	for size in 0 1 2 262143 262144 262145 $((CAPACITY - 1)) $CAPACITY $((CAPACITY + 1)); do
		head -c "$size" /dev/urandom >"$IN"
		copy
		assert_equal "$(said produce)$(said consume)" ''
	done
}

@test "copies 50 MiB and leaves nothing" {
	head -c 50M /dev/urandom >"$IN"
	copy
	assert_not_exist "/dev/shm$NAME"
}

@test "pieces of any size go round the end of the ring" {
	local producer consumer
	head -c 5M /dev/urandom >"$IN"
	side consume >"$OUT"
	consumer=$!
	side produce < <(dd if="$IN" bs=999 2>/dev/null 3>&-)
	producer=$!
	all_succeed "$producer" "$consumer"
	cmp "$IN" "$OUT"
}

@test "either may start first" {
	local producer consumer
	head -c 3M /dev/urandom >"$IN"
	side produce <"$IN"
	producer=$!
	eventually waits
	side consume >"$OUT"
	consumer=$!
	all_succeed "$producer" "$consumer"
	cmp "$IN" "$OUT"

	side consume >"$OUT"
	consumer=$!
	eventually waits
	side produce <"$IN"
	all_succeed "$!" "$consumer"
	cmp "$IN" "$OUT"
}

pass_on() {
	local i
	NAME=/$TAG-$2
	OUT=$BATS_TEST_TMPDIR/out
	for ((i = 0; i < $1; i++)); do
		bounded_buffer consume --name="$NAME" >"$OUT" &
		bounded_buffer produce --name="$NAME" <"$IN"
		wait "$!"
		cmp "$IN" "$OUT"
		assert_not_exist "/dev/shm$NAME"
	done
}

# bats test_tags=rounds
@test "200 times at once: always whole, nothing left" {
	printf 'a few bytes\0' >"$IN"
	lanes 2 pass_on 100
}

@test "twenty pairs at once, each with its own name" {
	local i pids=()
	head -c 1M /dev/urandom >"$IN"
	for i in {1..20}; do
		start bounded_buffer consume --name="$NAME-$i" >"$OUT.$i"
		pids+=("$!")
		start bounded_buffer produce --name="$NAME-$i" <"$IN"
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	for i in {1..20}; do
		cmp "$IN" "$OUT.$i"
	done
}

@test "small writes pass on at once: no byte waits for more" {
	mkfifo "$BATS_TEST_TMPDIR/input"
	exec 7<>"$BATS_TEST_TMPDIR/input"
	side consume >"$OUT"
	local consumer=$!
	side produce <"$BATS_TEST_TMPDIR/input"
	local producer=$!
	printf one >&7
	eventually grep -q one "$OUT"
	printf two >&7
	eventually grep -q onetwo "$OUT"
	exec 7>&-
	all_succeed "$producer" "$consumer"
}

@test "the default name is the user's own" {
	capture bounded_buffer consume --wait=0 </dev/null
	assert_equal "$status" 1
	assert_stderr_line "bounded_buffer: no producer came to /bounded_buffer-$(id -u) in 0 seconds; start one: bounded_buffer produce --name=/bounded_buffer-$(id -u)"
}

@test "--wait: nobody comes: an error, and nothing left" {
	capture bounded_buffer produce --name="$NAME" --wait=0.2 </dev/null
	assert_equal "$status" 1
	assert_stderr_line "bounded_buffer: no consumer came to $NAME in 0.2 seconds; start one: bounded_buffer consume --name=$NAME"
	assert_not_exist "/dev/shm$NAME"
}

@test "a signal while it waits alone leaves nothing" {
	local signal
	for signal in HUP INT TERM; do
		start env --default-signal=INT bounded_buffer produce --name="$NAME" </dev/null
		eventually waits
		kill -"$signal" "$!"
		ended "$!"
		assert_equal "$status" $((128 + $(kill -l "$signal")))
		assert_not_exist "/dev/shm$NAME"
	done
}

@test "what a run that was killed while it waited has left is used again" {
	side produce </dev/null
	eventually waits
	kill -KILL "$!"
	ended "$!"
	assert_exist "/dev/shm$NAME"
	head -c 2M /dev/urandom >"$IN"
	copy
	assert_not_exist "/dev/shm$NAME"
}

@test "the second dies between the name and the call: the first says so" {
	requires strace
	local producer consumer
	side produce --wait=60 </dev/null
	producer=$!
	eventually waits
	start strace -qq -o /dev/null -e trace=unlink,unlinkat \
		-e inject=unlink,unlinkat:delay_exit=20000000 \
		bounded_buffer consume --name="$NAME" >"$OUT"
	consumer=$!
	eventually met
	kill -KILL "$(tr -d ' ' <"/proc/$consumer/task/$consumer/children")"
	kill -KILL "$consumer" # strace 6.1 would wait for the dead one
	ended "$consumer"
	ended "$producer"
	assert_equal "$status" 1
	assert_equal "$(said produce)" "bounded_buffer: a consumer came to $NAME and died"
}

@test "a second producer of the name is refused, and does no harm" {
	head -c 2M /dev/urandom >"$IN"
	side produce <"$IN"
	local producer=$!
	eventually waits
	capture bounded_buffer produce --name="$NAME" </dev/null
	assert_equal "$status" 1
	assert_stderr_line "bounded_buffer: another producer (process $producer) waits on $NAME; choose another --name"
	capture bounded_buffer consume --name="$NAME"
	assert_equal "$status" 0
	cmp "$IN" "$BATS_TEST_TMPDIR/stdout"
	ended "$producer"
	assert_equal "$status" 0
}

# ---- death ------------------------------------------------------------------

@test "the consumer is killed while the producer waits for input" {
	local producer consumer
	begin_and_hold
	kill -KILL "$consumer"
	ended "$producer"
	assert_equal "$status" 1
	assert_equal "$(said produce)" \
		"bounded_buffer: the consumer (process $consumer) died after 3 bytes on this side: the copy is not complete"
	exec 7>&-
	ended "$consumer"
}

@test "the producer is killed while the consumer waits for bytes" {
	local producer consumer
	begin_and_hold
	kill -KILL "$producer"
	ended "$consumer"
	assert_equal "$status" 1
	assert_equal "$(said consume)" \
		"bounded_buffer: the producer (process $producer) died after 3 bytes on this side: the copy is not complete"
	exec 7>&-
	ended "$producer"
}

@test "the producer is killed while the consumer's output is stuck" {
	local producer consumer
	begin_and_get_stuck
	kill -KILL "$producer"
	ended "$consumer"
	assert_equal "$status" 1
	assert_regex "$(said consume)" "the producer \(process $producer\) died after"
	exec 7>&-
	ended "$producer"
}

@test "the consumer is killed while the ring is full" {
	local producer consumer
	begin_and_get_stuck
	kill -KILL "$consumer"
	ended "$producer"
	assert_equal "$status" 1
	assert_regex "$(said produce)" "the consumer \(process $consumer\) died after"
	exec 7>&-
	ended "$consumer"
}

# Rounds in which one of the two is killed.
kill_rounds() {
	local i victim survivor producer consumer whole=0
	NAME=/$TAG-$2
	OUT=$BATS_TEST_TMPDIR/out
	for ((i = 0; i < $1; i++)); do
		side consume --wait=10 >"$OUT"
		consumer=$!
		side produce --wait=10 <"$IN"
		producer=$!
		if ((i % 2)); then
			victim=$producer survivor=$consumer
		else
			victim=$consumer survivor=$producer
		fi
		# before they meet, while they transfer, or after
		sleep "0.00$((RANDOM % 10))"
		if kill -KILL "$victim" 2>/dev/null; then :; fi
		ended "$victim"
		local killed=$status
		if [ -e "/dev/shm$NAME" ]; then
			# it was killed before it came: another takes its place
			if [ "$victim" = "$producer" ]; then side produce <"$IN"; else side consume >"$OUT"; fi
			ended "$!"
		fi
		ended "$survivor"
		if [ "$status" = 0 ]; then
			whole=$((whole + 1))
			cmp "$IN" "$OUT"
		else
			assert_equal "$status" 1
			[ "$killed" = 137 ] || fail "nobody was killed: $(said produce) $(said consume)"
		fi
		assert_not_exist "/dev/shm$NAME"
	done
	echo "whole: $whole of $1"
}

# bats test_tags=rounds
@test "killed at any moment, 100 rounds: never whole when it isn't, nothing left" {
	head -c 3M /dev/urandom >"$IN"
	lanes 4 kill_rounds 25 # most of the time they wait
}

@test "a stopped peer is not a dead one" {
	local producer consumer
	begin_and_hold
	kill -STOP "$consumer"
	# until the producer has looked a few times whether the consumer lives
	local before
	before=$(wakeups "$producer")
	printf def >&7
	eventually slept "$producer" $((before + 4))
	kill -CONT "$consumer"
	exec 7>&-
	all_succeed "$producer" "$consumer"
	assert_equal "$(cat "$OUT")" abcdef
}

wakeups() {
	awk '/^voluntary/ { print $2 }' "/proc/$1/status"
}

slept() {
	[ "$(wakeups "$1")" -ge "$2" ]
}

# A process that waits is woken by its own timer only, ten times a second.
sleeps() {
	local before woken from to
	eventually slept "$1" $(($(wakeups "$1") + 1)) # it has begun to wait
	read -r from _ </proc/uptime                   # seconds with two decimals
	before=$(wakeups "$1")
	eventually slept "$1" $((before + 3))
	woken=$(($(wakeups "$1") - before))
	read -r to _ </proc/uptime
	echo "woken $woken times from $from to $to"
	[ "$woken" -le $(((${to/./} - ${from/./}) / 10 + 2)) ]
}

@test "who waits sleeps: for the other to come, and for bytes" {
	local producer consumer
	side consume >"$OUT"
	consumer=$!
	eventually waits
	sleeps "$consumer"
	mkfifo "$BATS_TEST_TMPDIR/input"
	exec 7<>"$BATS_TEST_TMPDIR/input"
	side produce <"$BATS_TEST_TMPDIR/input"
	producer=$!
	printf abc >&7
	eventually grep -q abc "$OUT"
	sleeps "$consumer"
	sleeps "$producer"
	exec 7>&-
	all_succeed "$producer" "$consumer"
}

# ---- failures of the ends ---------------------------------------------------

@test "the consumer's disk is full: both say so, both fail" {
	[ -e /dev/full ] || skip 'this system has no /dev/full'
	head -c 3M /dev/urandom >"$IN"
	side consume >/dev/full
	local consumer=$!
	side produce <"$IN"
	ended "$!"
	assert_equal "$status" 1
	assert_regex "$(said produce)" "^bounded_buffer: the consumer \(process $consumer\) gave up after [0-9]+ bytes on this side: the copy is not complete\$"
	ended "$consumer"
	assert_equal "$status" 1
	assert_equal "$(said consume)" 'bounded_buffer: write standard output: ENOSPC (No space left on device)'
}

@test "an output that can't be closed is an error: both fail" {
	requires strace
	printf abc >"$IN"
	# a traced process can't look for leaks
	# shellcheck disable=SC2094 # strace only compares the name
	ASAN_OPTIONS=detect_leaks=0 start strace -qq -o /dev/null -P "$OUT" -e trace=close -e inject=close:error=EIO \
		bounded_buffer consume --name="$NAME" >"$OUT" 2>"$BATS_TEST_TMPDIR/consume.err"
	local consumer=$!
	side produce <"$IN"
	ended "$!"
	assert_equal "$status" 1
	ended "$consumer"
	assert_equal "$status" 1
	assert_equal "$(said consume)" 'bounded_buffer: close standard output: EIO (Input/output error)'
}

@test "the consumer's reader goes away: EPIPE, both fail" {
	{
		bounded_buffer consume --name="$NAME" 2>"$BATS_TEST_TMPDIR/consume.err" ||
			echo "$?" >"$BATS_TEST_TMPDIR/consume.status"
	} 3>&- | head -c 10 >/dev/null &
	side produce </dev/zero
	ended "$!"
	assert_equal "$status" 1
	assert_regex "$(said produce)" 'gave up after'
	wait
	assert_equal "$(said consume)" 'bounded_buffer: write standard output: EPIPE (Broken pipe)'
	assert_equal "$(cat "$BATS_TEST_TMPDIR/consume.status")" 1
}

@test "the producer can't read its input: both say so, both fail" {
	side consume >"$OUT"
	local consumer=$!
	side produce <"$BATS_TEST_TMPDIR"
	local producer=$!
	ended "$producer"
	assert_equal "$status" 1
	assert_equal "$(said produce)" 'bounded_buffer: read standard input: EISDIR (Is a directory)'
	ended "$consumer"
	assert_equal "$status" 1
	assert_equal "$(said consume)" "bounded_buffer: the producer (process $producer) gave up after 0 bytes on this side: the copy is not complete"
}

@test "a closed standard descriptor is an error, and no part of the buffer" {
	side consume >&-
	local consumer=$!
	side produce <<<hello
	ended "$!"
	assert_equal "$status" 1
	ended "$consumer"
	assert_equal "$status" 1
	assert_equal "$(said consume)" 'bounded_buffer: write standard output: EBADF (Bad file descriptor)'
	side consume >"$OUT"
	consumer=$!
	side produce <&-
	ended "$!"
	assert_equal "$status" 1
	assert_equal "$(said produce)" 'bounded_buffer: read standard input: EBADF (Bad file descriptor)'
	ended "$consumer"
	assert_equal "$status" 1
}

@test "a full memory file system is an error, not a SIGBUS" {
	$OWN_MOUNTS true 2>/dev/null ||
		skip 'this host lets nobody have a /dev/shm of its own'
	# shellcheck disable=SC2016 # the inner shell's $1
	run $OWN_MOUNTS sh -c 'mount -t tmpfs -o size=256k tmpfs /dev/shm &&
		! bounded_buffer produce --name="$1" --wait=0 </dev/null && ls /dev/shm' sh "$NAME"
	assert_success
	assert_output "bounded_buffer: posix_fallocate $NAME: ENOSPC (No space left on device)"
}

@test "an object that is no bounded buffer is refused and kept" {
	fig3_16_producer --name="$NAME"
	capture bounded_buffer produce --name="$NAME" </dev/null
	assert_equal "$status" 1
	assert_stderr_line "bounded_buffer: $NAME is something else than a bounded buffer; choose another --name"
	capture fig3_17_consumer --name="$NAME"
	assert_stdout_bytes 'Hello World!'
}

@test "neither the size alone nor the first bytes alone make a bounded buffer" {
	local size bytes
	side produce </dev/null
	eventually waits
	size=$(stat -c %s "/dev/shm$NAME")
	kill "$!"
	ended "$!"
	for bytes in 4096 "$size"; do
		head -c "$bytes" /dev/zero >"/dev/shm$NAME"
		[ "$bytes" = 4096 ] || printf other | dd of="/dev/shm$NAME" conv=notrunc 2>/dev/null
		capture bounded_buffer produce --name="$NAME" --wait=0 </dev/null
		assert_equal "$status" 1
		assert_stderr_line "bounded_buffer: $NAME is something else than a bounded buffer; choose another --name"
		assert_equal "$(stat -c %s "/dev/shm$NAME")" "$bytes"
		rm "/dev/shm$NAME"
	done
}

@test "another user's object is refused and kept" {
	[ "$(id -u)" = 0 ] || skip 'only root can make another user its object'
	printf other >"/dev/shm$NAME"
	chown 12345 "/dev/shm$NAME"
	capture bounded_buffer produce --name="$NAME" </dev/null
	assert_equal "$status" 1
	assert_regex "$stderr" "^bounded_buffer: $NAME belongs to another user"
	assert_equal "$(cat "/dev/shm$NAME")" other
	rm "/dev/shm$NAME"
}

@test "usage errors create nothing" {
	capture bounded_buffer
	assert_equal "$status" 2
	assert_stderr_line 'bounded_buffer: say produce or consume; see bounded_buffer --help'
	local wrong
	for wrong in both 'produce consume' 'produce --wait=x' 'produce --name=OS' 'produce --break=no-sync'; do
		# shellcheck disable=SC2086 # the words of one command line
		capture bounded_buffer --name="$NAME" $wrong
		assert_equal "$status" 2
		assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/stderr")" 1
		assert_not_exist "/dev/shm$NAME"
	done
}

# ---- what a person sees -----------------------------------------------------

@test "--explain tells both sides' steps; the data is alone on stdout" {
	echo hello >"$IN"
	copy --explain
	assert_regex "$(narrated "$(said produce)")" ' while \(\(n = read\(0, place, room\)\) == -1 && errno == EINTR\) Let the'
	assert_regex "$(said produce)$(said consume)" 'posix_fallocate\(meeting->fd,'
	assert_regex "$(said produce)" 'ring_advance\(ring, \(size_t\)n\);'
	assert_regex "$(said consume)" 'out = 6'
	assert_regex "$(said produce)" '^producer\['
	assert_regex "$(said consume)" '^consumer\['
	assert_regex "$(said produce)$(said consume)" 'shm_unlink\(meeting->name\)'
	# of many chunks two are told
	head -c 2M /dev/zero >"$IN"
	copy --explain
	assert_equal "$(said produce | grep -c 'ring_advance(ring')" 2
	assert_equal "$(said consume | grep -c 'ring_advance(ring')" 2
}

@test "--step: the producer's standard input is the data, not Enter" {
	requires setsid
	local producer consumer
	printf 'a\nb\nc\n' >"$IN"
	side consume >"$OUT"
	consumer=$!
	# without a terminal there is nobody to press Enter: it runs on
	start setsid --wait bounded_buffer produce --name="$NAME" --step <"$IN" 2>/dev/null
	producer=$!
	all_succeed "$producer" "$consumer"
	cmp "$IN" "$OUT"
}

# Reads slowly until the file $1 tells of progress, then all the rest.
slow_reader() {
	until grep -aq 'MiB of' "$1"; do
		dd bs=64k count=1 2>/dev/null
		sleep 0.01
	done
	cat
}

# A producer on a terminal, whose output is in the file $2; its input is $3.
on_a_terminal() {
	TERM=xterm start script -qefc "bounded_buffer produce --name=$1 <$3" "$2" \
		</dev/null >/dev/null
}

@test "a long transfer shows its progress on a terminal, and clears it" {
	requires script
	local file=$BATS_TEST_TMPDIR/file pipe=$BATS_TEST_TMPDIR/pipe
	local consumers producers mib percent
	head -c 64M /dev/zero >"$IN"
	mkfifo "$file" "$pipe"
	exec 7<>"$pipe" # nothing more is written into it
	exec 8<>"$file" # or opening one end would wait
	: >"$file.said"
	start bounded_buffer consume --name="$NAME-1" >"$file" 2>"$BATS_TEST_TMPDIR/errors" 8>&-
	consumers=("$!")
	start bash -c "$(declare -f slow_reader); slow_reader '$file.said'" <"$file" >"$BATS_TEST_TMPDIR/copy" 8>&-
	consumers+=("$!")
	exec 8>&-
	start bounded_buffer consume --name="$NAME-2" >"$OUT" 2>>"$BATS_TEST_TMPDIR/errors"
	consumers+=("$!")
	on_a_terminal "$NAME-1" "$file.said" "$IN"
	producers=("$!")
	printf x >&7
	on_a_terminal "$NAME-2" "$pipe.said" "$pipe"
	producers+=("$!")

	# of a file the size is known, of a pipe it isn't
	eventually grep -aq 'MiB of 64\.0 MiB' "$file.said"
	read -r mib percent < <(grep -ao 'producer: [0-9.]* MiB of 64\.0 MiB, [0-9]*%' "$file.said" |
		tail -n 1 | tr -d % | awk '{ print $2, $7 }')
	echo "mib $mib percent $percent"
	awk "BEGIN { share = $mib / 64 * 100; exit !($mib > 0 && share - $percent < 2 && $percent - share < 2) }"
	eventually grep -aq $'\rproducer: 0\\.0 MiB\e' "$pipe.said"

	exec 7>&-
	for pid in "${producers[@]}" "${consumers[@]}"; do
		ended "$pid"
		assert_equal "$status" 0
	done
	cmp "$IN" "$BATS_TEST_TMPDIR/copy"
	assert_equal "$(cat "$OUT")" x
	assert_equal "$(cat "$BATS_TEST_TMPDIR/errors")" '' # they have no terminal
	for pid in "$file" "$pipe"; do
		assert_regex "$(sed '/^Script done/d' "$pid.said")" $'\r\e\[K$'
	done
}

@test "--break=no-sync: lost and torn items, counted" {
	capture bounded_buffer --break=no-sync
	assert_equal "$status" 1
	assert_stdout_bytes ''
	local words
	words=$(narrated "$stderr")
	assert_regex "$words" '^no-sync: of 100000 items ([1-9][0-9]*) never arrived whole, and ([1-9][0-9]*) times an item was torn'
	# a torn item is a lost one, and others were overwritten
	[ "${BASH_REMATCH[1]}" -gt "${BASH_REMATCH[2]}" ]
	start bounded_buffer --break=no-sync 2>/dev/null
	ended "$!"
	assert_not_exist "/dev/shm/bounded_buffer-$(id -u)-$!"
}

@test "items of 8, 64 and 4096 bytes between two threads, none lost or torn" {
	capture ring_threads
	assert_equal "$status" 0
	assert_equal "$output" "1000000 items of 8 bytes
200000 items of 64 bytes
20000 items of 4096 bytes
0 items of 8 bytes"
}
