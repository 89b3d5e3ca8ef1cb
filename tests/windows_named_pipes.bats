# bats file_tags=windows, named-pipes
# Each test is a process of its own, and capture (helper.bash) sets stderr.
# shellcheck disable=SC2030,SC2031,SC2154
# Named pipes: one name, several clients, there and back through one handle.
# Numbers of Windows' errors are compared, not their texts, which are the
# system's.

load helper

test_setup() {
	with_own_wine
	# one program makes the prefix: here two that begin at once are no subject
	named_pipe_client --version >/dev/null
	IN=$BATS_TEST_TMPDIR/in
	OUT=$BATS_TEST_TMPDIR/stdout
	SERVED=$BATS_TEST_TMPDIR/served
	SERVER_SAID=$BATS_TEST_TMPDIR/server.err
	PIPE=pipe-$TAG
	ADVICE='start named_pipe_server first, or give it time with --wait=SECONDS'
	TAKEN='its instances are all taken: try again, or give it time with --wait=SECONDS'
}

# Starts the server. A client finds it with --wait, whoever comes first. Where the
# order of the server's lines matters there is one instance: another's next client
# may have gone before the line of the last one.
serve() {
	start named_pipe_server --name="$PIPE" "$@" >"$SERVED" 2>"$SERVER_SAID" </dev/null
	SERVER=$!
}

# Starts the server so that each of its steps waits for a newline on descriptor 7.
serve_in_steps() {
	mkfifo "$BATS_TEST_TMPDIR/enter"
	exec 7<>"$BATS_TEST_TMPDIR/enter"
	start named_pipe_server --name="$PIPE" --step "$@" \
		>"$SERVED" 2>"$SERVER_SAID" <"$BATS_TEST_TMPDIR/enter"
	SERVER=$!
	STEPS=1
}

# Lets it take steps until the one that it announces is WHAT, the COUNT-th time.
step_until() {
	while :; do
		eventually has_announced "$STEPS"
		[ "$(grep -c "$1" "$SERVER_SAID")" -lt "${2:-1}" ] || return 0
		[ "$STEPS" -lt 40 ] || fail "no step: $1"
		printf '\n' >&7
		STEPS=$((STEPS + 1))
	done
}

# The sentence comes with its statement, in one write.
has_announced() {
	[ "$(grep -c '^server\[[0-9]*\] [0-9]*: ' "$SERVER_SAID")" -ge "$1" ]
}

# Lets it go on without waiting.
end_of_steps() {
	exec 7>&-
	rm "$BATS_TEST_TMPDIR/enter"
}

client() {
	capture named_pipe_client --name="$PIPE" --wait=10 "$@"
}

# The server has served so many clients as it was told to.
served_all() {
	ended "$SERVER"
	assert_equal "$status" 0
	assert_equal "$(<"$SERVER_SAID")" ''
}

# Ends a server that would go on, and sees that it would have.
stop_server() {
	! gone "$SERVER" || fail "the server has ended: $(<"$SERVER_SAID")"
	kill -KILL "$SERVER"
	ended "$SERVER"
	assert_equal "$status" 137
}

# What a client has to print for the message on standard input.
answer() {
	LC_ALL=C tr 'A-Za-z' 'a-zA-Z'
	echo
}

# Makes $IN that many bytes of any kind.
random() {
	head -c "$1" /dev/urandom >"$IN"
}

# The server's lines without the clients' numbers.
lines_served() {
	sed 's/^client [1-9][0-9]*: //' "$SERVED"
}

has_served() {
	[ "$(wc -l <"$SERVED")" -ge "$1" ]
}

# Starts a client that has the pipe, and then waits for a newline on descriptor 7
# before it goes on: its second step.
hold_pipe() {
	hold
	printf '\n' >&7
	start named_pipe_client --name="$PIPE" --step --wait=10 "$@" \
		<"$BATS_TEST_TMPDIR/held" >"$BATS_TEST_TMPDIR/holder" 2>"$BATS_TEST_TMPDIR/holder.err"
	HOLDER=$!
	eventually grep -q '  Have reads return one\|  Begin to write the message' \
		"$BATS_TEST_TMPDIR/holder.err"
}

