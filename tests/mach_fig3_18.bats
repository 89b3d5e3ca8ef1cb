# bats file_tags=mach, fig:3-18
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# Figure 3.18: a client and a server that exchange a Mach message.

load helper

test_setup() {
	with_own_mach
	OUT=$BATS_TEST_TMPDIR/server.out
	SAID=$BATS_TEST_TMPDIR/server.said
}

serve() {
	start fig3_18_server "$@" >"$OUT" 2>"$SAID"
	SERVER=$!
}

@test "server first: the number is received and comes back" {
	serve
	capture fig3_18_client --wait=10
	assert_equal "$status" 0
	assert_stdout_bytes 'reply 42\n'
	assert_equal "$stderr" ''
	ended "$SERVER"
	assert_equal "$status" 0
	printf 'received 42\n' | cmp - "$OUT"
	assert_equal "$(<"$SAID")" ''
}

@test "client first: it waits" {
	start fig3_18_client --wait=10 --data=-7 >"$BATS_TEST_TMPDIR/client.out"
	local client=$!
	sleep 0.3
	serve
	ended "$client"
	assert_equal "$status" 0
	printf 'reply -7\n' | cmp - "$BATS_TEST_TMPDIR/client.out"
	ended "$SERVER"
	printf 'received -7\n' | cmp - "$OUT"
}

@test "no server: BOOTSTRAP_UNKNOWN_SERVICE, and what to do" {
	capture fig3_18_client
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line 'fig3_18_client: bootstrap_look_up org.ipc-figures.server: BOOTSTRAP_UNKNOWN_SERVICE (No port has the name); run fig3_18_server first, or give --wait'
}

@test "a name is taken once, and free again when its server is killed" {
	serve --name=taken --explain
	eventually checked_in
	capture fig3_18_server --name=taken
	assert_equal "$status" 1
	assert_stderr_line 'fig3_18_server: bootstrap_check_in taken: BOOTSTRAP_SERVICE_ACTIVE (Another server has the name); another server has the name: --name'
	kill -KILL "$SERVER"
	wait "$SERVER" || true
	serve --name=taken
	capture fig3_18_client --name=taken --wait=10
	assert_equal "$status" 0
	ended "$SERVER"
	assert_equal "$status" 0
}

checked_in() {
	grep -q 'KERN_SUCCESS, port' "$SAID"
}

# A server whose bootstrap server lets nobody check in: as launchd, of a name that
# none of its jobs has.
with_own_port_server() {
	local here=$BATS_TEST_TMPDIR
	printf '%s\n' '#include <servers/bootstrap.h>' \
		'kern_return_t __wrap_bootstrap_check_in(void);' \
		'kern_return_t __wrap_bootstrap_check_in(void)' \
		'{ return BOOTSTRAP_UNKNOWN_SERVICE; }' >"$here/refuse.c"
	cc -Imach_msg/linux/include -c -o "$here/refuse.o" "$here/refuse.c"
	bounded 120 make -s BUILD="$here/build" "$here/build/fig3_18_server" \
		LDFLAGS="-Wl,--wrap=bootstrap_check_in $here/refuse.o"
	# it starts the kernel that lies beside it
	ln -s "$BUILD/mach_kernel" "$BUILD/bootstrap_server" "$here/build"
	PATH=$here/build:$PATH
}

@test "where nobody may check in, as on macOS: the server registers a port of its own" {
	with_own_port_server
	serve --explain
	capture fig3_18_client --wait=10
	assert_equal "$status" 0
	assert_stdout_bytes 'reply 42\n'
	ended "$SERVER"
	assert_equal "$status" 0
	printf 'received 42\n' | cmp - "$OUT"
	run cat "$SAID"
	assert_line --partial '-> BOOTSTRAP_UNKNOWN_SERVICE'
	assert_line --partial 'kern_return_t result = bootstrap_register(bootstrap_port,'
	assert_line --partial '-> KERN_SUCCESS, port'

	serve --name=taken --explain
	eventually checked_in
	capture "$BUILD/fig3_18_server" --name=taken
	assert_equal "$status" 1
	assert_stderr_line 'fig3_18_server: bootstrap_check_in taken: BOOTSTRAP_NAME_IN_USE (Another port has the name); another server has the name: --name'
	capture fig3_18_server --name=taken
	assert_equal "$status" 1
	assert_stderr_line 'fig3_18_server: bootstrap_register taken: BOOTSTRAP_NAME_IN_USE (Another port has the name); another server has the name: --name'
	kill -KILL "$SERVER"
	wait "$SERVER" || true
}

