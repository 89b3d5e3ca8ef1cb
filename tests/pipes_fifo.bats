# bats file_tags=pipes, fifo
# Each test is a process of its own, and capture (helper.bash) sets stderr.
# shellcheck disable=SC2030,SC2031,SC2154
# FIFOs: one reader, any number of writers, and a name that stays.

load helper

# The programs' default directory is the test's own, and the FIFO is in it: so
# teardown sees everything that they create.
test_setup() {
	TMPDIR=$BATS_TEST_TMPDIR/tmp
	export TMPDIR
	mkdir "$TMPDIR"
	FIFO=$TMPDIR/fifo
	IN=$BATS_TEST_TMPDIR/in
	OUT=$BATS_TEST_TMPDIR/out
	PIPE_BUF=$(getconf PIPE_BUF /)
}

test_teardown() {
	local left
	left=$(ls -A "$TMPDIR")
	case $left in
	'' | fifo) ;;
	*) fail "left in TMPDIR: $left" ;;
	esac
}

# Start one end in the background; its messages go to reader.err, writer.err.
reader() {
	start fifo_reader --name="$FIFO" "$@" 2>"$BATS_TEST_TMPDIR/reader.err"
	READER=$!
}

writer() {
	start fifo_writer --name="$FIFO" "$@" 2>"$BATS_TEST_TMPDIR/writer.err"
	WRITER=$!
}

said() {
	cat "$BATS_TEST_TMPDIR/$1.err"
}

both_succeed() {
	all_succeed "$WRITER" "$READER"
}

# Copies $IN to $OUT and compares; the arguments are the writer's.
copy() {
	reader >"$OUT"
	writer "$@" <"$IN"
	both_succeed
	cmp "$IN" "$OUT"
}

# Makes $IN that many bytes; the last one is a zero, and no newline.
random() {
	: >"$IN"
	[ "$1" -gt 0 ] || return 0
	head -c $(($1 - 1)) /dev/urandom >"$IN"
	printf '\0' >>"$IN"
}

# Lines of so many bytes, with their newline.
lines_of() {
	local size
	for size; do
		head -c $((size - 1)) /dev/zero | tr '\0' x
		echo
	done
}

# Whether the FIFO is one that nobody but its owner may open.
private() {
	[ -n "$(find "$FIFO" -type p -perm 600)" ]
}

@test "a line arrives, whoever comes first; the FIFO stays, for its owner only" {
	umask 0
	reader >"$OUT"
	eventually test -p "$FIFO"
	capture fifo_writer --name="$FIFO" --message=Greetings
	assert_equal "$status" 0
	assert_stdout_bytes ''
	assert_equal "$stderr" ''
	ended "$READER"
	assert_equal "$status" 0
	assert_equal "$(said reader)" ''
	printf 'Greetings\n' | cmp - "$OUT"
	private
	rm "$FIFO"

	writer --message=
	eventually test -p "$FIFO"
	capture fifo_reader --name="$FIFO"
	assert_equal "$status" 0
	assert_stdout_bytes '\n'
	assert_equal "$stderr" ''
	ended "$WRITER"
	assert_equal "$status" 0
	assert_equal "$(said writer)" ''
	private
}

@test "any bytes in any number arrive as they were" {
	local size how
	for size in 0 1 $((PIPE_BUF - 1)) "$PIPE_BUF" $((PIPE_BUF + 1)) 65536 65537; do
		random "$size"
		for how in '' --alone; do
			copy ${how:+"$how"}
			assert_equal "$(said reader)$(said writer)" ''
		done
	done
	# a line of so many random bytes may be longer than PIPE_BUF, and remarked
	random 10485760
	copy
	copy --alone
	assert_equal "$(said reader)$(said writer)" ''
}

@test "--alone takes a message as it is, --message=- is standard input" {
	printf 'no newline' >"$IN"
	copy --message=-
	reader >"$OUT"
	writer --alone --message='no newline' </dev/zero
	both_succeed
	cmp "$IN" "$OUT"
}