# ---- there and back ---------------------------------------------------------

@test "the answer comes back, letters' case changed; the server tells of the client" {
	local mode many
	for mode in message byte; do
		many=message
		[ $mode = message ] || many='read'
		serve --mode=$mode --clients=1
		client --mode=$mode --explain
		assert_equal "$status" 0
		assert_stdout_bytes 'gREETINGS\n'
		served_all
		# the number of the client's own narration
		assert_equal "$(<"$SERVED")" \
			"client $(sed -n '1s/^client\[\([0-9]*\)\].*/\1/p' <<<"$stderr"): 1 $many, 9 bytes"
	done
	# the names are each other's, too, when nobody gives one
	start named_pipe_server --clients=1 >"$SERVED" 2>"$SERVER_SAID" </dev/null
	SERVER=$!
	capture named_pipe_client --wait=10
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
	assert_equal "$stderr" ''
	served_all
	assert_equal "$(lines_served)" '1 message, 9 bytes'
}

@test "--message: any text" {
	local text
	serve
	for text in '' x ' ' '%s%n%d' $'a\nb\n' -x --message=y 'say "Hello"' C:\\Dir\\ 'a\"b' \
		'*' 'grüße ☃' $'\x01\x7f'; do
		client --message="$text"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		printf '%s' "$text" | answer | cmp - "$OUT"
	done
	# a command line of Windows has less than 32768 characters
	for text in 4095 4096 4097 30000; do
		client --message="$(head -c "$text" /dev/zero | tr '\0' x)"
		assert_equal "$status" 0
		head -c "$text" /dev/zero | tr '\0' x | answer | cmp - "$OUT"
	done
	stop_server
}

@test "--message=-: standard input, any bytes in any number, in both modes" {
	local size mode
	for mode in message byte; do
		serve --mode=$mode --instances=1
		for size in 0 1 4095 4096 4097 65537 1000000; do
			random $size
			client --mode=$mode --message=- <"$IN"
			assert_equal "$status" 0
			assert_equal "$stderr" ''
			answer <"$IN" | cmp - "$OUT"
		done
		eventually has_served 7
		assert_equal "$(lines_served | sed 's/.*, //' | tr '\n' ' ')" \
			'0 bytes 1 byte 4095 bytes 4096 bytes 4097 bytes 65537 bytes 1000000 bytes '
		[ $mode = byte ] ||
			assert_equal "$(lines_served | sed 's/,.*//' | uniq -c | tr -s ' ')" ' 7 1 message'
		stop_server
	done
	# a message, in whatever pieces the input comes
	random 100000
	serve --clients=1
	dd if="$IN" bs=777 2>/dev/null |
		bounded 20 named_pipe_client --name="$PIPE" --wait=10 --message=- >"$OUT"
	answer <"$IN" | cmp - "$OUT"
	served_all
	assert_equal "$(lines_served)" '1 message, 100000 bytes'
}

@test "--count: so many messages, and as many answers, one at a time" {
	local mode count
	for mode in message byte; do
		serve --mode=$mode --instances=1
		for count in 0 1 3 200; do
			client --mode=$mode --count=$count --message=Hello
			assert_equal "$status" 0
			assert_equal "$stderr" ''
			yes hELLO | head -n $count | cmp - "$OUT"
		done
		eventually has_served 4
		assert_equal "$(lines_served | sed 's/read/message/' | tr '\n' ';')" \
			'0 messages, 0 bytes;1 message, 5 bytes;3 messages, 15 bytes;200 messages, 1000 bytes;'
		stop_server
	done
	random 10000
	serve --clients=1
	client --count=3 --message=- <"$IN"
	assert_equal "$status" 0
	(for count in 1 2 3; do answer <"$IN"; done) | cmp - "$OUT"
	served_all
	assert_equal "$(lines_served)" '3 messages, 30000 bytes'
}

@test "a handle that reads bytes gets the messages, too" {
	local size
	serve
	for size in 0 1 4096 4097 1000000; do
		random $size
		client --mode=byte --count=2 --message=- <"$IN"
		assert_equal "$status" 0
		(answer <"$IN" && answer <"$IN") | cmp - "$OUT"
	done
	stop_server
}