@test "the bootstrap server, started by hand, has no port to receive from" {
	capture bootstrap_server
	assert_equal "$status" 1
	assert_stderr_line 'bootstrap_server: mach_msg, to receive at the bootstrap port: MACH_RCV_INVALID_NAME (No receive right or port set to receive from); the Mach kernel starts it, with that port; macOS has launchd in its place'
}

@test "names of 127 bytes, not of 128 or 0" {
	local name
	name=$(printf '%0127d' 1)
	serve --name="$name"
	capture fig3_18_client --name="$name" --wait=10
	assert_equal "$status" 0
	ended "$SERVER"
	for name in '' "${name}x"; do
		capture fig3_18_client --name="$name"
		assert_equal "$status" 2
		capture fig3_18_server --name="$name"
		assert_equal "$status" 2
	done
}

@test "the server is killed before it replies: the client is told" {
	serve --delay=2
	start fig3_18_client --wait=10 >/dev/null 2>"$BATS_TEST_TMPDIR/said"
	local client=$!
	eventually checked_in
	sleep 0.5
	kill -KILL "$SERVER"
	wait "$SERVER" || true
	ended "$client"
	assert_equal "$status" 1
	assert_equal "$(<"$BATS_TEST_TMPDIR/said")" \
		'fig3_18_client: the server ended and sent no reply (notification 71)'
}

@test "the kernel is killed: the server learns it and says so" {
	serve --explain
	eventually checked_in
	kill -KILL "$(<"$MACH_RUN_DIR/pid")"
	ended "$SERVER"
	assert_equal "$status" 1
	assert_regex "$(grep -v '^server' "$SAID")" '^mach: the Mach kernel \(process [0-9]+\) has ended
fig3_18_server: mach_msg, to receive at org.ipc-figures.server: MACH_RCV_PORT_DIED \(.*\)$'
	serve
	capture fig3_18_client --wait=10
	assert_equal "$status" 0
	ended "$SERVER"
}

@test "twenty pairs at once, started in no order: one kernel" {
	local i pids=()
	for i in {1..20}; do
		start fig3_18_client --name="pair $i" --data="$i" --wait=10 >"$OUT.$i"
		pids+=("$!")
		start fig3_18_server --name="pair $i" >/dev/null
		pids+=("$!")
	done
	for i in "${pids[@]}"; do
		ended "$i"
		assert_equal "$status" 0
	done
	for i in {1..20}; do
		printf 'reply %s\n' "$i" | cmp - "$OUT.$i"
	done
}

@test "a run directory that others may enter is refused" {
	mkdir -m 755 "$MACH_RUN_DIR"
	capture fig3_18_client
	assert_equal "$status" 1
	assert_regex "$stderr" 'is not a directory of this user.s alone'
}

# ---- what goes wrong --------------------------------------------------------

@test "--break=no-bits: MACH_SEND_INVALID_HEADER" {
	serve
	capture fig3_18_client --wait=10 --break=no-bits
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_regex "$(narrated "$stderr")" '^no-bits: msgh_bits is 0x0\. .*: MACH_SEND_INVALID_HEADER '
	kill "$SERVER"
	wait "$SERVER" || true
}

@test "--break=by-number: MACH_SEND_INVALID_DEST" {
	serve
	capture fig3_18_client --wait=10 --break=by-number
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_regex "$(narrated "$stderr")" '^by-number: port 0x[0-9a-f]+ is nothing in this task\. .*: MACH_SEND_INVALID_DEST '
	kill "$SERVER"
	wait "$SERVER" || true
}

@test "--break=no-trailer: MACH_RCV_TOO_LARGE, and the client is told" {
	serve --break=no-trailer
	capture fig3_18_client --wait=10
	assert_equal "$status" 1
	ended "$SERVER"
	assert_equal "$status" 1
	assert_regex "$(narrated "$(<"$SAID")")" '^no-trailer: the buffer has 28 bytes, .*: MACH_RCV_TOO_LARGE '
	assert_equal "$(<"$OUT")" ''
}

@test "usage errors" {
	local wrong
	for wrong in --break=none --data=x --data=99999999999 --wait=x operand; do
		capture fig3_18_client "$wrong"
		assert_equal "$status" 2
	done
	capture fig3_18_server operand
	assert_equal "$status" 2
	assert_not_exist "$MACH_RUN_DIR"
}
