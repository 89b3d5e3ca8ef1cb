# bats file_tags=mach, mach:port-sets
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# A server that receives from many ports with one call.

load helper

test_setup() {
	with_own_mach
}

@test "each message is its port's" {
	local counter
	capture port_sets
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_stdout_line '  0x207    port set of 3                  the set'
	assert_stdout_line 'receive from a member: allowed, as on macOS'
	for counter in 1 2 3; do
		assert_equal "$(grep "^counter $counter:" <<<"$output")" \
			"counter $counter: +1 = 1
counter $counter: +2 = 3"
	done
}

@test "sixty-four ports, fifty messages each" {
	capture port_sets --ports=64 --count=50
	assert_equal "$status" 0
	assert_equal "$(grep -c '^counter' <<<"$output")" 3200
	assert_equal "$(grep -c '+50 = 1275$' <<<"$output")" 64
}

@test "one receive, at the set, gets them all" {
	capture port_sets --explain --ports=2 --count=1
	assert_equal "$status" 0
	assert_equal "$(grep -c 'mach_msg(&request.header, option' <<<"$stderr")" 4
	assert_equal "$(grep -o 'KERN_SUCCESS, to port 0x[0-9a-f]*$' <<<"$stderr" | sort -u | wc -l)" 2
	assert_equal "$(grep -o 'to port .*, where nobody can send any more$' <<<"$stderr" | sort -u | wc -l)" 2
}

@test "the server is killed: the client ends" {
	start port_sets --delay=10 >/dev/null 2>"$BATS_TEST_TMPDIR/said"
	local server=$!
	eventually grep -q '^server' "$BATS_TEST_TMPDIR/said"
	assert [ -n "$(children_of "$server")" ]
	kill -KILL "$server"
	wait "$server" || true
	eventually nobody_left
}

@test "the client is killed: the server ends" {
	start port_sets --delay=0.2 --count=1000 >/dev/null 2>"$BATS_TEST_TMPDIR/said"
	local server=$!
	eventually grep -q '^client' "$BATS_TEST_TMPDIR/said"
	kill -KILL "$(children_of "$server")"
	ended "$server"
	assert_equal "$status" 1
	assert_regex "$(tail -n 1 "$BATS_TEST_TMPDIR/said")" '^port_sets: the other task was ended by signal 9 '
}

@test "each call that is told stands in the source" {
	capture port_sets --explain
	assert_equal "$status" 0
	assert_narrow
	told <<<"$stderr" | sort -u | assert_in_source \
		mach_msg/port_sets/port_sets.c \
		mach_msg/port_sets/client.c
}

# ---- what goes wrong --------------------------------------------------------

@test "--break=not-a-member: its messages wait, and the set gives none" {
	capture port_sets --break=not-a-member
	assert_equal "$status" 1
	assert_regex "$(narrated "$stderr")" '^not-a-member: 2 messages wait at counter 3, .*: MACH_RCV_TIMED_OUT '
	assert_equal "$(grep -c '^counter' <<<"$output")" 4
}

@test "--break=send-to-set: KERN_INVALID_RIGHT" {
	capture port_sets --break=send-to-set
	assert_equal "$status" 1
	assert_regex "$(narrated "$stderr")" '^send-to-set: 0x[0-9a-f]+ is a port set\. .*: KERN_INVALID_RIGHT '
}

@test "usage errors" {
	assert_usage_errors port_sets --break=none --ports=0 --ports=65 --count=0 --count=x operand
	assert_not_exist "$MACH_RUN_DIR"
}

@test "its defects, its help, and an output that is full or closed" {
	local output
	assert_defects port_sets not-a-member send-to-set
	capture port_sets --help
	assert_narrow
	for output in full closed; do
		assert_fails_to_print $output '^port_sets: write standard output: (ENOSPC|EBADF|an earlier write)' port_sets
	done
}