@test "messages asked for where bytes come: error 87, and what to do" {
	serve --mode=byte --clients=2 --instances=1
	client --mode=message
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_equal "$(wc -l <<<"$stderr")" 1
	assert_regex "$stderr" "^named_pipe_client: SetNamedPipeHandleState: error 87 \(.+\); the server's pipe may be one of bytes: --mode=byte\$"
	client --mode=byte
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
	served_all
	assert_equal "$(lines_served | tr '\n' ';')" '0 reads, 0 bytes;1 read, 9 bytes;'
}

# ---- the pipe and its clients -----------------------------------------------

@test "the pipe outlives its clients; --clients=N ends the server with the last" {
	local i
	serve --clients=3 --instances=1
	for i in 1 2 3; do
		! gone "$SERVER"
		client --message="number $i"
		assert_equal "$status" 0
		assert_stdout_bytes "NUMBER $i\n"
	done
	served_all
	assert_equal "$(lines_served | uniq -c | tr -s ' ')" ' 3 1 message, 8 bytes'
	client --wait=0
	assert_equal "$status" 1
	assert_regex "$stderr" ' error 2 '
	# as many instances as there may be
	serve --clients=2 --instances=64
	for i in 1 2; do
		client
		assert_equal "$status" 0
		assert_stdout_bytes 'gREETINGS\n'
	done
	served_all
}

@test "each name is a pipe of its own; their case doesn't matter" {
	local name
	for name in x 'grüße ☃' a/b "$(head -c 246 /dev/zero | tr '\0' x)"; do
		PIPE=$name
		serve --clients=1
		PIPE=${name^^}
		client
		assert_equal "$status" 0
		assert_stdout_bytes 'gREETINGS\n'
		served_all
		PIPE=$name
		serve --clients=1
		capture named_pipe_client --name="x$name" --wait=0
		assert_equal "$status" 1
		assert_regex "$stderr" ' error 2 '
		client
		assert_equal "$status" 0
		served_all
	done
}

# Runs twenty clients at once; the arguments are theirs. The I-th sends its own
# message of I * I * 700 + I bytes I % 4 + 1 times.
twenty_clients() {
	local i pids=() size count
	for i in {1..20}; do
		head -c $((i * i * 700 + i)) /dev/urandom >"$IN.$i"
		start named_pipe_client --name="$PIPE" --wait=20 --message=- --count=$((i % 4 + 1)) "$@" \
			<"$IN.$i" >"$OUT.$i" 2>"$OUT.$i.err"
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	assert_equal "$(cat "$OUT".*.err)" ''
	for i in {1..20}; do
		answer <"$IN.$i" >"$BATS_TEST_TMPDIR/one"
		for ((count = i % 4 + 1; count > 0; count--)); do
			cat "$BATS_TEST_TMPDIR/one"
		done | cmp - "$OUT.$i"
	done
}

# What the server has to say of them, sorted.
twenty_lines() {
	local i count
	for i in {1..20}; do
		count=$((i % 4 + 1))
		echo "$count message$([ $count = 1 ] || echo s), $((count * (i * i * 700 + i))) bytes"
	done | sort
}

@test "twenty clients at once on four instances: nothing lost, nothing mixed" {
	serve --clients=20
	twenty_clients
	served_all
	assert_equal "$(lines_served | sort)" "$(twenty_lines)"
	# each has a number of its own
	assert_equal "$(cut -d: -f1 "$SERVED" | sort -u | wc -l)" 20

	# how many reads that takes is the system's affair
	serve --mode=byte --clients=20
	twenty_clients --mode=byte
	served_all
	assert_equal "$(lines_served | sed 's/.*, //' | sort)" \
		"$(twenty_lines | sed 's/.*, //' | sort)"
}

