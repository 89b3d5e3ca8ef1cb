# bats file_tags=windows, rpc
# Each test is a process of its own, and capture (helper.bash) sets stderr; a
# backslash before a quote is itself.
# shellcheck disable=SC1003,SC2030,SC2031,SC2154
# RPC over ncalrpc: strings, megabytes, context handles and callbacks between two
# processes, and what happens when one of them goes.

load helper

# An end point is seen within the test's own prefix alone: all take the same.
test_setup() {
	with_own_wine
	OUT=$BATS_TEST_TMPDIR/stdout
	SAID=$BATS_TEST_TMPDIR/said
	SERVED=$BATS_TEST_TMPDIR/served
	SERVER_SAID=$BATS_TEST_TMPDIR/server-said
	INPUT=$BATS_TEST_TMPDIR/input
}

# A test that failed has no time to wait for what it started.
test_teardown() {
	local pid
	[ -z "${BATS_TEST_COMPLETED-}" ] || return 0
	for pid in "${STARTED[@]+"${STARTED[@]}"}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
}

# A server at the end point "e"; its process is in $server. Clients may come at
# once: they wait.
serve() {
	start rpc_server --endpoint=e "$@" >"$SERVED" 2>"$SERVER_SAID"
	server=$!
}

# Runs a client at it.
call() {
	capture rpc_client --endpoint=e --wait=10 "$@"
}

# The server has nothing more to do: it ends by itself.
assert_server_ends() {
	ended "$server"
	assert_equal "$status" 0
	assert_equal "$(<"$SERVER_SAID")" ''
}

# Starts a client whose counter stays open until 7, its input, is closed; its
# process is in $client.
keep_open() {
	mkfifo "$INPUT"
	exec 7<>"$INPUT"
	start rpc_client --endpoint=e --wait=10 --size=10 --keep-open \
		<"$INPUT" >"$OUT" 2>"$SAID"
	client=$!
	eventually grep -q '^counter: 6$' "$OUT"
}

# Starts a client that is in the midst of a call, for seconds.
call_for_long() {
	start rpc_client --endpoint=e --wait=10 --explain --size=64MiB >"$OUT" 2>"$SAID"
	client=$!
	eventually grep -q 'Send 67108864 bytes' "$SAID"
}

# What is left of the text when a call to the server fails: its number.
ADVICE='start rpc_server first, or give it time with --wait=SECONDS'
assert_failed_call() {
	assert_regex "$3" "^rpc_client: $1 at e: error ($2) \(.+\); $ADVICE\$"
}

# What the server prints for a client with a string of $1 and a buffer of $2 bytes.
served() {
	printf '%s\n' "echo: $1 bytes" "invert: $2 bytes" open_counter \
		'add: 1, in all 1' 'add: 2, in all 3' 'add: 3, in all 6' \
		'close_counter at 6' 'count_down from 3: calling the client back'
}

# What a client prints that got back the string $1 and $2 bytes.
answered() {
	local s=s
	[ "$2" != 1 ] || s=
	printf '%s\n' "echo: $1" "invert: $2 byte$s there and back, $2 right" \
		'counter: 6' 'tick: 3' 'tick: 2' 'tick: 1'
}

@test "a whole run: what each of them prints, and nothing else" {
	serve
	call --stop
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	answered gREETINGS 4194304 | diff - "$OUT"
	assert_server_ends
	# Wine's end points are named pipes
	{
		printf '%s\n' 'e is carried by a named pipe, \\.\pipe\lrpc\e'
		served 9 4194304
		echo stop
	} | diff - "$SERVED"
}

@test "the default end point is the same for both" {
	start rpc_server >"$SERVED" 2>"$SERVER_SAID"
	server=$!
	capture rpc_client --wait=10 --size=1 --stop
	assert_equal "$status" 0
	assert_server_ends
	assert_equal "$(head -n 1 "$SERVED")" \
		'ipc-figures is carried by a named pipe, \\.\pipe\lrpc\ipc-figures'
}

@test "any name is an end point" {
	local name
	for name in 'a name' 'grüße%s%n' 'a\b"'; do
		start rpc_server --endpoint="$name" >"$SERVED" 2>"$SERVER_SAID"
		server=$!
		capture rpc_client --endpoint="$name" --wait=10 --size=1 --stop
		assert_equal "$status" 0
		assert_server_ends
		assert_equal "$(head -n 1 "$SERVED")" \
			"$name is carried by a named pipe, \\\\.\\pipe\\lrpc\\$name"
	done
}

