# bats file_tags=windows, fig:3-23
# Each test is a process of its own, and capture (helper.bash) sets stderr.
# A backslash that ends a quoted word is meant.
# shellcheck disable=SC1003,SC2030,SC2031,SC2154
# Figures 3.23 to 3.25: a Windows anonymous pipe, parent to child.

load helper

test_setup() {
	with_own_wine
	IN=$BATS_TEST_TMPDIR/in
	OUT=$BATS_TEST_TMPDIR/stdout
	SAID=$BATS_TEST_TMPDIR/said
	FIFO=$BATS_TEST_TMPDIR/fifo
}

send() {
	capture fig3_23_pipe_parent "$@"
}

read_input() {
	capture fig3_25_pipe_child "$@"
}

# What the child has to print for the message in $IN.
assert_read() {
	(printf 'child read '; cat "$IN"; echo) | cmp - "$OUT"
}

# One line of SAID that a system call's failure gave: "WHAT: error NUMBER (...)".
# The number is Windows', the text is in the system's words. NUMBER may be a
# pattern.
assert_error() {
	assert_equal "$(wc -l <<<"$1")" 1
	assert_regex "$1" "^$2: error $3 \([^()]+\)\$"
}

# The Linux processes that run the program; Linux knows its name in 15 letters.
running() {
	in_wine | awk -v name="${1:0:15}" 'index($0, name) { print $1 }'
}

runs() {
	[ -n "$(running "$1")" ]
}

# Has Windows' own command interpreter run a line, where our programs and this
# test's files lie.
at_prompt() (
	with_windows_own cmd
	cd "$BATS_TEST_TMPDIR" || exit
	cp "$BUILD"/windows/fig3_2*.exe .
	capture ./cmd /d /c "$1"
	exit "$status"
)

@test "prints what was sent, and nothing else" {
	send
	assert_equal "$status" 0
	assert_stdout_bytes 'child read Greetings\n'
	assert_equal "$stderr" ''
}

@test "--message: any text" {
	local text
	for text in '' x '%s%n%d' $'a\nb\n' --message=y "* \"b'c\\" 'grüße ☃ 😀' \
		$'\x01\t\r\x1a\x7f'; do
		send --message="$text"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		printf 'child read %s\n' "$text" | cmp - "$OUT"
	done
	for text in 26 4096 20000; do
		head -c "$text" /dev/zero | tr '\0' x >"$IN"
		send --message="$(<"$IN")"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		assert_read
	done
	# what is no UTF-8 becomes U+FFFD
	send --message=$'a\xffb'
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_stdout_bytes 'child read a\xef\xbf\xbdb\n'
}

@test "--message=-: standard input, byte for byte, of any size" {
	local size
	for size in 0 1 4095 4096 4097 1000000; do
		head -c "$size" /dev/urandom >"$IN"
		send --message=- <"$IN"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		assert_read
	done
}

@test "--message=-: a million bytes, also when they come in pieces" {
	head -c 1000000 /dev/urandom >"$IN"
	mkfifo "$FIFO"
	start dd if="$IN" of="$FIFO" bs=7777 2>"$BATS_TEST_TMPDIR/dd"
	send --message=- <"$FIFO"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_read
	ended "$!"
}

@test "--message=-: the end of what comes in pieces is the end of the message" {
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	start fig3_23_pipe_parent --explain --message=- <"$FIFO" >"$OUT" 2>"$SAID"
	printf abc >&7
	eventually runs fig3_23_pipe_parent
	printf defg >&7
	# nothing is narrated before the message is whole
	assert_equal "$(<"$SAID")" ''
	exec 7>&-
	ended "$!"
	assert_equal "$status" 0
	assert_stdout_bytes 'child read abcdefg\n'
	assert_equal "$(grep -c 'Write the message, 7 bytes\.$' "$SAID")" 1
}

# ---- our parent, and others' children ---------------------------------------