@test "one instance, eight clients that wait: all get their turn" {
	local i pids=()
	serve --clients=8 --instances=1
	for i in {1..8}; do
		start named_pipe_client --name="$PIPE" --wait=20 --message="I am $i" --count=20 \
			>"$OUT.$i" 2>"$OUT.$i.err" </dev/null
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	served_all
	assert_equal "$(cat "$OUT".*.err)" ''
	for i in {1..8}; do
		yes "i AM $i" | head -n 20 | cmp - "$OUT.$i"
	done
	assert_equal "$(lines_served | uniq -c | tr -s ' ')" ' 8 20 messages, 120 bytes'
}

@test "who has connected and is silent keeps nobody waiting but on its instance" {
	local i
	serve --clients=4 --instances=2
	hold_pipe --message=late
	for i in 1 2 3; do
		client --message="$i" --count=3
		assert_equal "$status" 0
		assert_stdout_bytes "$i\n$i\n$i\n"
	done
	exec 7>&-
	ended "$HOLDER"
	assert_equal "$status" 0
	assert_equal "$(<"$BATS_TEST_TMPDIR/holder")" LATE
	served_all
	assert_equal "$(lines_served | sort | uniq -c | tr -s ' ' | paste -sd';')" \
		' 1 1 message, 4 bytes; 3 3 messages, 3 bytes'
}

# Starts a server that is about to wait for its first client, and a client that
# has connected before, as far as that it waits for its answer.
come_early() {
	serve_in_steps --instances=1 "$@"
	step_until '  Wait for a client'
	start named_pipe_client --name="$PIPE" --explain </dev/null \
		>"$BATS_TEST_TMPDIR/early" 2>"$BATS_TEST_TMPDIR/early.err"
	EARLY=$!
	eventually grep -q '  Read the answer' "$BATS_TEST_TMPDIR/early.err"
}

@test "who comes before the server waits for a client is one; who has gone harms nobody" {
	come_early --clients=1
	end_of_steps
	ended "$EARLY"
	assert_equal "$status" 0
	assert_equal "$(<"$BATS_TEST_TMPDIR/early")" gREETINGS
	ended "$SERVER"
	assert_equal "$status" 0
	assert_equal "$(lines_served)" '1 message, 9 bytes'
	assert_equal "$(grep -c '  -> FALSE, error 535$' "$SERVER_SAID")" 1

	come_early --clients=2
	kill -KILL "$EARLY"
	ended "$EARLY"
	end_of_steps
	client
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
	ended "$SERVER"
	assert_equal "$status" 0
	assert_equal "$(sed 's/^client [0-9]*: //' "$SERVED" | tr '\n' ';')" \
		'0 messages, 0 bytes;1 message, 9 bytes;'
}

# ---- all instances taken, and no server -------------------------------------

@test "all instances are taken: error 121 when --wait is over; else it is served" {
	serve --instances=1 --clients=2
	hold_pipe
	client --wait=0.2
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_equal "$(wc -l <<<"$stderr")" 1
	assert_regex "$stderr" \
		"^named_pipe_client: WaitNamedPipe \\\\\\\\\.\\\\pipe\\\\$PIPE: error 121 \(.+\); $TAKEN\$"
	client --wait=0 --explain
	assert_equal "$status" 1
	assert_equal "$(grep '^client' <<<"$stderr" | results)" \
		"ERROR_PIPE_BUSY;$(tail -n 1 <<<"$stderr" | grep -o 'error 121 ([^)]*)');"
	assert_told named_pipe_client 'CreateFileW WaitNamedPipeW' < <(grep '^client' <<<"$stderr")

	start named_pipe_client --name="$PIPE" --wait=10 --explain \
		>"$OUT" 2>"$BATS_TEST_TMPDIR/said" </dev/null
	eventually grep -q '  All instances are taken' "$BATS_TEST_TMPDIR/said"
	kill -KILL "$HOLDER"
	ended "${STARTED[2]}"
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
	ended "$HOLDER"
	served_all
	assert_equal "$(lines_served | tr '\n' ';')" '0 messages, 0 bytes;1 message, 9 bytes;'
}

# Whether the process is the program itself, no longer Wine's beginnings.
is_in_wine() {
	in_wine | grep -q "^$1 named_pipe"
}