# Windows' and Wine's names have 256 characters at most.
@test "a very long end point: served, and told whole or cut" {
	local name
	printf -v name '%0200d' 7
	start rpc_server --endpoint="$name" >"$SERVED" 2>"$SERVER_SAID"
	server=$!
	capture rpc_client --endpoint="$name" --wait=10 --size=1 --stop
	assert_equal "$status" 0
	assert_server_ends
	# one line, which has no other bytes in it than these
	assert_equal "$(head -n 2 "$SERVED" | tail -n 1)" 'echo: 9 bytes'
	assert_regex "$(head -n 1 "$SERVED")" "^$name is carried by a named pipe, [.0a-z\\\\]+7?\$"
}

@test "an empty end point is a usage error" {
	assert_usage_errors rpc_server --endpoint=
	assert_usage_errors rpc_client --endpoint=
}

# ---- strings and buffers ------------------------------------------------------

@test "--message: any text" {
	local text swapped
	serve
	for text in '' 'Two Words' 'grüße ☃' '%s%n' '"q" \\'; do
		call --size=0 --message="$text"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		swapped=$(LC_ALL=C tr 'a-zA-Z' 'A-Za-z' <<<"$text")
		answered "$swapped" 0 | diff - "$OUT"
	done
	# a command line of Windows has 32,767 characters at most, program included
	head -c 30000 /dev/zero | tr '\0' x >"$INPUT"
	call --size=0 --message="$(<"$INPUT")" --stop
	assert_equal "$status" 0
	answered "$(tr x X <"$INPUT")" 0 | cmp - "$OUT"
	assert_server_ends
	assert_equal "$(grep ^echo "$SERVED" | tr -dc '0-9\n' | paste -sd' ')" \
		'0 9 11 4 6 30000'
}

# 65,536 bytes fill what the client reads into at first.
@test "--message=-: standard input, to the byte" {
	local size
	serve
	for size in 0 1 60000 65535 65536 65537; do
		head -c "$size" /dev/zero | tr '\0' y >"$INPUT"
		call --size=0 --message=- <"$INPUT"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		answered "$(tr y Y <"$INPUT")" 0 | cmp - "$OUT"
	done
	call --size=0 --stop
	assert_server_ends
	assert_equal "$(grep ^echo "$SERVED" | tr -dc '0-9\n' | paste -sd' ')" \
		'0 1 60000 65535 65536 65537 9'
}

@test "--message=-: a string has no zero byte; nothing is cut in silence" {
	serve
	call --size=0 --message=- < <(printf 'a\0b')
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_equal "$(wc -l <<<"$stderr")" 1
	assert_regex "$stderr" '^rpc_client: .*zero'
	call --size=0 --stop
	assert_server_ends
}

@test "--message=-: standard input is closed or a directory: one line" {
	call --message=- <&-
	assert_equal "$status" 1
	assert_regex "$stderr" '^rpc_client: read standard input: error [0-9]+ \(.+\)$'
	call --message=- <"$BATS_TEST_TMPDIR"
	assert_equal "$status" 1
	assert_regex "$stderr" '^rpc_client: read standard input: error [0-9]+ \(.+\)$'
}

# Wine carries a buffer in pieces of some 5 KB, a few megabytes a second.
@test "--size: there and back, from none to 16 MiB" {
	local size
	serve
	for size in 0 1 4096 1000000 16777216; do
		call --size=$size
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		answered gREETINGS $size | diff - "$OUT"
	done
	call --size=4KiB --stop
	assert_equal "$status" 0
	assert_server_ends
	assert_equal "$(grep ^invert "$SERVED" | tr -dc '0-9\n' | paste -sd' ')" \
		'0 1 4096 1000000 16777216 4096'
}

@test "usage errors" {
	assert_usage_errors rpc_client --size=x --size=268435457 --wait=x --break=none operand --stop=x
	assert_usage_errors rpc_server --break=none --stop operand --endpoint
}

# ---- context handles ----------------------------------------------------------

@test "a counter is open until its client closes it" {
	serve
	keep_open
	assert_equal "$(tail -n 1 "$SERVED")" 'add: 3, in all 6'
	exec 7>&-
	ended "$client"
	assert_equal "$status" 0
	assert_equal "$(<"$SAID")" ''
	answered gREETINGS 10 | diff - "$OUT"
	call --size=0 --stop
	assert_server_ends
	assert_equal "$(grep -c ^counter_rundown "$SERVED")" 0
	assert_equal "$(grep -c '^close_counter at 6$' "$SERVED")" 2
}

