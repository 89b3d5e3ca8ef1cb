# bats file_tags=pipes, fig:3-21
# Each test is a process of its own, and capture (helper.bash) sets stderr; ls is
# what a person would look with.
# shellcheck disable=SC2012,SC2030,SC2031,SC2154
# Figures 3.21 and 3.22: an ordinary pipe, parent to child.

load helper

test_setup() {
	IN=$BATS_TEST_TMPDIR/in
	OUT=$BATS_TEST_TMPDIR/stdout
	SAID=$BATS_TEST_TMPDIR/said
	FIFO=$BATS_TEST_TMPDIR/fifo
	marks_processes
}

send() {
	capture fig3_21_ordinary_pipe "$@"
}

# What the child has to print for the message in $IN.
assert_read() {
	(printf 'read '; cat "$IN"; echo) | cmp - "$OUT"
}

needs_proc() {
	[ -d /proc/self/fd ] || skip 'this system does not show its processes'
}

@test "prints what was sent, and nothing else" {
	send
	assert_equal "$status" 0
	assert_stdout_bytes 'read Greetings\n'
	assert_equal "$stderr" ''
}

@test "--message: any text" {
	local text
	for text in '' x - ' ' '%s%n%d' $'a\nb\n' -x --message=y 'grüße ☃' $'\x01\x7f\xff'; do
		[ "$text" != - ] || continue
		send --message="$text"
		assert_equal "$status" 0
		printf 'read %s\n' "$text" | cmp - "$OUT"
	done
	for text in 24 25 26 65536 65537 131000; do
		head -c "$text" /dev/zero | tr '\0' x >"$IN"
		send --message="$(<"$IN")"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		assert_read
	done
}

@test "--message=-: standard input, byte for byte, of any size" {
	local size
	for size in 0 1 24 25 26 4096 4097 65536 65537 131072 131073; do
		head -c "$size" /dev/urandom >"$IN"
		send --message=- <"$IN" >"$BATS_TEST_TMPDIR/shown"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		assert_read
	done
}

@test "--message=-: 10 MiB, also when they come in pieces" {
	head -c 10M /dev/urandom >"$IN"
	bounded 20 fig3_21_ordinary_pipe --message=- <"$IN" >"$OUT"
	assert_read
	head -c 100000 /dev/urandom >"$IN"
	dd if="$IN" bs=777 2>/dev/null | bounded 20 fig3_21_ordinary_pipe --message=- >"$OUT"
	assert_read
}

@test "each closes the end that it doesn't use" {
	needs_proc
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	start fig3_21_ordinary_pipe --message=- <"$FIFO" >"$OUT"
	local parent=$! child
	eventually holds_one_end "$parent"
	child=$(children_of "$parent")
	eventually holds_one_end "$child"
	assert_equal "$(own_ends "$parent")" "-w $(own_ends "$child" | sed 's/.* //')"
	assert_equal "$(own_ends "$child")" "r- $(own_ends "$parent" | sed 's/.* //')"
	printf 'a message' >&7
	exec 7>&-
	ended "$parent"
	assert_equal "$status" 0
	assert_stdout_bytes 'read a message\n'
}

# A process's ends of pipes that this test didn't give it: r-|-w INODE
own_ends() {
	LC_ALL=C ls -l "/proc/$1/fd" 2>/dev/null | awk '
	NF > 3 && $(NF - 1) == "->" && $NF ~ /^pipe:/ {
		gsub(/[^0-9]/, "", $NF)
		print substr($1, 2, 2), $NF
	}' | while read -r mode inode; do
		# shellcheck disable=SC2010 # what ls says of links
		ls -l "/proc/$$/fd" | grep -q "pipe:.$inode.\$" || echo "$mode $inode"
	done
}

holds_one_end() {
	[ "$(own_ends "$1" | wc -l)" = 1 ]
}