@test "a line that may be torn is remarked, once" {
	local sizes
	# whole, also without a newline at the end
	for sizes in "$PIPE_BUF" "1 $PIPE_BUF $PIPE_BUF 1 $((PIPE_BUF - 1))"; do
		# shellcheck disable=SC2086 # numbers
		lines_of $sizes >"$IN"
		copy
		assert_equal "$(said writer)" ''
	done
	lines_of "$((PIPE_BUF + 1))" | head -c "$PIPE_BUF" >"$IN"
	copy
	assert_equal "$(said writer)" ''

	for sizes in "$((PIPE_BUF + 1))" "10 $((PIPE_BUF + 1)) 10 $((3 * PIPE_BUF)) 300000 10 5000"; do
		# shellcheck disable=SC2086
		lines_of $sizes >"$IN"
		copy
		assert_equal "$(narrated "$(said writer)")" \
			"a line is longer than PIPE_BUF, $PIPE_BUF bytes: where there are other writers, theirs may come in between"
		copy --alone
		assert_equal "$(said writer)" ''
	done
}

@test "twenty writers at once: every line whole, and in its writer's order" {
	local i pids=()
	awk -v max="$PIPE_BUF" -v name="$IN." 'BEGIN {
		for (x = "x"; length(x) < max;)
			x = x x
		for (w = 1; w <= 20; w++)
			for (i = 1; i <= 300; i++) {
				start = w " " i " "
				size = i % 10 ? 20 + i * i * w * 37 % (max - 20) : max
				print start substr(x, 1, size - length(start) - 1) > (name w)
			}
	}'
	# a write end of the test's own: else the reader would end when one writer
	# has ended before the next one comes
	reader >"$OUT"
	eventually test -p "$FIFO"
	exec 7<>"$FIFO"
	for i in {1..20}; do
		start fifo_writer --name="$FIFO" <"$IN.$i" 2>"$IN.$i.err"
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	exec 7>&-
	ended "$READER"
	assert_equal "$status" 0
	assert_equal "$(cat "$IN".*.err)" ''
	for i in {1..20}; do
		cat "$IN.$i"
	done | cmp - <(LC_ALL=C sort -s -n -k 1,1 "$OUT")
}

@test "a line passes on at once; what has no end yet waits for it" {
	hold
	reader >"$OUT"
	writer <"$BATS_TEST_TMPDIR/held"
	printf 'one\ntw' >&7
	eventually grep -q one "$OUT"
	printf 'one\n' | cmp - "$OUT"
	printf 'o\n' >&7
	eventually grep -q two "$OUT"
	exec 7>&-
	both_succeed
	printf 'one\ntwo\n' | cmp - "$OUT"
}

@test "--keep: one writer after another, and nobody's end is the reader's" {
	local i
	reader --keep >"$OUT"
	for i in 1 2 3; do
		capture fifo_writer --name="$FIFO" --message="$i"
		assert_equal "$status" 0
		eventually grep -q "$i" "$OUT"
	done
	kill -TERM "$READER"
	ended "$READER"
	assert_equal "$status" 143
	printf '1\n2\n3\n' | cmp - "$OUT"
}

@test "--keep: ends well when nobody has written for --wait" {
	# the lines are there before the reader, which then has only silence
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	fifo_writer --name="$FIFO" --message=one
	fifo_writer --name="$FIFO" --message=two
	capture fifo_reader --name="$FIFO" --keep --wait=0.1
	exec 7>&-
	assert_equal "$status" 0
	assert_stdout_bytes 'one\ntwo\n'
	assert_equal "$stderr" ''
}

@test "--remove: the name goes at the end, whoever was to remove it" {
	reader --remove >"$OUT"
	eventually test -p "$FIFO"
	writer --message=one
	both_succeed
	assert_not_exist "$FIFO"
	reader >"$OUT"
	eventually test -p "$FIFO"
	writer --message=two --remove
	both_succeed
	assert_not_exist "$FIFO"
	printf 'two\n' | cmp - "$OUT"

	capture fifo_reader --name="$FIFO" --remove --wait=0
	assert_equal "$status" 1
	assert_not_exist "$FIFO"
	capture fifo_writer --name="$FIFO" --remove --wait=0.05 --message=x
	assert_equal "$status" 1
	assert_not_exist "$FIFO"
}

