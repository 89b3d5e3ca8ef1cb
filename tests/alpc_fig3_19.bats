# bats file_tags=windows, alpc, fig:3-19
# shellcheck disable=SC2030,SC2031,SC2154 # capture, in helper.bash, sets stderr
# Figure 3.19: ALPC's client and server, and its three techniques.

load helper

test_setup() {
	[ "$(uname -s)" = Linux ] || skip 'the layer is for Linux'
	export ALPC_RUN_DIR=$BATS_TEST_TMPDIR/alpc
	marks_processes
	OUT=$BATS_TEST_TMPDIR/server.out
	SAID=$BATS_TEST_TMPDIR/server.said
}

# Nobody is left, and no name.
test_teardown() {
	eventually nobody_left
	[ ! -d "$ALPC_RUN_DIR" ] || [ -z "$(ls "$ALPC_RUN_DIR")" ] ||
		fail "left in $ALPC_RUN_DIR: $(ls "$ALPC_RUN_DIR")"
}

serve() {
	start fig3_19_alpc_server "$@" >"$OUT" 2>"$SAID"
	SERVER=$!
}

# Sends so many bytes by a technique, and compares the answer with cksum's.
sends() {
	local technique=$1 size=$2 sum s=s
	shift 2
	[ "$size" != 1 ] || s=
	head -c "$size" /dev/urandom >"$BATS_TEST_TMPDIR/bytes"
	sum=$(cksum <"$BATS_TEST_TMPDIR/bytes")
	capture fig3_19_alpc_client --wait=10 --technique="$technique" \
		--file="$BATS_TEST_TMPDIR/bytes" "$@"
	assert_equal "$status" 0
	assert_stdout_bytes "$technique: --technique says so\n$size byte$s, cksum ${sum%% *}\n"
	assert_equal "$stderr" ''
}

# ---- the techniques ---------------------------------------------------------

@test "the queue, from nothing to its limit" {
	local size
	serve --clients=8
	for size in 0 1 255 256 257 4096 65279 65463; do sends queue "$size"; done
	ended "$SERVER"
	assert_equal "$status" 0
	assert_equal "$(grep -c 'queue, ' "$OUT")" 8
}

@test "one byte past the queue's limit, and 64 KiB: the real status codes" {
	serve --clients=2
	capture fig3_19_alpc_client --wait=10 --technique=queue --size=65464
	assert_equal "$status" 1
	assert_stderr_line 'fig3_19_alpc_client: NtAlpcSendWaitReceivePort of 65520 bytes: STATUS_PORT_MESSAGE_TOO_LONG (The message is longer than the port'\''s maximum); another --technique takes it'
	capture fig3_19_alpc_client --technique=queue --size=64KiB
	assert_equal "$status" 1
	assert_stderr_line 'fig3_19_alpc_client: NtAlpcSendWaitReceivePort of 65592 bytes: STATUS_INVALID_PARAMETER (An argument can'\''t be so); the header has 16 bits for the length: another --technique takes it'
	ended "$SERVER"
}

@test "a section, from nothing to its limit" {
	local size
	serve --clients=8
	for size in 0 1 255 256 257 65279 65536 1048576; do sends section "$size"; done
	ended "$SERVER"
	assert_equal "$(grep -c 'section, ' "$OUT")" 8
}

@test "more than the section holds: STATUS_INVALID_VIEW_SIZE" {
	serve --clients=1
	capture fig3_19_alpc_client --wait=10 --technique=section --section=64KiB --size=65537
	assert_equal "$status" 1
	assert_stderr_line 'fig3_19_alpc_client: NtAlpcCreateSectionView of 65537 bytes of 65536: STATUS_INVALID_VIEW_SIZE (The view doesn'\''t fit the section); give it a larger --section'
	ended "$SERVER"
}

@test "the client's own memory, from nothing to 1 MiB and one more" {
	local size
	serve --clients=8
	for size in 0 1 255 256 257 65279 1048576 1048577; do sends direct "$size"; done
	ended "$SERVER"
	assert_equal "$(grep -c 'direct, ' "$OUT")" 8
}