@test "--child: find picks lines, and ends them as Windows does" {
	send --child='find "x"' --message=$'axb\nno\nyx'
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_stdout_bytes 'axb\r\nyx\r\n'
	assert_equal "$(without_cr <"$OUT")" $'axb\nyx'
	send --child='find "x"'
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line 'fig3_23_pipe_parent: the child ended with exit code 1'
}

@test "--child: more, which only the command interpreter knows" {
	local more
	for more in more 'cmd /c more'; do
		send --child="$more"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		assert_equal "$(without_cr <"$OUT")" Greetings
	done
}

@test "--child: our own child, with options" {
	head -c 10000 /dev/urandom >"$IN"
	cp "$BUILD/windows/fig3_25_pipe_child.exe" "$BATS_TEST_TMPDIR/a child.exe"
	cd "$BATS_TEST_TMPDIR"
	send --child='"a child.exe" --explain' --message=- <"$IN"
	assert_equal "$status" 0
	assert_read
	assert_equal "$(grep -vc '^child\[' <<<"$stderr")" 0
	assert_regex "$stderr" '-> 4096 bytes'
}

@test "--child: one that doesn't read: a small message fits the pipe, a large one doesn't" {
	head -c 1000000 /dev/zero >"$IN"
	send --child='cmd /c exit 0'
	assert_equal "$status" 0
	assert_stdout_bytes ''
	assert_equal "$stderr" ''
	# Windows says 232, that the pipe is being closed
	send --child='cmd /c exit 0' --message=- <"$IN"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_error "$stderr" 'fig3_23_pipe_parent: write to the pipe' '(109|232)'
	for message in Greetings -; do
		send --child='cmd /c exit 3' --message="$message" <"$IN"
		assert_equal "$status" 1
		assert_stdout_bytes ''
		assert_stderr_line 'fig3_23_pipe_parent: the child ended with exit code 3'
	done
}

@test "--child: one that isn't there: the command interpreter's exit code" {
	local child
	for child in nosuch 'nosuch with arguments' '"no such"'; do
		send --child="$child"
		assert_equal "$status" 1
		assert_stdout_bytes ''
		# the command interpreter has said what it thinks of it
		assert_equal "$(tail -n 1 <<<"$stderr")" \
			'fig3_23_pipe_parent: the child ended with exit code 9009'
	done
	# an empty line is no mistake at the prompt
	send --child=
	assert_equal "$status" 0
	assert_stdout_bytes ''
	assert_equal "$stderr" ''
}

@test "--child: a file that is no program" {
	printf 'no program' >"$BATS_TEST_TMPDIR/text.exe"
	cd "$BATS_TEST_TMPDIR"
	send --child='text.exe with arguments'
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_error "$stderr" \
		'fig3_23_pipe_parent: CreateProcess text\.exe with arguments' 193
}

# ---- our child, and others' parents -----------------------------------------

@test "the child reads a Linux pipe, a file and nothing, byte for byte" {
	local size
	for size in 0 4095 4096 4097 1000000; do
		head -c "$size" /dev/urandom >"$IN"
		read_input <"$IN"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		assert_read
	done
	for size in 0 1 1000000; do
		head -c "$size" /dev/urandom >"$IN"
		read_input < <(cat "$IN")
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		assert_read
	done
	read_input </dev/null
	assert_equal "$status" 0
	assert_stdout_bytes 'child read \n'
	assert_equal "$stderr" ''
}

@test "the child of Windows' own command interpreter: a pipe and a file" {
	printf 'a message' >"$IN"
	at_prompt 'type in | fig3_25_pipe_child.exe'
	assert_stdout_bytes 'child read a message\n'
	head -c 10000 /dev/urandom >"$IN"
	at_prompt 'fig3_25_pipe_child.exe < in'
	assert_read
}