@test "--remove: also when a signal ends it; who ignores one goes on ignoring it" {
	env --default-signal=INT --ignore-signal=HUP true 2>/dev/null ||
		skip "this system's env sets no signals"
	local program signal
	for program in fifo_reader fifo_writer; do
		for signal in HUP INT TERM; do
			waits_to_be_removed --default-signal=INT
			kill -"$signal" "$!"
			ended "$!"
			assert_equal "$status" $((128 + $(kill -l "$signal")))
			assert_not_exist "$FIFO"
		done
		waits_to_be_removed --ignore-signal=HUP
		kill -HUP "$!"
		kill -TERM "$!"
		ended "$!"
		assert_equal "$status" 143
		assert_not_exist "$FIFO"
	done
}

# Starts $program, with --remove, until it waits in open(): only then is it sure
# to have seen to its end.
waits_to_be_removed() {
	start env "$1" "$program" --name="$FIFO" --remove --explain \
		</dev/null 2>"$BATS_TEST_TMPDIR/said"
	eventually grep -q 'Open it like a file' "$BATS_TEST_TMPDIR/said"
	assert [ -p "$FIFO" ]
}

@test "--wait: nobody comes: what to start, and the FIFO is there for it" {
	capture fifo_writer --name="$FIFO" --message=x --wait=0.2
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line "fifo_writer: open $FIFO: no reader came within 0.2 seconds; start fifo_reader --name=$FIFO, or allow more with --wait"
	assert [ -p "$FIFO" ]
	capture fifo_reader --name="$FIFO" --wait=0
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line "fifo_reader: open $FIFO: no writer came within 0 seconds; start fifo_writer --name=$FIFO, or allow more with --wait"
	capture fifo_reader --name="$FIFO" --wait=0.1 --keep
	assert_equal "$status" 1
	assert_stderr_line "fifo_reader: open $FIFO: no writer came within 0.1 seconds; start fifo_writer --name=$FIFO, or allow more with --wait"
	assert [ -p "$FIFO" ]
}

@test "--wait is for the open only: then there is all the time in the world" {
	# the test has both ends open, so that neither program waits for the other
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	reader --wait=0.1 >"$OUT"
	mkfifo "$FIFO-2"
	exec 8<>"$FIFO-2"
	# more than a pipe holds: it waits in write()
	head -c 200000 /dev/zero >"$IN"
	start fifo_writer --name="$FIFO-2" --alone --wait=0.1 <"$IN" 8>&-
	sleep 0.3
	bounded 10 head -c 200000 <&8 | cmp - "$IN"
	ended "$!"
	assert_equal "$status" 0
	printf 'late\n' >&7
	exec 7>&- 8>&-
	rm "$FIFO-2"
	ended "$READER"
	assert_equal "$status" 0
	printf 'late\n' | cmp - "$OUT"
}

@test "what is no FIFO is refused and kept, and a directory has to be there" {
	local program file=$BATS_TEST_TMPDIR/file
	printf kept >"$file"
	ln -s "$BATS_TEST_TMPDIR/none" "$BATS_TEST_TMPDIR/dangling"
	for program in fifo_reader fifo_writer; do
		# --remove would be the worst of it
		capture "$program" --name="$file" --remove </dev/null
		assert_equal "$status" 1
		assert_stdout_bytes ''
		assert_stderr_line "$program: $file exists and is no FIFO; choose another name: --name=PATH"
		assert_equal "$(cat "$file")" kept
		capture "$program" --name="$TMPDIR" --remove </dev/null
		assert_equal "$status" 1
		assert_stderr_line "$program: $TMPDIR exists and is no FIFO; choose another name: --name=PATH"
		assert [ -d "$TMPDIR" ]
		capture "$program" --name=/nonexistent/x </dev/null
		assert_equal "$status" 1
		assert_stderr_line "$program: mkfifo /nonexistent/x: ENOENT (No such file or directory)"
		capture "$program" --name="$BATS_TEST_TMPDIR/dangling" --wait=1 </dev/null
		assert_equal "$status" 1
		assert_equal "$(wc -l <<<"$stderr")" 1
		assert_not_exist "$BATS_TEST_TMPDIR/none"
	done
}

