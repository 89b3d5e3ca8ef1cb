# bats file_tags=mach, mach:full-queue
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# A port's full queue: the four choices of a sender.

load helper

test_setup() {
	with_own_mach
}

KEPT="full: 5 of 5 messages
1 wait: KERN_SUCCESS, when another had been received
2 wait 100 ms: MACH_SEND_TIMED_OUT
3 don't wait: MACH_SEND_TIMED_OUT
4 have it kept: MACH_SEND_WILL_NOTIFY, 6 of 5 messages
  another one: MACH_SEND_NOTIFY_IN_PROGRESS
  received 5:
  no notification
  received the kept one:
  notification 66 for port 0x203"

@test "the four choices" {
	capture full_queue
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_stdout_bytes "$KEPT\n"
}

@test "the fourth choice as macOS has it" {
	capture full_queue --not-kept --limit=1 --milliseconds=1
	assert_equal "$status" 0
	assert_stdout_bytes "full: 1 of 1 messages
1 wait: KERN_SUCCESS, when another had been received
2 wait 1 ms: MACH_SEND_TIMED_OUT
3 don't wait: MACH_SEND_TIMED_OUT
(as on macOS: nothing is kept)
4 be told: MACH_SEND_TIMED_OUT, 1 of 1 messages
  no notification
  received one:
  notification 66 for port 0x203
  sent: 1 of 1 messages\n"
}

@test "limits from 1 to 1024" {
	local limit
	for limit in 1 1024; do
		capture full_queue --limit="$limit" --milliseconds=1
		assert_equal "$status" 0
		assert_regex "$output" "^full: $limit of $limit messages"
		assert_regex "$output" "WILL_NOTIFY, $((limit + 1)) of $limit messages"
	done
}

@test "each choice is narrated with its call" {
	local said
	capture full_queue --explain --limit=1
	assert_equal "$status" 0
	said=$(narrated "$stderr")
	assert_regex "$said" 'mach_port_set_attributes\('
	assert_regex "$said" 'MACH_SEND_MSG \| MACH_SEND_TIMEOUT, sizeof message, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL'
	assert_regex "$said" 'MACH_SEND_MSG \| MACH_SEND_KEEP, .* -> MACH_SEND_WILL_NOTIFY \(.*\), 2 of 1 messages'
	refute grep -q meanwhile <<<"$said"
}

@test "each call that is told stands in the source" {
	capture full_queue --explain
	assert_equal "$status" 0
	assert_narrow
	told <<<"$stderr" | sort -u | assert_in_source \
		mach_msg/full_queue/full_queue.c
}

# ---- what goes wrong --------------------------------------------------------

@test "--break=wait-for-yourself: the send ends by a signal alone" {
	capture full_queue --break=wait-for-yourself
	assert_equal "$status" 1
	assert_stdout_bytes 'full: 5 of 5 messages\n'
	assert_regex "$(narrated "$stderr")" '^wait-for-yourself: ended by a signal .*: MACH_SEND_INTERRUPTED '
}

@test "--break=new-message-each-time: a hundred tries leak a hundred rights" {
	capture full_queue --break=new-message-each-time
	assert_equal "$status" 1
	assert_regex "$(narrated "$stderr")" '^new-message-each-time: after 100 tries the right to send is counted 101 times, and 100 send-once rights are left\. .*full_queue: the rights of 100 messages leaked'
}

@test "usage errors" {
	assert_usage_errors full_queue --break=none --limit=0 --limit=1025 --milliseconds=0 --milliseconds=x operand
	assert_not_exist "$MACH_RUN_DIR"
}

@test "its defects, its help, and an output that is full or closed" {
	local output
	assert_defects full_queue wait-for-yourself new-message-each-time
	capture full_queue --help
	assert_narrow
	for output in full closed; do
		assert_fails_to_print $output '^full_queue: write standard output: (ENOSPC|EBADF|an earlier write)' full_queue
	done
}