@test "a message from a FIFO goes on as it comes" {
	needs_proc
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	start fig3_21_ordinary_pipe --explain --message=- <"$FIFO" >"$OUT" 2>"$SAID"
	printf abc >&7
	eventually grep -q '^child\[[0-9]*\]   -> 3 bytes$' "$SAID"
	printf defg >&7
	eventually grep -q '^child\[[0-9]*\]   -> 4 bytes$' "$SAID"
	exec 7>&-
	ended "$!"
	assert_equal "$status" 0
	assert_stdout_bytes 'read abcdefg\n'
}

read_rounds() {
	local i out=$BATS_TEST_TMPDIR/out
	for ((i = 0; i < $1; i++)); do
		fig3_21_ordinary_pipe --message="round $i" >"$out"
		[ "$(<"$out")" = "read round $i" ] || fail "round $i: $(<"$out")"
	done
}

# bats test_tags=rounds
@test "200 times: always whole, and never after the parent's end" {
	lanes 2 read_rounds 100
}

@test "twenty at once" {
	local i pids=()
	head -c 300000 /dev/urandom >"$IN"
	for i in {1..20}; do
		start fig3_21_ordinary_pipe --message=- <"$IN" >"$OUT.$i"
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	(printf 'read '; cat "$IN"; echo) >"$OUT"
	for i in {1..20}; do
		cmp "$OUT" "$OUT.$i"
	done
}

# ---- what goes wrong --------------------------------------------------------

@test "standard output is full or closed: one line, from whoever found out" {
	local message
	head -c 1M /dev/urandom >"$IN"
	for message in short -; do
		assert_fails_to_print full \
			'^fig3_21_ordinary_pipe: write standard output: ENOSPC \(No space left on device\)$' \
			fig3_21_ordinary_pipe --message=$message <"$IN"
		assert_fails_to_print closed \
			'^fig3_21_ordinary_pipe: write standard output: EBADF \(Bad file descriptor\)$' \
			fig3_21_ordinary_pipe --message=$message <"$IN"
	done
}

@test "the reader of standard output goes away: EPIPE" {
	mkfifo "$FIFO"
	start head -c 10 <>"$FIFO" >"$OUT"
	status=0
	bounded 20 fig3_21_ordinary_pipe --message=- </dev/zero >"$FIFO" 2>"$SAID" || status=$?
	assert_equal "$status" 1
	assert_equal "$(<"$SAID")" 'fig3_21_ordinary_pipe: write standard output: EPIPE (Broken pipe)'
	ended "$!"
	assert_stdout_bytes 'read \0\0\0\0\0'
}

@test "standard input is closed or a directory: one line, and nobody is left" {
	needs_proc
	send --message=- <&-
	assert_equal "$status" 1
	assert_stderr_line 'fig3_21_ordinary_pipe: read standard input: EBADF (Bad file descriptor)'
	eventually nobody_left
	send --message=- <"$BATS_TEST_TMPDIR"
	assert_equal "$status" 1
	assert_stderr_line 'fig3_21_ordinary_pipe: read standard input: EISDIR (Is a directory)'
	eventually nobody_left
}

@test "the child is killed in mid-transfer: the parent says which signal it was" {
	needs_proc
	local signal child
	mkfifo "$FIFO"
	for signal in 'KILL 9 Killed' 'TERM 15 Terminated'; do
		# its output is its own, which it doesn't read
		start fig3_21_ordinary_pipe --message=- </dev/zero 1<>"$FIFO" 2>"$SAID"
		local parent=$!
		assert_equal "$(head -c 5 "$FIFO")" 'read '
		child=$(children_of "$parent")
		# shellcheck disable=SC2086 # the words of one signal
		set -- $signal
		kill -"$1" "$child"
		ended "$parent"
		assert_equal "$status" 1
		assert_equal "$(<"$SAID")" \
			"fig3_21_ordinary_pipe: the child was ended by signal $2 ($3)"
		nobody_left
	done
}