@test "a client that is killed: its counter is run down, once, and others go on" {
	serve
	keep_open
	kill -KILL "$client"
	ended "$client"
	assert_equal "$status" 137
	eventually grep -q ^counter_rundown "$SERVED"
	assert_equal "$(tail -n 1 "$SERVED")" 'counter_rundown at 6: its client has gone'
	exec 7>&-
	call --size=5 --stop
	assert_equal "$status" 0
	answered gREETINGS 5 | diff - "$OUT"
	assert_server_ends
	assert_equal "$(grep -c ^counter_rundown "$SERVED")" 1
	assert_equal "$(grep -c '^close_counter at 6$' "$SERVED")" 1
}

@test "ten clients at once, each with a counter of its own" {
	local i pids=()
	serve
	for i in {1..10}; do
		start rpc_client --endpoint=e --wait=10 --size="$i"000 --message="c$i" \
			>"$OUT.$i" 2>"$SAID.$i"
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	for i in {1..10}; do
		answered "C$i" "$i"000 | diff - "$OUT.$i"
		assert_equal "$(<"$SAID.$i")" ''
	done
	call --size=0 --stop
	assert_server_ends
	assert_equal "$(grep -c '^add: 3, in all 6$' "$SERVED")" 11
	assert_equal "$(grep -c '^close_counter at 6$' "$SERVED")" 11
	assert_equal "$(grep -c '^count_down from 3' "$SERVED")" 11
	assert_equal "$(grep -c ^counter_rundown "$SERVED")" 0
	assert_equal "$(wc -l <"$SERVED")" $((1 + 11 * 8 + 1))
}

# ---- who comes first, and who goes ---------------------------------------------

@test "no server: error 1722 with what to do" {
	capture rpc_client --endpoint=e
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_failed_call echo 1722 "$stderr"
	capture rpc_client --endpoint=e --wait=0.01
	assert_equal "$status" 1
	assert_failed_call echo 1722 "$stderr"
}

@test "--wait: the client may come first" {
	start rpc_client --endpoint=e --wait=10 --size=3 --explain --stop >"$OUT" 2>"$SAID"
	client=$!
	# it has its handle; nothing else is between that and its waiting
	eventually grep -q -- '-> RPC_S_OK' "$SAID"
	serve
	ended "$client"
	assert_equal "$status" 0
	answered gREETINGS 3 | diff - "$OUT"
	assert_server_ends
}

@test "a second server at the same end point: error 1740, and the first goes on" {
	serve
	eventually grep -q 'is carried by' "$SERVED"
	capture rpc_server --endpoint=e
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_regex "$stderr" '^rpc_server: RpcServerUseProtseqEp e: error 1740 \(.+\); is another server running\? stop it, or give another --endpoint$'
	call --size=0 --stop
	assert_equal "$status" 0
	assert_server_ends
	# and the name is free again
	serve
	call --size=0 --stop
	assert_equal "$status" 0
	assert_server_ends
}

@test "two servers at two end points don't know of each other" {
	serve
	start rpc_server --endpoint=f >"$OUT.f"
	local other=$!
	capture rpc_client --endpoint=f --wait=10 --size=0 --stop
	assert_equal "$status" 0
	ended "$other"
	assert_equal "$status" 0
	call --size=0 --stop
	assert_equal "$status" 0
	assert_server_ends
	assert_equal "$(grep -c ^stop "$SERVED")" 1
}

@test "the server is killed while a client has a counter there: an error, no hang" {
	serve
	keep_open
	kill -KILL "$server"
	ended "$server"
	exec 7>&-
	ended "$client"
	assert_equal "$status" 1
	answered gREETINGS 10 | head -n 3 | diff - "$OUT"
	# what Windows says of it: unavailable, or that the call failed
	assert_failed_call close_counter '1722|1726|1727' "$(<"$SAID")"
}

@test "the server is killed in mid-call: an error, no hang" {
	serve
	call_for_long
	kill -KILL "$server"
	ended "$server"
	ended "$client"
	assert_equal "$status" 1
	assert_stdout_bytes 'echo: gREETINGS\n'
	assert_failed_call invert '1722|1726|1727' "$(tail -n 1 "$SAID")"
	assert_regex "$(tail -n 2 "$SAID" | head -n 1)" '^client\[[0-9]+\]   -> error 17[0-9]+ '
}

@test "a client is killed in mid-call: the server goes on with others" {
	serve
	call_for_long
	kill -KILL "$client"
	ended "$client"
	call --size=7 --stop
	assert_equal "$status" 0
	answered gREETINGS 7 | diff - "$OUT"
	assert_server_ends
	assert_equal "$(grep ^invert "$SERVED")" 'invert: 7 bytes'
}