@test "the child narrates each of the first reads as it comes, and no others" {
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	start fig3_25_pipe_child --explain <"$FIFO" >"$OUT" 2>"$SAID"
	printf abc >&7
	eventually grep -q '^child\[[0-9]*\]   -> 3 bytes$' "$SAID"
	printf defg >&7
	eventually grep -q '^child\[[0-9]*\]   -> 4 bytes$' "$SAID"
	printf hijkl >&7
	exec 7>&-
	ended "$!"
	assert_equal "$status" 0
	assert_stdout_bytes 'child read abcdefghijkl\n'
	assert_equal "$(grep -c ReadFile "$SAID")" 2
	assert_equal "$(grep -c ' -> ' "$SAID")" 3
}

@test "standard input is closed or a directory: one line" {
	# What Wine opens first takes a closed one's place; Windows says 6.
	read_input <&-
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_error "$stderr" 'fig3_25_pipe_child: read standard input' '(1|5|6)'
	send --message=- <&-
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_error "$stderr" 'fig3_23_pipe_parent: read standard input' '(1|5|6)'
	read_input <"$BATS_TEST_TMPDIR"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_error "$stderr" 'fig3_25_pipe_child: read standard input' 1
	send --message=- <"$BATS_TEST_TMPDIR"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_error "$stderr" 'fig3_23_pipe_parent: read standard input' 1
	# who sends a text needs none
	send <&-
	assert_equal "$status" 0
	assert_stdout_bytes 'child read Greetings\n'
	assert_equal "$stderr" ''
}

# ---- what goes wrong --------------------------------------------------------

@test "standard output is full or closed: the child says so, the parent that it has failed" {
	local message told=$'\nfig3_23_pipe_parent: the child ended with exit code 1$'
	head -c 1000000 /dev/zero >"$IN"
	for message in short -; do
		assert_fails_to_print full "^fig3_25_pipe_child: write standard output: error 112 \([^()]+\)$told" \
			fig3_23_pipe_parent --message=$message <"$IN"
		assert_fails_to_print closed "^fig3_25_pipe_child: write standard output: error (5|6) \([^()]+\)$told" \
			fig3_23_pipe_parent --message=$message <"$IN"
	done
}

@test "the child alone, when standard output is full or closed: one line" {
	local input
	head -c 1000000 /dev/zero >"$IN"
	for input in "$IN" /dev/null; do
		assert_fails_to_print full '^fig3_25_pipe_child: write standard output: error 112 \([^()]+\)$' \
			fig3_25_pipe_child <"$input"
		assert_fails_to_print closed '^fig3_25_pipe_child: write standard output: error (5|6) \([^()]+\)$' \
			fig3_25_pipe_child <"$input"
	done
}

@test "the reader of standard output goes away" {
	mkfifo "$FIFO"
	start head -c 15 <>"$FIFO" >"$OUT"
	status=0
	bounded 20 fig3_25_pipe_child </dev/zero >"$FIFO" 2>"$SAID" || status=$?
	assert_equal "$status" 1
	# Windows says 232, that the pipe is being closed
	assert_error "$(<"$SAID")" 'fig3_25_pipe_child: write standard output' '(232|233)'
	ended "$!"
	assert_stdout_bytes 'child read \0\0\0\0'
}

@test "the child is killed in mid-transfer: the parent says so" {
	local signal child
	mkfifo "$FIFO"
	head -c 1000000 /dev/zero >"$IN"
	for signal in KILL TERM; do
		# its output is its own, which nobody reads to the end
		start fig3_23_pipe_parent --message=- <"$IN" 1<>"$FIFO" 2>"$SAID"
		local parent=$!
		assert_equal "$(head -c 11 "$FIFO")" 'child read '
		child=$(running fig3_25_pipe_child)
		kill -$signal "$child"
		ended "$parent"
		assert_equal "$status" 1
		# Windows says 232, that the pipe is being closed
		assert_error "$(<"$SAID")" 'fig3_23_pipe_parent: write to the pipe' '(109|232)'
		eventually nobody_in_wine
	done
}