# bats test_tags=large
@test "1 GiB, in a section and directly" {
	local sum
	serve --clients=2
	capture fig3_19_alpc_client --wait=10 --technique=direct --size=1GiB
	assert_equal "$status" 0
	sum=${output##* }
	assert_stdout_bytes "direct: --technique says so\n1073741824 bytes, cksum $sum\n"
	capture fig3_19_alpc_client --technique=section --section=1GiB --size=1GiB
	assert_equal "$status" 0
	assert_stdout_bytes "section: --technique says so\n1073741824 bytes, cksum $sum\n"
	ended "$SERVER"
}

# ---- the rule ---------------------------------------------------------------

@test "the book's rule: 256, and the section's size" {
	serve --clients=3
	capture fig3_19_alpc_client --wait=10 --size=256 --section=64KiB
	assert_equal "${output%%$'\n'*}" "queue: 256 bytes are at most 256: copied through the port's queue"
	capture fig3_19_alpc_client --size=257 --section=64KiB
	assert_equal "${output%%$'\n'*}" 'section: 257 bytes are more than 256: in the section of 65536'
	capture fig3_19_alpc_client --size=65537 --section=64KiB
	assert_equal "${output%%$'\n'*}" "direct: 65537 bytes are more than the section's 65536: the server reads them here"
	ended "$SERVER"
}

@test "what is sent: a text, standard input, a file" {
	serve --clients=4
	capture fig3_19_alpc_client --wait=10
	assert_stdout_bytes "queue: 9 bytes are at most 256: copied through the port's queue\n9 bytes, cksum $(printf Greetings | cksum | cut -d ' ' -f 1)\n"
	capture fig3_19_alpc_client --message=x
	assert_equal "${output##*$'\n'}" "1 byte, cksum $(printf x | cksum | cut -d ' ' -f 1)"
	capture fig3_19_alpc_client --message=- <README.md
	assert_equal "${output##*$'\n'}" "$(wc -c <README.md) bytes, cksum $(cksum <README.md | cut -d ' ' -f 1)"
	capture fig3_19_alpc_client --file=README.md
	assert_equal "${output##*$'\n'}" "$(wc -c <README.md) bytes, cksum $(cksum <README.md | cut -d ' ' -f 1)"
	capture fig3_19_alpc_client --file=/nonexistent
	assert_stderr_line 'fig3_19_alpc_client: open /nonexistent: ENOENT (No such file or directory)'
	ended "$SERVER"
	assert_equal "$(grep -c ': left$' "$OUT")" 4
}

@test "a callback in the midst of each technique's request" {
	local technique
	serve --clients=3
	for technique in queue section direct; do
		capture fig3_19_alpc_client --wait=10 --technique=$technique --size=300 --callback
		assert_equal "$status" 0
		assert_equal "$(sed -n 2p <<<"$output")" 'callback: the server asks, the client answers'
	done
	ended "$SERVER"
}

# ---- connecting -------------------------------------------------------------

@test "either may be first" {
	start fig3_19_alpc_client --wait=10 >"$BATS_TEST_TMPDIR/client.out"
	local client=$!
	serve --clients=1
	ended "$client"
	assert_equal "$status" 0
	ended "$SERVER"
	assert_equal "$status" 0
	assert_equal "$(sed 's/[0-9]\{1,\}:/N:/' "$OUT")" "client N: queue, 9 bytes, cksum 2591961837
client N: left"
	assert_equal "$(<"$SAID")" ''
}

@test "no server: STATUS_OBJECT_NAME_NOT_FOUND, and what to do" {
	capture fig3_19_alpc_client --name=nobody
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line 'fig3_19_alpc_client: NtAlpcConnectPort \RPC Control\nobody: STATUS_OBJECT_NAME_NOT_FOUND (There is no such name); start fig3_19_alpc_server first, or give it time with --wait=SECONDS'
}

@test "a name is taken once, and free again when its server is killed" {
	serve --name=taken
	fig3_19_alpc_client --name=taken --wait=10
	capture fig3_19_alpc_server --name=taken
	assert_equal "$status" 1
	assert_stderr_line 'fig3_19_alpc_server: NtAlpcCreatePort \RPC Control\taken: STATUS_OBJECT_NAME_COLLISION (The name is taken); another server has the name: --name'
	kill -KILL "$SERVER"
	ended "$SERVER"
	serve --name=taken --clients=1
	fig3_19_alpc_client --name=taken --wait=10
	ended "$SERVER"
}

@test "refused, with the server's message" {
	serve --refuse='Not today' --clients=2
	capture fig3_19_alpc_client --wait=10
	assert_equal "$status" 1
	assert_stderr_line 'fig3_19_alpc_client: NtAlpcConnectPort \RPC Control\fig3_19: STATUS_PORT_CONNECTION_REFUSED (The server refuses the connection); Not today'
	capture fig3_19_alpc_client
	ended "$SERVER"
	assert_equal "$(grep -c ': refused$' "$OUT")" 2
}

about_to_answer() {
	grep -q 'Answer\. The message' "$SAID"
}

@test "a server that is killed before it answers: its client's call returns, its name goes" {
	mkfifo "$BATS_TEST_TMPDIR/enter"
	exec 7<>"$BATS_TEST_TMPDIR/enter"
	serve --step <"$BATS_TEST_TMPDIR/enter"
	printf '\n\n\n\n' >&7
	start fig3_19_alpc_client --wait=10 2>"$BATS_TEST_TMPDIR/said" >/dev/null
	local client=$!
	eventually about_to_answer
	kill -KILL "$SERVER"
	ended "$SERVER"
	ended "$client"
	exec 7>&-
	assert_equal "$status" 1
	assert_equal "$(<"$BATS_TEST_TMPDIR/said")" 'fig3_19_alpc_client: NtAlpcSendWaitReceivePort of 65 bytes: STATUS_PORT_DISCONNECTED (The other side has gone); was the server ended?'
}

# bats test_tags=clients
@test "a hundred clients on one server, at once" {
	local i pids=()
	serve --clients=100
	for ((i = 0; i < 100; i++)); do
		fig3_19_alpc_client --wait=20 --size=$((i * 700)) \
			>"$BATS_TEST_TMPDIR/client.$i" 3>&- &
		pids+=("$!")
	done
	for i in "${pids[@]}"; do wait "$i"; done
	ended "$SERVER"
	assert_equal "$status" 0
	assert_equal "$(grep -c ': left$' "$OUT")" 100
	for ((i = 0; i < 100; i++)); do
		grep -q "^$((i * 700)) bytes, cksum" "$BATS_TEST_TMPDIR/client.$i"
	done
}

@test "another user can't connect" {
	[ "$(id -u)" = 0 ] || skip 'only root can be another user'
	local program
	program=$(as_other_user fig3_19_alpc_client)
	chmod 755 "$BATS_TEST_TMPDIR"
	serve
	fig3_19_alpc_client --wait=10
	capture setpriv --reuid=65534 --regid=65534 --clear-groups "$program"
	assert_equal "$status" 1
	assert_regex "$stderr" 'STATUS_ACCESS_DENIED'
	kill "$SERVER"
	ended "$SERVER"
	fig3_19_alpc_server --clients=1 >/dev/null 3>&- & # sweeps
	fig3_19_alpc_client --wait=10
	wait $!
}

@test "an ordinary user's programs do the same" {
	[ "$(id -u)" = 0 ] || skip 'this whole file has run as one'
	local program technique
	program=$(as_other_user fig3_19_alpc_client)
	cp "$BUILD/fig3_19_alpc_server" "/tmp/$TAG"
	mkdir -m 700 "/tmp/$TAG/alpc"
	chown 65534 "/tmp/$TAG/alpc"
	export ALPC_RUN_DIR=/tmp/$TAG/alpc
	start setpriv --reuid=65534 --regid=65534 --clear-groups \
		"/tmp/$TAG/fig3_19_alpc_server" --clients=3 >"$OUT"
	for technique in queue section direct; do
		capture setpriv --reuid=65534 --regid=65534 --clear-groups \
			"$program" --wait=10 --technique=$technique
		assert_equal "$status" 0
		assert_equal "${output##*$'\n'}" '9 bytes, cksum 2591961837'
	done
	ended "${STARTED[0]}"
}

@test "where the directory isn't this user's alone: STATUS_ACCESS_DENIED, and what to do" {
	mkdir -m 755 "$ALPC_RUN_DIR"
	capture fig3_19_alpc_server
	assert_equal "$status" 1
	assert_stderr_line 'fig3_19_alpc_server: NtAlpcCreatePort \RPC Control\fig3_19: STATUS_ACCESS_DENIED (The system doesn'\''t allow it); ALPC_RUN_DIR must be a directory of this user'\''s alone'
}