# It is stopped in mid-call, or the call might be over.
@test "--stop while another client is in a call: that one fails, the server ends with 0" {
	serve
	call_for_long
	kill -STOP "$client"
	capture rpc_client --endpoint=e --size=7 --stop
	assert_equal "$status" 0
	answered gREETINGS 7 | diff - "$OUT"
	kill -CONT "$client"
	ended "$client"
	assert_equal "$status" 1
	# unavailable, too busy, or that the call failed
	assert_failed_call invert '1722|1723|1726|1727' "$(tail -n 1 "$SAID")"
	assert_server_ends
	assert_equal "$(tail -n 1 "$SERVED")" stop
}

@test "--stop while another client has a counter: that one is told" {
	serve
	keep_open
	call --size=7 --stop
	assert_equal "$status" 0
	exec 7>&-
	ended "$client"
	assert_server_ends
	assert_failed_call close_counter '1722|1723|1726|1727' "$(<"$SAID")"
}

# ---- standard output -----------------------------------------------------------

# Windows' numbers for it: 112, disk full; 6, invalid handle.
@test "standard output is full or closed: the client has one line with the reason" {
	serve
	assert_fails_to_print full '^rpc_client: write standard output: error 112 \(.+\)$' \
		rpc_client --endpoint=e --wait=10 --size=1
	assert_fails_to_print closed '^rpc_client: write standard output: error (5|6) \(.+\)$' \
		rpc_client --endpoint=e --wait=10 --size=1
	call --size=0 --stop
	assert_equal "$status" 0
	assert_server_ends
}

@test "standard output is full or closed: the server has one line, and ends" {
	assert_fails_to_print full '^rpc_server: write standard output: error 112 \(.+\)$' rpc_server
	assert_fails_to_print closed '^rpc_server: write standard output: error (5|6) \(.+\)$' rpc_server
}

# ---- what a person sees ---------------------------------------------------------

# Asserts that what the narration on standard input tells of the program $1 are
# these calls, and stands in its source or in what it shares with the other.
assert_told() {
	told >"$BATS_TEST_TMPDIR/told"
	assert_in_source "windows_ipc/rpc/$1.c" windows_ipc/rpc/ncalrpc.c <"$BATS_TEST_TMPDIR/told"
	assert_equal "$(sed -E 's/^[0-9]+: ([^(=]*= )?([a-zA-Z_0-9]+)\(.*/\2/' \
		"$BATS_TEST_TMPDIR/told" | paste -sd' ')" "$2"
}

@test "--explain: each statement as it stands in the source, and what it returned" {
	serve --explain
	capture rpc_client --endpoint=e --wait=10 --size=100 --explain --stop
	assert_equal "$status" 0
	answered gREETINGS 100 | diff - "$OUT"
	ended "$server"
	assert_equal "$status" 0
	assert_told rpc_client \
		'RpcBindingFromStringBindingW echo invert open_counter add add add close_counter RpcServerRegisterIf2 RpcServerUseProtseqEpW count_down stop' \
		<<<"$stderr"
	assert_equal "$(sed -n 's/^client\[[0-9]*\] *-> //p' <<<"$stderr" | paste -sd';')" \
		'RPC_S_OK;9 bytes;100 of them are right;a context handle;1;3;6;a null handle;RPC_S_OK;RPC_S_OK;done;done'
	assert_told rpc_server 'RpcServerRegisterIf2 RpcServerUseProtseqEpW RpcServerListen' \
		<"$SERVER_SAID"
	assert_equal "$(sed -n 's/^server\[[0-9]*\] *-> //p' "$SERVER_SAID" | paste -sd';')" \
		'RPC_S_OK;RPC_S_OK;RPC_S_OK'
}

@test "--trace: the same steps of both, as JSON, and nothing on stderr" {
	local trace=$BATS_TEST_TMPDIR/trace
	serve --trace="$trace"
	call --size=100 --trace="$trace" --stop
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_server_ends
	assert_trace "$trace" <<-END
		1 client rpc windows_ipc/rpc/ncalrpc.c
		11 client rpc windows_ipc/rpc/rpc_client.c
		1 server rpc windows_ipc/rpc/ncalrpc.c
		2 server rpc windows_ipc/rpc/rpc_server.c
	END
	assert_equal "$(grep -c '"result":"100 of them are right"' "$trace")" 1
}