@test "the parent is killed in mid-transfer: the child prints what came, and ends" {
	mkfifo "$FIFO"
	head -c 1000000 /dev/zero >"$IN"
	exec 7<>"$FIFO"
	start fig3_23_pipe_parent --message=- <"$IN" >"$FIFO" 2>"$SAID"
	local parent=$!
	# the child has begun to read, and cannot get rid of all
	assert_equal "$(head -c 11 <&7)" 'child read '
	kill -KILL "$(running fig3_23_pipe_parent)"
	ended "$parent"
	assert_equal "$status" 137
	start cat <"$FIFO" >"$OUT"
	exec 7>&-
	ended "$!"
	eventually nobody_in_wine
	# all that is left is zeros, and the newline behind them
	assert_equal "$(tr -d '\0' <"$OUT")" ''
	assert_equal "$(tail -c 1 "$OUT" | tr '\n' n)" n
	[ "$(wc -c <"$OUT")" -lt 1000000 ]
	assert_equal "$(<"$SAID")" ''
}

@test "the parent is killed while it waits for its message: no child was there" {
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	start fig3_23_pipe_parent --message=- <"$FIFO" >"$OUT" 2>"$SAID"
	eventually runs fig3_23_pipe_parent
	kill -KILL "$(running fig3_23_pipe_parent)"
	ended "$!"
	exec 7>&-
	assert_equal "$status" 137
	assert_stdout_bytes ''
	eventually nobody_in_wine
}

@test "usage errors" {
	assert_usage_errors fig3_23_pipe_parent --break=none --message --child --unknown operand \
		--patience=1
	assert_usage_errors fig3_25_pipe_child --break=no-wait --message=x operand --patience \
		--patience= --patience=-1 --patience=1000001
}

@test "--help and --version" {
	local name
	for name in fig3_23_pipe_parent fig3_25_pipe_child; do
		capture $name --help
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		assert_equal "$(head -n 1 "$OUT")" "Usage: $name [OPTION]..."
		assert_equal "$(tail -n 1 "$OUT")" 'Example: fig3_23_pipe_parent --explain'"$(
			[ $name = fig3_25_pipe_child ] || echo ' --message=Greetings')"
		capture $name --version
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		assert_regex "$output" "^$name [0-9.]+\$"
	done
}

# ---- --patience -------------------------------------------------------------

@test "--patience: a pipe from which nothing comes: what had come, and one line" {
	cd "$BUILD/windows"
	send --break=leak-write-end --child='fig3_25_pipe_child.exe --patience=0.1'
	assert_equal "$status" 0
	assert_stdout_bytes 'child read Greetings\n'
	assert_equal "$(head -n 1 <<<"$stderr")" \
		'fig3_25_pipe_child: no end-of-file within 0.1 seconds'
	assert_regex "$(narrated "$stderr")" '\(exit code 1\)'
}

@test "--patience: a pipe that somebody holds: what had come, and one line" {
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	printf abc >&7
	cd "$BUILD/windows"
	capture pipe_relay 'fig3_25_pipe_child.exe --patience=0.1' <"$FIFO"
	exec 7>&-
	assert_equal "$status" 1
	assert_stdout_bytes 'child read abc\n'
	assert_stderr_line 'fig3_25_pipe_child: no end-of-file within 0.1 seconds'
}

# Hands five bytes, one each GAP seconds, to a child that has less PATIENCE than
# all of them take; false when this machine stood still for LIMIT microseconds, so
# that the child might rightly have given up.
keep_coming() {
	local before now i still=
	exec 7<>"$FIFO"
	start pipe_relay "fig3_25_pipe_child.exe --patience=$1 --explain" <"$FIFO" >"$OUT" 2>"$SAID"
	printf x >&7
	before=${EPOCHREALTIME/[.,]/}
	eventually grep -q ' -> 1 byte$' "$SAID"
	for i in {1..4}; do
		sleep "$2"
		printf x >&7
		now=${EPOCHREALTIME/[.,]/}
		[ $((now - before)) -lt "$3" ] || still=yes
		before=$now
	done
	exec 7>&-
	ended "$!"
	[ -z "$still" ]
}