@test "no server: error 2, and what to do; with --wait it may come later" {
	local wait
	for wait in 0 0.1; do
		client --wait=$wait
		assert_equal "$status" 1
		assert_stdout_bytes ''
		assert_equal "$(wc -l <<<"$stderr")" 1
		assert_regex "$stderr" \
			"^named_pipe_client: CreateFile \\\\\\\\\.\\\\pipe\\\\$PIPE: error 2 \(.+\); $ADVICE\$"
	done
	capture named_pipe_client --name="$PIPE"
	assert_equal "$status" 1
	assert_regex "$stderr" ' error 2 '

	start named_pipe_client --name="$PIPE" --wait=10 >"$OUT" </dev/null
	eventually is_in_wine "$!"
	serve --clients=1
	ended "${STARTED[0]}"
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
	served_all
}

@test "a second server of the name: error 231, and the first goes on" {
	serve --clients=2 --instances=1
	client
	assert_equal "$status" 0
	capture named_pipe_server --name="$PIPE" --clients=1
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_equal "$(wc -l <<<"$stderr")" 1
	assert_regex "$stderr" \
		"^named_pipe_server: CreateNamedPipe \\\\\\\\\.\\\\pipe\\\\$PIPE: error 231 \(.+\); is another server running\? stop it, or give another --name\$"
	client
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
	served_all
}

# ---- other programs ---------------------------------------------------------

@test "type, Windows' own, is a client: it connects, and its end is noted" {
	with_windows_own cmd
	serve --instances=1 --clients=2 --explain
	eventually grep -q '  -> FALSE, error 997$' "$SERVER_SAID"
	start "$BATS_TEST_TMPDIR/cmd" /c type "\\\\.\\pipe\\$PIPE" </dev/null >"$BATS_TEST_TMPDIR/typed" 2>&1
	# it only reads, and nobody writes what nobody asked for
	eventually grep -q '  Begin to read' "$SERVER_SAID"
	client --wait=0
	assert_equal "$status" 1
	assert_regex "$stderr" ' error 121 '
	kill -KILL "${STARTED[1]}"
	ended "${STARTED[1]}"
	client
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
	ended "$SERVER"
	assert_equal "$status" 0
	assert_equal "$(<"$BATS_TEST_TMPDIR/typed")" ''
	assert_equal "$(lines_served | tr '\n' ';')" '0 messages, 0 bytes;1 message, 9 bytes;'
}

@test "what another program writes is a message as well" {
	with_windows_own cmd
	serve --clients=2 --instances=1
	client
	assert_equal "$status" 0
	# it prints a text and would read a line; it doesn't wait for the answer
	start "$BATS_TEST_TMPDIR/cmd" /c "set /p =hello>\\\\.\\pipe\\$PIPE" </dev/null >"$BATS_TEST_TMPDIR/typed" 2>&1
	ended "$!"
	served_all
	assert_regex "$(lines_served | tail -n 1)" \
		'^1 message, 5 bytes(; it left before its answer)?$'
}

@test "remote clients are rejected" {
	skip 'Wine has no clients from another machine'
}

# ---- death ------------------------------------------------------------------

# Starts a client with 5,000,000 bytes and a server that gets them in steps,
# until the server announces the read or write $1, the $2-th time.
in_mid_message() {
	head -c 5000000 /dev/urandom >"$IN"
	serve_in_steps --instances=1 --mode="$3"
	start named_pipe_client --name="$PIPE" --wait=10 --mode="$3" --message=- --explain \
		<"$IN" >"$OUT" 2>"$BATS_TEST_TMPDIR/said"
	CLIENT=$!
	step_until "  Wait for a client"
	# all that it has to send is under way
	eventually grep -q '  Read the answer' "$BATS_TEST_TMPDIR/said"
	step_until "$1" "$2"
}

# Kills the client, and has the server go on without steps.
kill_client() {
	kill -KILL "$CLIENT"
	ended "$CLIENT"
	assert_equal "$status" 137
	end_of_steps
	eventually has_served 1
	client --mode="$1" --message=next
	assert_equal "$status" 0
	assert_stdout_bytes 'NEXT\n'
	stop_server
}