@test "a file that takes the FIFO's place meanwhile is refused too" {
	hold
	start fifo_reader --name="$FIFO" --step <"$BATS_TEST_TMPDIR/held" \
		>"$OUT" 2>"$BATS_TEST_TMPDIR/said"
	takes_its_place
	assert_equal "$(cat "$OUT")" ''
	start fifo_writer --name="$FIFO" --message=x --step \
		<"$BATS_TEST_TMPDIR/held" 2>"$BATS_TEST_TMPDIR/said"
	takes_its_place
}

# Puts a file where the FIFO of $! is, between its check and its open().
takes_its_place() {
	printf '\n' >&7
	eventually grep -q 'Open it like a file' "$BATS_TEST_TMPDIR/said"
	rm "$FIFO"
	printf kept >"$FIFO"
	printf '\n' >&7
	ended "$!"
	assert_equal "$status" 1
	assert_regex "$(tail -n 1 "$BATS_TEST_TMPDIR/said")" \
		"^fifo_.*: $FIFO exists and is no FIFO; choose another name: --name=PATH\$"
	assert_equal "$(cat "$FIFO")" kept
	rm "$FIFO"
}

@test "another user's FIFO is refused and kept" {
	[ "$(id -u)" = 0 ] || skip 'only root can make another user its FIFO'
	local program
	mkfifo -m 666 "$FIFO"
	chown 12345 "$FIFO"
	for program in fifo_reader fifo_writer; do
		capture "$program" --name="$FIFO" --wait=0.2 --remove </dev/null
		assert_equal "$status" 1
		assert_stdout_bytes ''
		assert_stderr_line "$program: $FIFO belongs to another user; choose a name of your own: --name=PATH"
		assert [ -p "$FIFO" ]
	done
}

@test "an ordinary user opens nobody else's FIFO, root's neither" {
	[ "$(id -u)" = 0 ] || skip 'only root can become another user'
	requires setpriv
	local program
	program=$(as_other_user fifo_writer)
	FIFO=/tmp/$TAG/fifo
	mkfifo -m 666 "$FIFO"
	capture setpriv --reuid=12345 --regid=12345 --clear-groups \
		"$program" --name="$FIFO" --wait=0.2 --message=x
	assert_equal "$status" 1
	assert_stderr_line "fifo_writer: $FIFO belongs to another user; choose a name of your own: --name=PATH"
}

# ---- death, and failures of the ends ----------------------------------------

@test "the reader is killed in mid-transfer: EPIPE, and what that means" {
	local how
	# one byte comes through, and many more than the pipes hold don't
	awk 'BEGIN { while (i++ < 200000) print "line", i }' >"$IN"
	for how in '' --alone; do
		hold
		reader >"$BATS_TEST_TMPDIR/held"
		writer ${how:+"$how"} <"$IN"
		bounded 10 head -c 1 <&7 >/dev/null
		kill -KILL "$READER"
		ended "$READER"
		ended "$WRITER"
		assert_equal "$status" 1
		assert_equal "$(said writer)" \
			"fifo_writer: write $FIFO: EPIPE (Broken pipe); the reader has gone; what it had not read is lost"
		exec 7>&- # and what has come is forgotten
	done
}

@test "the writer is killed in mid-transfer: what came is printed, and that's all" {
	hold
	reader >"$OUT"
	writer <"$BATS_TEST_TMPDIR/held"
	printf 'whole\npart' >&7
	eventually grep -q whole "$OUT"
	kill -KILL "$WRITER"
	ended "$WRITER"
	ended "$READER"
	assert_equal "$status" 0
	assert_equal "$(said reader)" ''
	printf 'whole\n' | cmp - "$OUT"
	exec 7>&-
}

@test "the reader can't write: one line says why" {
	[ -e /dev/full ] || skip 'this system has no /dev/full'
	reader >/dev/full
	writer --message=x
	ended "$WRITER"
	assert_equal "$status" 0
	ended "$READER"
	assert_equal "$status" 1
	assert_equal "$(said reader)" 'fifo_reader: write standard output: ENOSPC (No space left on device)'
	reader >&-
	writer --message=x
	ended "$WRITER"
	ended "$READER"
	assert_equal "$status" 1
	assert_equal "$(said reader)" 'fifo_reader: write standard output: EBADF (Bad file descriptor)'
	# a pipe that nobody will read: the end of a process that is no more
	hold
	exec 8>"$BATS_TEST_TMPDIR/held" 7>&-
	reader >&8
	exec 8>&-
	writer --message=x
	ended "$WRITER"
	ended "$READER"
	assert_equal "$status" 1
	assert_equal "$(said reader)" 'fifo_reader: write standard output: EPIPE (Broken pipe)'
}