@test "--patience: not while bytes keep coming, however long" {
	mkfifo "$FIFO"
	cd "$BUILD/windows"
	keep_coming 0.8 0.25 450000 || keep_coming 3.2 1 1800000 ||
		keep_coming 12.8 4 7200000 || fail 'this machine stands still'
	assert_equal "$status" 0
	assert_stdout_bytes 'child read xxxxx\n'
	assert_equal "$(grep -vc '^child\[' "$SAID")" 0
}

@test "--patience: the end comes in time" {
	printf abc >"$IN"
	for input in "$IN" /dev/null; do
		read_input --patience=10 <"$input"
		assert_equal "$status" 0
		(printf 'child read '; cat "$input"; echo) | cmp - "$OUT"
		assert_equal "$stderr" ''
	done
}

@test "--patience: a Linux pipe that somebody holds" {
	skip 'Wine ends no read of a Linux pipe: the child waits for ever'
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	printf abc >&7
	read_input --patience=0.1 <"$FIFO"
	exec 7>&-
	assert_equal "$status" 1
	assert_stdout_bytes 'child read abc\n'
	assert_stderr_line 'fig3_25_pipe_child: no end-of-file within 0.1 seconds'
}

# ---- the command line -------------------------------------------------------

round_trip() {
	capture arguments_probe "$@"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	printf '[%s]\n' "$@" | cmp - "$OUT"
}

@test "an argument arrives as it was, whatever is in it" {
	round_trip plain '' ' ' 'two words' $'a\ttab' $'a\nnewline' $'\v' ''
	round_trip '"' '""' '"""' 'a"b' '"a b"' ' "' '" ' "'" "'a b'"
	round_trip '\' '\\' 'a\' 'a\\' 'a b\' 'a b\\' 'C:\a b\' '\\server\share'
	round_trip '\"' '\\"' '\\\"' 'a\"b c\\"d\\\' '"\' '"\\' '\ ' '\\ ' '\ "' ' \\"'
	round_trip 'grüße ☃ 😀' 'ä' '%PATH%' '^&|<>()!' '*' '?' '/x' '@file' "$(printf '%05000d' 7)"
	capture arguments_probe
	assert_equal "$status" 0
	assert_stdout_bytes ''
	assert_equal "$stderr" ''
}

@test "the child is found beside the parent, wherever that is" {
	local place="$BATS_TEST_TMPDIR/a place & ü"
	mkdir -p "$place/windows"
	cp "$BUILD/fig3_23_pipe_parent" "$place"
	cp "$BUILD"/windows/fig3_2*.exe "$place/windows"
	capture "$place/fig3_23_pipe_parent"
	assert_equal "$status" 0
	assert_stdout_bytes 'child read Greetings\n'
	assert_equal "$stderr" ''
	rm "$place/windows/fig3_25_pipe_child.exe"
	capture "$place/fig3_23_pipe_parent"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_error "$stderr" \
		'fig3_23_pipe_parent: CreateProcess ".*\\fig3_25_pipe_child\.exe"' 2
}

# ---- what a person sees -----------------------------------------------------

PARENT=windows_ipc/fig3_23/fig3_23_pipe_parent.c
CHILD=windows_ipc/fig3_25/fig3_25_pipe_child.c

