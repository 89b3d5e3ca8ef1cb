# bats file_tags=mach, mach:send-rights
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# Rights that are granted, and rights that move between two tasks.

load helper

test_setup() {
	with_own_mach
}

# What the Nth table of a task says of a port: its rights, without the name.
rights() {
	awk -v task="$1" -v table="$2" -v port="$3" '
		/name space:$/ { n += ($1 == task "\047s"); on = $1 == task "\047s" && n == table; next }
		/^[^ ]/ { on = 0 }
		on && index($0, "  " port) {
			sub(/^ *0x[0-9a-f]+ +/, ""); sub(" *" port ".*", ""); gsub(/ +/, " "); print }' \
		<<<"$output"
}

name_of() {
	awk -v task="$1" -v port="$2" '
		/name space:$/ { on = $1 == task "\047s"; next }
		on && index($0, "  " port) { print $1; exit }' <<<"$output"
}

@test "the grant: the server can send to P1 then" {
	capture send_rights
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_equal "$(rights client 1 P1)" 'receive 0 of 5'
	assert_equal "$(rights server 1 P1)" 'send 1'
	assert_equal "$(rights client 2 P1)" 'receive 0 of 5'
}

@test "MOVE_SEND: the right goes from the client to the server" {
	capture send_rights
	assert_equal "$(rights client 2 'Q, which')" 'receive, send 1 0 of 5'
	assert_equal "$(rights server 1 'Q, which')" ''
	assert_equal "$(rights client 3 'Q, which')" 'receive 0 of 5'
	assert_equal "$(rights server 2 'Q, which')" 'send 1'
}

@test "MOVE_SEND_ONCE: a name of its own, gone when it has been used" {
	capture send_rights
	assert_equal "$(rights server 3 'Q, once')" 'send-once'
	assert_equal "$(rights server 3 'Q, which')" 'send 1'
	assert_equal "$(rights server 4 'Q, once')" ''
	assert_equal "$(rights client 4 'Q, which')" 'receive 3 of 5'
}

@test "MOVE_RECEIVE: the queue goes along, in order" {
	capture send_rights
	assert_equal "$(rights server 5 'Q, which')" 'receive, send 1 3 of 5'
	assert_equal "$(rights client 5 'Q, which')" ''
	assert_equal "$(grep '^server received' <<<"$output")" 'server received message 1 from Q
server received message 2 from Q
server received message 3 from Q'
	assert_equal "$(tail -n 1 <<<"$output")" 'the server has ended: nobody could send to P2 any more'
}

@test "a port's names in the two tasks have nothing to do with each other" {
	local port
	capture send_rights
	for port in P1 P2 'Q, which'; do
		assert_regex "$(name_of client "$port")" '^0x[0-9a-f]+$'
		assert_regex "$(name_of server "$port")" '^0x[0-9a-f]+$'
		refute [ "$(name_of client "$port")" = "$(name_of server "$port")" ]
	done
}

@test "either is killed: the other one ends" {
	local client server
	start send_rights --delay=3 >/dev/null 2>"$BATS_TEST_TMPDIR/said"
	client=$!
	eventually grep -q 'MACH_MSG_TYPE_\|Wait for a message' "$BATS_TEST_TMPDIR/said"
	kill -KILL "$client"
	wait "$client" || true
	eventually nobody_left

	start send_rights --delay=0.3 >/dev/null 2>"$BATS_TEST_TMPDIR/said"
	client=$!
	eventually grep -q '^client.*KERN_SUCCESS' "$BATS_TEST_TMPDIR/said"
	server=$(children_of "$client")
	kill -KILL "$server"
	ended "$client"
	assert_equal "$status" 1
}

@test "each call that is told stands in the source" {
	capture send_rights --explain
	assert_equal "$status" 0
	assert_narrow
	told <<<"$stderr" | sort -u | assert_in_source \
		mach_msg/send_rights/send_rights.c \
		mach_msg/send_rights/server.c
}

# ---- what goes wrong --------------------------------------------------------

@test "--break=no-grant: the server has nowhere to reply to" {
	capture send_rights --break=no-grant
	assert_equal "$status" 1
	assert_regex "$(narrated "$stderr")" '^no-grant: the remote port is 0x0\. .*: MACH_SEND_INVALID_DEST '
}

@test "--break=send-once-twice: MACH_SEND_INVALID_DEST" {
	capture send_rights --break=send-once-twice
	assert_equal "$status" 1
	assert_regex "$(narrated "$stderr")" '^send-once-twice: 0x[0-9a-f]+ is no name any more\. .*: MACH_SEND_INVALID_DEST '
}

@test "--break=receive-after-move: MACH_RCV_INVALID_NAME" {
	capture send_rights --break=receive-after-move
	assert_equal "$status" 1
	assert_regex "$(narrated "$stderr")" '^receive-after-move: 0x[0-9a-f]+ is no receive right\. .*: MACH_RCV_INVALID_NAME '
}

@test "usage errors" {
	assert_usage_errors send_rights --break=none --limit=1 operand
	assert_not_exist "$MACH_RUN_DIR"
}

@test "its defects, its help, and an output that is full or closed" {
	local output
	assert_defects send_rights no-grant send-once-twice receive-after-move
	capture send_rights --help
	assert_narrow
	for output in full closed; do
		assert_fails_to_print $output '^send_rights: write standard output: (ENOSPC|EBADF|an earlier write)' send_rights
	done
}