@test "the writer can't read: one line says why" {
	# the test is the reader; descriptor 7 keeps nobody waiting
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	capture fifo_writer --name="$FIFO" <&-
	assert_equal "$status" 1
	assert_stderr_line 'fifo_writer: read standard input: EBADF (Bad file descriptor)'
	capture fifo_writer --name="$FIFO" --alone <"$BATS_TEST_TMPDIR"
	assert_equal "$status" 1
	assert_stderr_line 'fifo_writer: read standard input: EISDIR (Is a directory)'
	exec 7>&-
}

# ---- what a person sees -----------------------------------------------------

@test "the default name is the user's own, in TMPDIR" {
	start fifo_reader >"$OUT"
	capture fifo_writer --message=Greetings
	assert_equal "$status" 0
	ended "${STARTED[0]}"
	assert_equal "$status" 0
	printf 'Greetings\n' | cmp - "$OUT"
	assert [ -p "$TMPDIR/fifo-$(id -u)" ]
	rm "$TMPDIR/fifo-$(id -u)"
}

@test "--explain tells both ends' calls in order; the data is alone on stdout" {
	reader --explain >"$OUT"
	writer --explain --message=Greetings
	both_succeed
	printf 'Greetings\n' | cmp - "$OUT"
	assert_equal "$(calls reader)" 'mkfifo open read read close '
	assert_equal "$(calls writer)" 'mkfifo open write close '
	assert_regex "$(said reader)" ']   -> 10 bytes'
	assert_regex "$(said writer)" ']   -> 10 bytes'
}

calls() {
	said "$1" | grep -oE '(mkfifo|open|read|write|close)\([a-z]' |
		grep -oE '^[a-z]+' | tr '\n' ' '
}

@test "--break=interleave: long lines torn, lines of PIPE_BUF bytes never" {
	capture fifo_writer --break=list
	assert_equal "$status" 0
	assert_stdout_bytes 'interleave     two writers, lines longer than PIPE_BUF: torn\n'
	assert_equal "$stderr" ''
	# nothing is left under the default name either
	capture fifo_writer --break=interleave
	assert_equal "$status" 0
	assert_stdout_bytes ''
	assert_regex "$(narrated "$stderr")" "^interleave: [1-9][0-9]* of 1000 lines of $((3 * PIPE_BUF)) bytes arrived torn; of 1000 lines of $PIPE_BUF bytes \(PIPE_BUF\), 0\. A longer write goes into the pipe in parts"
	assert_equal "$(ls -A "$TMPDIR")" ''
}

@test "usage errors create nothing" {
	local program wrong
	for program in fifo_reader fifo_writer; do
		capture "$program" --name="$FIFO" --unknown
		assert_equal "$status" 2
		assert_stdout_bytes ''
		assert_stderr_line "$program: option '--unknown' is unknown, ambiguous or takes no argument; see $program --help"
		capture "$program" --name="$FIFO" operand
		assert_equal "$status" 2
		assert_stderr_line "$program: unexpected operand 'operand'; see $program --help"
		for wrong in --wait=x --wait=-1 --break=none --name; do
			capture "$program" --name="$FIFO" "$wrong"
			assert_equal "$status" 2
			assert_equal "$(wc -l <<<"$stderr")" 1
		done
		assert_not_exist "$FIFO"
	done
}

line_rounds() {
	local i fifo=$FIFO-$2 out=$BATS_TEST_TMPDIR/out
	for ((i = 0; i < $1; i++)); do
		fifo_reader --name="$fifo" --wait=10 >"$out" &
		fifo_writer --name="$fifo" --wait=10 --message="round $i"
		wait "$!"
		[ "$(<"$out")" = "round $i" ] || fail "round $i: $(cat "$out")"
	done
	rm "$fifo"
}

# bats test_tags=rounds
@test "200 times at once: always whole" {
	lanes 2 line_rounds 100
}