@test "--explain: each statement as it stands in the source, and what it returned" {
	send --explain
	assert_equal "$status" 0
	assert_stdout_bytes 'child read Greetings\n'
	told < <(grep '^parent' <<<"$stderr") >"$BATS_TEST_TMPDIR/told"
	assert_equal "$(windows_calls <"$BATS_TEST_TMPDIR/told")" \
		'CreatePipe SetHandleInformation CreateProcessW CloseHandle WriteFile CloseHandle WaitForSingleObject GetExitCodeProcess'
	assert_in_source $PARENT <"$BATS_TEST_TMPDIR/told"
	told < <(grep '^child' <<<"$stderr") >"$BATS_TEST_TMPDIR/told"
	assert_equal "$(windows_calls <"$BATS_TEST_TMPDIR/told")" 'GetStdHandle ReadFile ReadFile'
	assert_in_source $CHILD <"$BATS_TEST_TMPDIR/told"
	assert_equal "$(grep '^parent.*->' <<<"$stderr" | sed 's/.*-> //; s/0x[0-9a-f]*/N/g; s/process [0-9]*/process N/' | tr '\n' ';')" \
		'read handle N, write handle N;TRUE;process N;TRUE;9 bytes;TRUE;WAIT_OBJECT_0;exit code 0;'
	assert_equal "$(grep '^child.*->' <<<"$stderr" | sed 's/.*-> //; s/0x[0-9a-f]*/N/' | tr '\n' ';')" \
		'handle N;9 bytes;FALSE, ERROR_BROKEN_PIPE: all write ends are closed;'
	# the child's number is the one that its parent was told
	assert_equal "$(sed -n 's/^child\[\([0-9]*\)\].*/\1/p' <<<"$stderr" | sort -u)" \
		"$(sed -n 's/.*-> process //p' <<<"$stderr")"
	# --delay narrates as well
	send --delay=0
	assert_equal "$status" 0
	assert_stdout_bytes 'child read Greetings\n'
	assert_equal "$(grep -c '  -> ' <<<"$stderr")" 11
	# a file ends otherwise
	printf abc >"$IN"
	read_input --explain <"$IN"
	assert_equal "$status" 0
	assert_equal "$(sed -n 's/.*-> //p' <<<"$stderr" | tail -n 1)" '0 bytes: end-of-file'
}

@test "--trace: both processes' steps, as JSON, and nothing on stderr" {
	local trace="$BATS_TEST_TMPDIR/a trace  with blanks"
	send --trace="$trace"
	assert_equal "$status" 0
	assert_stdout_bytes 'child read Greetings\n'
	assert_equal "$stderr" ''
	assert_trace "$trace" <<-END
		3 child 3.25 $CHILD
		8 parent 3.23 $PARENT
	END
	assert_equal "$(grep -c '"result":"9 bytes"' "$trace")" 2
	assert_equal "$(grep -c '"result":"FALSE, ERROR_BROKEN_PIPE: all write ends are closed"' "$trace")" 1
}

@test "--trace: of many who append to one file, no line is lost" {
	local i pids=()
	for i in {1..20}; do
		start fig3_23_pipe_parent --trace="$BATS_TEST_TMPDIR/trace" >"$OUT.$i"
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	assert_equal "$(grep -c '^{"time":"[^{]*}$' "$BATS_TEST_TMPDIR/trace")" 220
}

# ---- --break ----------------------------------------------------------------

@test "--break=list: a line for each defect" {
	assert_defects fig3_23_pipe_parent leak-write-end no-inherit not-inheritable wrong-length no-wait
	assert_defects fig3_25_pipe_child
	assert_stdout_bytes ''
}

LEAK='leak-write-end: the message came, and no end-of-file; the child gave up by itself (exit code 1). A pipe ends when its last write handle is closed, and the child itself holds one. Without a limit it would wait for ever, and its parent for it.'

@test "--break=leak-write-end: the message, but no end-of-file; it ends by itself" {
	send --break=leak-write-end
	assert_equal "$status" 0
	assert_stdout_bytes 'child read Greetings\n'
	assert_equal "$(head -n 1 <<<"$stderr")" \
		'fig3_25_pipe_child: no end-of-file within 0.25 seconds'
	assert_equal "$(narrated "$(tail -n +2 <<<"$stderr")")" "$LEAK"
	eventually nobody_in_wine
}

@test "--break=leak-write-end: a child that waits for ever is ended" {
	send --break=leak-write-end --child='cmd /c more'
	assert_equal "$status" 0
	assert_stdout_bytes Greetings
	assert_equal "$(narrated "$stderr")" "${LEAK/gave up by itself/waited until it was ended}"
	eventually nobody_in_wine
}