@test "the client is killed in mid-message: the server says so, and goes on" {
	in_mid_message '  Begin to read' 2 message
	kill_client message
	assert_equal "$(lines_served)" \
		$'0 messages, 0 bytes; it left before its answer\n1 message, 4 bytes'

	# it has read nothing yet
	in_mid_message '  Begin to read' 1 message
	kill_client message
	assert_equal "$(lines_served)" $'0 messages, 0 bytes\n1 message, 4 bytes'

	in_mid_message '  Begin to write the answer' 1 byte
	kill_client byte
	assert_equal "$(lines_served)" \
		$'1 read, 4096 bytes; it left before its answer\n1 read, 4 bytes'
}

@test "the server is killed: one line says so" {
	local mode
	for mode in message byte; do
		in_mid_message '  Begin to read' 2 $mode
		kill -KILL "$SERVER"
		ended "$SERVER"
		end_of_steps
		ended "$CLIENT"
		assert_equal "$status" 1
		assert_regex "$(tail -n 1 "$BATS_TEST_TMPDIR/said")" \
			'^named_pipe_client: read from the pipe: error 109 \(.+\); the server has gone$'
	done
	# who writes then gets 232; 109 is for who reads
	serve
	hold_pipe
	kill -KILL "$SERVER"
	ended "$SERVER"
	exec 7>&-
	ended "$HOLDER"
	assert_equal "$status" 1
	assert_equal "$(<"$BATS_TEST_TMPDIR/holder")" ''
	assert_regex "$(tail -n 1 "$BATS_TEST_TMPDIR/holder.err")" \
		'^named_pipe_client: write to the pipe: error 232 \([^)]+\)'
}

@test "a message of more than 64 MiB is refused, and the server lives" {
	serve --clients=2 --instances=1
	bounded 20 head -c $((64 * 1024 * 1024 + 1)) /dev/zero >"$IN"
	client --message=- <"$IN"
	rm "$IN"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_equal "$(wc -l <<<"$stderr")" 1
	assert_regex "$stderr" '^named_pipe_client: read from the pipe: error 233 \(.+\); the server has ended the connection$'
	client
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
	served_all
	assert_equal "$(lines_served | tr '\n' ';')" \
		'0 messages, 0 bytes; then a message that is too long;1 message, 9 bytes;'
}

# bats test_tags=rounds
@test "a message of 64 MiB is not too long" {
	serve --clients=1
	bounded 20 head -c $((64 * 1024 * 1024)) /dev/zero >"$IN"
	client --message=- <"$IN"
	assert_equal "$status" 0
	(cat "$IN" && echo) | cmp - "$OUT"
	rm "$IN" "$OUT"
	served_all
	assert_equal "$(lines_served)" '1 message, 67108864 bytes'
}

client_rounds() {
	local i out=$BATS_TEST_TMPDIR/out
	for ((i = 0; i < $1; i++)); do
		named_pipe_client --name="$PIPE" --wait=10 --message="round $2 $i" >"$out" </dev/null
		[ "$(<"$out")" = "ROUND $2 $i" ] || fail "round $i: $(<"$out")"
	done
}

# bats test_tags=rounds
@test "100 clients, two at a time on one instance: always whole" {
	serve --clients=100 --instances=1
	lanes 2 client_rounds 50
	served_all
	assert_equal "$(wc -l <"$SERVED")" 100
	assert_equal "$(lines_served | grep -vc '^1 message, ')" 0
}

# ---- the standard streams ---------------------------------------------------

@test "the client's standard output is full, its input can't be read: one line says why" {
	local size
	serve
	client --message=- <&-
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_equal "$(wc -l <<<"$stderr")" 1
	assert_regex "$stderr" '^named_pipe_client: read standard input: error '
	client --message=- <"$BATS_TEST_TMPDIR"
	assert_equal "$status" 1
	assert_equal "$(wc -l <<<"$stderr")" 1
	assert_regex "$stderr" '^named_pipe_client: read standard input: error '
	for size in 9 1000000; do
		random $size
		assert_fails_to_print full '^named_pipe_client: write standard output: error 112 ' \
			named_pipe_client --name="$PIPE" --wait=10 --message=- <"$IN"
		assert_fails_to_print closed '^named_pipe_client: write standard output: error (5|6) ' \
			named_pipe_client --name="$PIPE" --wait=10 --message=- <"$IN"
	done
	client
	assert_equal "$status" 0
	stop_server
}

