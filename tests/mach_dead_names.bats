# bats file_tags=mach, mach:dead-names
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# A task is killed; another one that had rights to its ports is notified.

load helper

test_setup() {
	with_own_mach
}

# The lines of the client's Nth table.
table() {
	awk -v table="$1" '
		/name space:$/ { n += /^client/; on = /^client/ && n == table; next }
		/^[^ ]/ { on = 0 }
		on' <<<"$output"
}

@test "each notification comes, and says what it is about" {
	capture dead_names
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_equal "$(grep -c '^notification' <<<"$output")" 4
	assert_stdout_line 'notification 71, send-once: no reply will come'
	assert_stdout_line 'notification 72, dead name: 0x303, counted 2 times'
	assert_stdout_line 'notification 70, no senders: of 1 send rights made'
	assert_stdout_line 'notification 69, port destroyed: receive right back as 0x703, 1 message queued'
	assert_stdout_line 'send to 0x303: MACH_SEND_INVALID_DEST'
}

@test "the name space: a send right, then a dead name counted twice, then nothing" {
	capture dead_names
	assert_equal "$(table 1 | grep "the server's port")" \
		"  0x303    send                1          the server's port"
	assert_equal "$(table 2 | grep "the server's port")" \
		"  0x303    dead name           2          the server's port"
	refute grep -q 0x303 <<<"$(table 3)"
	assert_equal "$(table 3 | tail -n 1)" \
		'  0x703    receive, send       1  1 of 5  given away: the server may receive'
}

@test "the server has what it was given, under names of its own" {
	capture dead_names
	assert_stdout_line '  0x403    send-once                      to reply to the client, once'
	assert_stdout_line '  0x503    send                1          granted: to send to the client'
	assert_stdout_line '  0x603    receive                1 of 5  given away by the client'
}

@test "the client is killed: the server ends by itself" {
	start dead_names --delay=10 >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/said"
	local client=$!
	eventually grep -q mach_port_request_notification "$BATS_TEST_TMPDIR/said"
	assert [ -n "$(children_of "$client")" ]
	kill -KILL "$client"
	wait "$client" || true
	eventually nobody_left
}

@test "each call that is told stands in the source" {
	capture dead_names --explain
	assert_equal "$status" 0
	assert_narrow
	told <<<"$stderr" | sort -u | assert_in_source \
		mach_msg/dead_names/dead_names.c
}

# ---- what goes wrong --------------------------------------------------------

@test "--break=send-right-for-reply: the client waits in vain" {
	capture dead_names --break=send-right-for-reply
	assert_equal "$status" 1
	assert_regex "$(narrated "$stderr")" '^send-right-for-reply: the server is dead, and nothing comes .*: MACH_RCV_TIMED_OUT '
	refute grep -q '^notification' <<<"$output"
}

@test "--break=forget-reference: a dead name is left" {
	capture dead_names --break=forget-reference
	assert_equal "$status" 1
	assert_regex "$(narrated "$stderr")" '^forget-reference: 0x303 is still a name\. .*dead_names: a dead name is left: 0x303'
	assert_equal "$(table 3 | grep 0x303)" \
		"  0x303    dead name           1          the server's port"
}

@test "usage errors" {
	assert_usage_errors dead_names --break=none --limit=1 operand
	assert_not_exist "$MACH_RUN_DIR"
}

@test "its defects, its help, and an output that is full or closed" {
	local output
	assert_defects dead_names send-right-for-reply forget-reference
	capture dead_names --help
	assert_narrow
	for output in full closed; do
		assert_fails_to_print $output '^dead_names: write standard output: (ENOSPC|EBADF|an earlier write)' dead_names
	done
}