@test "the child is killed while there is no message: the parent finds out" {
	needs_proc
	local parent
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	start fig3_21_ordinary_pipe --message=- <"$FIFO" >"$OUT" 2>"$SAID"
	parent=$!
	eventually has_child "$parent"
	kill -KILL "$(children_of "$parent")"
	printf late >&7
	exec 7>&-
	ended "$parent"
	assert_equal "$status" 1
	assert_equal "$(<"$SAID")" 'fig3_21_ordinary_pipe: the child was ended by signal 9 (Killed)'
	assert_stdout_bytes ''
}

has_child() {
	[ -n "$(children_of "$1")" ]
}

@test "the parent is killed in mid-transfer: the child prints what came, and ends" {
	needs_proc
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	start fig3_21_ordinary_pipe --explain --message=- <"$FIFO" >"$OUT" 2>"$SAID"
	printf abc >&7
	eventually grep -q '^child\[[0-9]*\]   -> 3 bytes$' "$SAID"
	kill -KILL "$!"
	ended "$!"
	assert_equal "$status" 137
	eventually nobody_left
	assert_stdout_bytes 'read abc\n'
	exec 7>&-
}

@test "usage errors" {
	assert_usage_errors fig3_21_ordinary_pipe --break=none --break= --message --unknown \
		operand --delay=x
}

# ---- what a person sees -----------------------------------------------------

@test "--explain: each statement as it stands in the source, and what it returned" {
	send --explain
	assert_equal "$status" 0
	assert_stdout_bytes 'read Greetings\n'
	told <<<"$stderr" >"$BATS_TEST_TMPDIR/told"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/told")" 9
	assert_in_source pipes/fig3_21/fig3_21_ordinary_pipe.c <"$BATS_TEST_TMPDIR/told"
	told < <(grep '^parent' <<<"$stderr") >"$BATS_TEST_TMPDIR/told"
	assert_equal "$(grep -oE '(pipe|fork|close|write|waitpid)\(' "$BATS_TEST_TMPDIR/told" | tr -d '(' | tr '\n' ' ')" \
		'pipe fork close write close waitpid '
	assert_equal "$(grep '^child' <<<"$stderr" | grep -oE '(close|read)\(' | tr -d '(' | tr '\n' ' ')" \
		'close read read '
	assert_equal "$(grep '^child.*->' <<<"$stderr" | sed 's/.*-> //' | tr '\n' ';')" \
		'0;9 bytes;0: end-of-file;'
	assert_equal "$(grep '^parent.*->' <<<"$stderr" | sed 's/.*-> //; s/= [0-9]*/= N/g; s/^[0-9]*, /PID, /' | tr '\n' ';')" \
		'fd[0] = N, fd[1] = N;PID, the child;0;9 bytes;0;status 0;'
}

@test "--trace: the same steps, as JSON, and nothing on stderr" {
	local trace=$BATS_TEST_TMPDIR/trace
	send --trace="$trace"
	assert_equal "$status" 0
	assert_stdout_bytes 'read Greetings\n'
	assert_equal "$stderr" ''
	assert_trace "$trace" <<-END
		3 child 3.21 pipes/fig3_21/fig3_21_ordinary_pipe.c
		6 parent 3.21 pipes/fig3_21/fig3_21_ordinary_pipe.c
	END
	assert_equal "$(grep -c '"result":"9 bytes"' "$trace")" 2
	assert_equal "$(grep -c '"result":"0: end-of-file"' "$trace")" 1
}

# ---- --break ----------------------------------------------------------------

@test "--break=list: a line for each defect" {
	assert_defects fig3_21_ordinary_pipe no-close no-wait no-reader short-read full-pipe
}