@test "the server's standard output is full or closed: it fails, its client doesn't" {
	local how
	for how in /dev/full closed; do
		if [ $how = closed ]; then
			start named_pipe_server --name="$PIPE" \
				>&- 2>"$SERVER_SAID" </dev/null
		elif [ -e $how ]; then
			start named_pipe_server --name="$PIPE" \
				>$how 2>"$SERVER_SAID" </dev/null
		else
			continue
		fi
		client
		assert_equal "$status" 0
		assert_stdout_bytes 'gREETINGS\n'
		ended "${STARTED[-1]}"
		assert_equal "$status" 1
		assert_equal "$(wc -l <"$SERVER_SAID")" 1
		assert_regex "$(<"$SERVER_SAID")" '^named_pipe_server: write standard output: error (5|6|112) '
	done
}

# ---- usage ------------------------------------------------------------------

# What lane 1 and 2 try: the server and the client.
usage_errors() {
	local long both
	long=$(head -c 248 /dev/zero | tr '\0' x)
	both=(--unknown operand --name --mode=foo --name= '--name=a\b' --name="$long"
		--break=none --delay=x)
	if [ "$1" = 1 ]; then
		assert_usage_errors named_pipe_server "${both[@]}" --instances=0 --instances=65 \
			--instances=x --instances= --clients=x --clients=-1 --wait=1 --break=half-message
		capture named_pipe_server --instances=65
		assert_stderr_line 'named_pipe_server: --instances=65: not a number from 1 to 64; see named_pipe_server --help'
	else
		assert_usage_errors named_pipe_client "${both[@]}" --wait=x --wait= --wait=-1 \
			--count=x --count= --count=-1 --instances=1
		capture named_pipe_client --mode=foo
		assert_stderr_line 'named_pipe_client: --mode=foo: neither byte nor message; see named_pipe_client --help'
		capture named_pipe_client --name='a\b'
		assert_stderr_line "named_pipe_client: --name=a\\b: not a pipe's name; see named_pipe_client --help"
		# one character less is a name, which nobody serves
		capture named_pipe_client --name="${long%x}"
		assert_equal "$status" 1
		assert_regex "$stderr" ' error 2 '
	fi
}

@test "usage errors" {
	lanes 2 capturing usage_errors
}

# capture's files are where BATS_TEST_TMPDIR is: a lane has its own
capturing() {
	OUT=$BATS_TEST_TMPDIR/stdout
	"$@"
}

@test "--help and --version" {
	local program option
	for program in named_pipe_server named_pipe_client; do
		capture $program --help
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		assert_regex "$output" "^Usage: $program \[OPTION\]\.\.\."
		for option in name mode; do
			assert_regex "$output" " --$option="
		done
		assert_narrow
		assert_equal "$(grep -c $'\r' "$OUT")" 0
		capture $program --version
		assert_equal "$status" 0
		assert_regex "$output" "^$program [0-9.]+\$"
	done
}

# ---- what a person sees -----------------------------------------------------

# Asserts that what the narration on standard input tells of the program $1 are
# these calls, and stands in its source.
assert_told() {
	told >"$BATS_TEST_TMPDIR/told"
	assert_in_source "windows_ipc/named_pipes/$1.c" <"$BATS_TEST_TMPDIR/told"
	assert_equal "$(windows_calls <"$BATS_TEST_TMPDIR/told")" "$2"
}

# The results of a narration, with N for handles.
results() {
	sed -n 's/^[a-z]*\[[0-9]*\]   -> //p' | sed 's/handle 0x[0-9a-f]*/handle N/' | tr '\n' ';'
}