# ---- what goes wrong --------------------------------------------------------

@test "--break=forged-client: the server sees who it is" {
	serve --clients=1
	capture fig3_19_alpc_client --wait=10 --break=forged-client
	assert_equal "$status" 0
	assert_regex "$(narrated "$stderr")" 'from process 1, the server saw process [0-9]+\.'
	ended "$SERVER"
	run ! grep -q 'client 1:' "$OUT"
}

@test "--break=wild-pointer: STATUS_PARTIAL_COPY, and the server goes on" {
	serve --clients=2
	capture fig3_19_alpc_client --wait=10 --break=wild-pointer
	assert_equal "$status" 1
	assert_regex "$stderr" "the server's answer: STATUS_PARTIAL_COPY"
	capture fig3_19_alpc_client
	assert_equal "$status" 0
	ended "$SERVER"
}

@test "--break=late-read: STATUS_MESSAGE_NOT_FOUND" {
	serve --clients=1
	capture fig3_19_alpc_client --wait=10 --break=late-read
	assert_equal "$status" 0
	assert_regex "$(narrated "$stderr")" 'NtReadRequestData after the reply returned STATUS_MESSAGE_NOT_FOUND'
	ended "$SERVER"
}

@test "--break=too-long: STATUS_PORT_MESSAGE_TOO_LONG" {
	serve --clients=1
	capture fig3_19_alpc_client --wait=10 --break=too-long
	assert_equal "$status" 1
	assert_regex "$stderr" STATUS_PORT_MESSAGE_TOO_LONG
	ended "$SERVER"
}