@test "--break=no-close: the message, but no end-of-file; it ends by itself" {
	needs_proc
	send --break=no-close
	assert_equal "$status" 0
	assert_stdout_bytes 'read Greetings\n'
	assert_equal "$(narrated "$stderr")" 'no-close: the message is here, but no end-of-file came within a quarter of a second. A pipe ends when its last write end is closed, and the child itself holds one. Without a limit it would wait for ever, and its parent for it.'
	nobody_left
}

@test "--break=no-close: who still writes when the child has given up is told" {
	needs_proc
	local input=$BATS_TEST_TMPDIR/input
	mkfifo "$input"
	exec 7<>"$input"
	printf a >&7
	start fig3_21_ordinary_pipe --break=no-close --message=- <"$input" >"$OUT" 2>"$SAID"
	eventually grep -q no-close "$SAID"
	head -c 100000 /dev/zero >&7 # a pipe full, and more
	ended "$!"
	exec 7>&-
	assert_equal "$status" 1
	assert_stdout_bytes 'read a\n'
	assert_equal "$(tail -n 1 "$SAID")" \
		'fig3_21_ordinary_pipe: write to the pipe: EINTR (Interrupted system call)'
	nobody_left
}

@test "--break=no-wait: the child's line comes after the parent's end" {
	needs_proc
	start fig3_21_ordinary_pipe --break=no-wait >"$OUT" 2>"$SAID"
	ended "$!"
	assert_equal "$status" 0
	eventually nobody_left
	assert_stdout_bytes 'read Greetings\n'
	assert_equal "$(narrated "$(<"$SAID")")" "no-wait: the parent had ended before the child printed its line. The figure's parent ends without waitpid. Who comes first is chance; here the child was held back to lose the race."
}

@test "--break=no-reader: EPIPE and one SIGPIPE, whatever the shell ignores" {
	local how
	for how in default ignore; do
		capture env --$how-signal=PIPE fig3_21_ordinary_pipe --break=no-reader
		assert_equal "$status" 1
		assert_stdout_bytes ''
		assert_equal "$(narrated "$stderr")" "no-reader: write returned -1, EPIPE (Broken pipe), and SIGPIPE came 1 time; a process that doesn't handle it was ended by it, without a word. Nobody could ever read what is written. The signal ends a program that didn't ask for the error. fig3_21_ordinary_pipe: write to the pipe: EPIPE (Broken pipe)"
		assert_equal "$(tail -n 1 <<<"$stderr")" 'fig3_21_ordinary_pipe: write to the pipe: EPIPE (Broken pipe)'
	done
}

@test "--break=short-read: half a message" {
	send --break=short-read
	assert_equal "$status" 0
	assert_stdout_bytes 'read Greet\n'
	assert_equal "$(narrated "$stderr")" 'short-read: the first read returned 5 bytes, 4 more came later. read() returns what is there. A pipe carries bytes, not messages: only end-of-file, or a length, tells that all has come.'
}

@test "--break=full-pipe: what the kernel says goes in, and after a read as much again" {
	local number='([1-9][0-9]*)' kernel
	send --break=full-pipe
	assert_equal "$status" 0
	assert_stdout_bytes ''
	assert_regex "$(narrated "$stderr")" \
		"^full-pipe: $number bytes went in( \(the kernel says $number\))?; the next write was still blocked after a quarter of a second; when $number bytes had been read, $number more went in\. A pipe's buffer is bounded\. The writer has to wait until the reader has made room\.\$"
	local in=${BASH_REMATCH[1]} says=${BASH_REMATCH[3]} taken=${BASH_REMATCH[4]} more=${BASH_REMATCH[5]}
	assert_equal "$taken" "$(getconf PIPE_BUF /)"
	assert_equal "$more" "$taken"
	[ "$(uname -s)" = Linux ] || return 0
	assert_equal "$in" "$says"
	command -v python3 >/dev/null || return 0
	kernel=$(python3 -c 'import fcntl, os; print(fcntl.fcntl(os.pipe()[1], 1032))')
	assert_equal "$says" "$kernel"
}