@test "--break=leak-write-end: and whom it has started" {
	cd "$BUILD/windows"
	send --break=leak-write-end --child='cmd /c fig3_25_pipe_child.exe'
	assert_equal "$status" 0
	assert_equal "$(narrated "$stderr")" "${LEAK/gave up by itself/waited until it was ended}"
	eventually nobody_in_wine
}

@test "--break=leak-write-end: a child that doesn't wait for the end" {
	send --break=leak-write-end --child='cmd /c exit 3'
	assert_equal "$status" 0
	assert_stdout_bytes ''
	assert_equal "$(narrated "$stderr")" "${LEAK/exit code 1/exit code 3}"
}

@test "--break=no-inherit: Wine's child has the pipe all the same" {
	send --break=no-inherit
	assert_equal "$status" 0
	assert_stdout_bytes 'child read Greetings\n'
	assert_equal "$(narrated "$stderr")" "no-inherit: the child's exit code is 0: it had the pipe all the same, since this system, Wine, gives every child its standard handles. On Windows STARTUPINFO only tells the child the handle's number; that the handle is there too takes TRUE."
}

@test "--break=not-inheritable: the child has a number, and no handle" {
	send --break=not-inheritable
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_error "$(head -n 1 <<<"$stderr")" 'fig3_25_pipe_child: read standard input' 6
	assert_equal "$(tail -n 1 <<<"$stderr")" 'fig3_23_pipe_parent: the child ended with exit code 1'
	assert_equal "$(narrated "$(sed '1d;$d' <<<"$stderr")")" "not-inheritable: the child's exit code is 1. TRUE lets the child inherit what can be inherited, and STARTUPINFO makes no handle so."
}

@test "--break=wrong-length: what lies behind the message goes with it" {
	local why='WriteFile sends as many bytes as it is told. What the buffer holds behind the message goes with it.'
	send --break=wrong-length
	assert_equal "$status" 0
	assert_stdout_bytes 'child read Greetings\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\n'
	assert_equal "$(narrated "$stderr")" "wrong-length: 25 bytes were written for a message of 9. $why"
	send --break=wrong-length --message=abcdefghijklmnopqrstuvwxyz
	assert_equal "$status" 0
	assert_stdout_bytes 'child read abcdefghijklmnopqrstuvwxy\n'
	assert_equal "$(narrated "$stderr")" "wrong-length: 25 bytes were written for a message of 26. $why"
}

@test "--break=no-wait: the child's line comes after the parent's end" {
	# nothing more goes in until it is read: the child can't end before
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	dd if=/dev/zero of="$FIFO" oflag=nonblock bs=4096 2>/dev/null || true
	start fig3_23_pipe_parent --break=no-wait >"$FIFO" 2>"$SAID"
	ended "$!"
	assert_equal "$status" 0
	runs fig3_25_pipe_child
	start cat <"$FIFO" >"$OUT"
	exec 7>&-
	ended "$!"
	eventually nobody_in_wine
	assert_equal "$(tr -d '\0' <"$OUT")" 'child read Greetings'
	assert_equal "$(narrated "$(<"$SAID")")" "no-wait: the child was still running when its parent ended. A process doesn't end with its parent. Who waits for neither its child's end nor its exit code doesn't know what became of it."
}

# ---- many -------------------------------------------------------------------

@test "twenty at once" {
	local i pids=()
	head -c 100000 /dev/urandom >"$IN"
	for i in {1..20}; do
		start fig3_23_pipe_parent --message=- <"$IN" >"$OUT.$i"
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	(printf 'child read '; cat "$IN"; echo) >"$OUT"
	for i in {1..20}; do
		cmp "$OUT" "$OUT.$i"
	done
}

read_rounds() {
	local i out=$BATS_TEST_TMPDIR/out
	for ((i = 0; i < $1; i++)); do
		fig3_23_pipe_parent --message="round $i" >"$out"
		[ "$(<"$out")" = "child read round $i" ] || fail "round $i: $(<"$out")"
	done
}

# bats test_tags=rounds
@test "50 times: always whole, and never after the parent's end" {
	lanes 2 read_rounds 25
}