# process_vm_readv's answer where yama's ptrace_scope is 2, or a filter forbids it
@test "a system that forbids to read another process: STATUS_ACCESS_DENIED, and what to do" {
	requires strace
	start strace -f -o /dev/null -e trace=process_vm_readv \
		-e inject=process_vm_readv:error=EPERM \
		fig3_19_alpc_server --clients=1 >"$OUT"
	capture fig3_19_alpc_client --wait=10 --technique=direct
	assert_equal "$status" 1
	assert_stderr_line "fig3_19_alpc_client: the server's NtReadRequestData: STATUS_ACCESS_DENIED (The system doesn't allow it); kernel.yama.ptrace_scope must be 0 or 1; --technique=section needs nothing"
	ended "${STARTED[0]}"
}

# yama's ptrace_scope 1 wants the client's word; and it is taken back
# bats test_tags=no-sanitizer
@test "the client allows its server to read, while the request waits" {
	requires strace
	serve --clients=1
	capture strace -e trace=prctl -o "$BATS_TEST_TMPDIR/calls" \
		fig3_19_alpc_client --wait=10 --technique=direct
	assert_equal "$status" 0
	assert_equal "$(sed -n "s/^prctl(PR_SET_PTRACER, \([0-9]*\).*/\1/p" "$BATS_TEST_TMPDIR/calls")" "$SERVER
0"
	ended "$SERVER"
}

@test "--technique=x and other wrong command lines: 2" {
	capture fig3_19_alpc_client --technique=x
	assert_equal "$status" 2
	capture fig3_19_alpc_client --size=2001MiB
	assert_equal "$status" 2
	capture fig3_19_alpc_server --name='a\b'
	assert_equal "$status" 2
}

# ---- the picture ------------------------------------------------------------

@test "--diagram: both processes, the name, each handle, the section in both" {
	serve --clients=1
	capture fig3_19_alpc_client --wait=10 --size=300 --diagram
	assert_equal "$status" 0
	assert_regex "$stderr" "\\| server $SERVER +\\|"
	assert_regex "$stderr" '\| client [0-9]+ +\|'
	assert_regex "$stderr" '\\RPC Control\\fig3_19 +\| handle 0x4 '
	assert_regex "$stderr" '\| handle 0x4 +\| +\| handle 0x8 +\|'
	assert_regex "$stderr" 'shared section, handle 0x1'
	assert_regex "$stderr" '\| 0x[0-9a-f]+ +\|<-* 1048576 bytes -*>\| 0x[0-9a-f]+ +\|'
	run ! grep -q '^.\{81\}' "$BATS_TEST_TMPDIR/stderr"
	ended "$SERVER"
}