@test "--explain: each statement as it stands in the source, and what it returned" {
	serve --clients=1 --instances=1 --explain
	eventually grep -q '  -> FALSE, error 997$' "$SERVER_SAID"
	client --explain
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
	ended "$SERVER"
	assert_equal "$status" 0
	assert_equal "$(lines_served)" '1 message, 9 bytes'
	assert_told named_pipe_client 'CreateFileW SetNamedPipeHandleState WriteFile ReadFile CloseHandle' \
		<<<"$stderr"
	assert_regex "$(results <<<"$stderr")" \
		'^handle N;TRUE;(TRUE|FALSE, error 997);9 bytes;TRUE;$'
	# the last wait is begun before the server knows that it is the last client
	assert_told named_pipe_server \
		'CreateNamedPipeW ConnectNamedPipe ReadFile WriteFile ReadFile DisconnectNamedPipe ConnectNamedPipe' \
		<"$SERVER_SAID"
	assert_regex "$(results <"$SERVER_SAID")" \
		'^handle N;FALSE, error 997;(TRUE|FALSE, error 997);(TRUE|FALSE, error 997);((TRUE|FALSE, error 997);)?TRUE;FALSE, error 997;$'

	# a long message comes in pieces, and not all of them are told
	random 20000
	serve --clients=1
	client --explain --message=- <"$IN"
	assert_equal "$status" 0
	answer <"$IN" | cmp - "$OUT"
	assert_equal "$(results <<<"$stderr" | grep -o '4096 bytes, ERROR_MORE_DATA: the' | wc -l)" 2
	served_all
}

@test "--trace: the same steps, as JSON, and nothing on stderr" {
	local trace=$BATS_TEST_TMPDIR/trace
	serve --clients=1 --instances=1 --trace="$trace"
	client --trace="$trace"
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGS\n'
	assert_equal "$stderr" ''
	served_all
	assert_trace "$trace" <<-END
		5 client named-pipes windows_ipc/named_pipes/named_pipe_client.c
		7 server named-pipes windows_ipc/named_pipes/named_pipe_server.c
	END
	assert_equal "$(grep -c '"result":"9 bytes"' "$trace")" 1
}

# ---- --break ----------------------------------------------------------------

@test "--break=list: a line for each defect; --break=half-message: two answers joined" {
	assert_defects named_pipe_client half-message connect-in-client
	assert_defects named_pipe_server
	assert_stdout_bytes ''

	serve --clients=2 --instances=1
	client --break=half-message
	assert_equal "$status" 0
	assert_stdout_bytes 'gREETINGSgRE\nETINGS\n'
	assert_equal "$(narrated "$stderr")" 'half-message: two answers of 9 bytes came; the first read returned 12 bytes, the second 6. A handle to a pipe of messages reads bytes until SetNamedPipeHandleState says otherwise. Then a read takes what there is, and nothing tells where one message ends.'
	client --break=half-message --message=ab
	assert_equal "$status" 2
	client --break=half-message --message="$(printf '%02049d' 0)"
	assert_equal "$status" 2
	assert_stderr_line 'named_pipe_client: --break=half-message: a message of 3 to 2048 bytes; see named_pipe_client --help'
	client --break=half-message --message=abcdef
	assert_equal "$status" 0
	assert_stdout_bytes 'ABCDEFAB\nCDEF\n'
	assert_regex "$(narrated "$stderr")" \
		'^half-message: two answers of 6 bytes came; the first read returned 8 bytes, the second 4\. '
	served_all
	assert_equal "$(lines_served | tr '\n' ';')" '2 messages, 18 bytes;2 messages, 12 bytes;'
}

@test "--break=connect-in-client: error 1, and who may call it" {
	serve --clients=2 --instances=1
	client --break=connect-in-client
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_regex "$(narrated "$stderr")" '^connect-in-client: ConnectNamedPipe: error 1 \([^)]+\)\. ConnectNamedPipe is how a server waits for a client\. A client has connected when CreateFile returns\. named_pipe_client: ConnectNamedPipe: error 1 \([^)]+\)'
	assert_regex "$(tail -n 1 <<<"$stderr")" '^named_pipe_client: ConnectNamedPipe: error 1 \([^)]+\)$'
	client
	assert_equal "$status" 0
	served_all
	assert_equal "$(lines_served | tr '\n' ';')" '0 messages, 0 bytes;1 message, 9 bytes;'
}
