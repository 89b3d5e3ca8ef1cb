# bats file_tags=mach, mach:fifo-order
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# Two senders and one queue: each one's order is kept.

load helper

test_setup() {
	with_own_mach
}

# The numbers of a sender's messages, in the order in which they came.
numbers() {
	grep -E '^[AB][0-9]' <<<"$output" | tr ' ' '\n' | sed -n "s/^$1//p"
}

@test "each sender's messages come in order, and all of them" {
	local sender
	capture fifo_order
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	for sender in A B; do
		assert_equal "$(numbers $sender)" "$(seq 20)"
		assert_stdout_line "$sender: 1 to 20 in order"
	done
	assert_regex "$output" 'all: [0-9]+ of 40 came after one that was sent later$'
}

@test "two thousand of each, through queues of 1 and of 1024" {
	local limit sender
	for limit in 1 1024; do
		capture fifo_order --count=2000 --limit=$limit
		assert_equal "$status" 0
		for sender in A B; do
			numbers $sender | diff <(seq 2000) -
		done
	done
}

@test "one message each" {
	capture fifo_order --count=1
	assert_equal "$status" 0
	assert_stdout_line 'A: 1 to 1 in order'
	assert_stdout_line 'B: 1 to 1 in order'
}

@test "lines of at most 80 columns" {
	capture fifo_order --count=2000
	refute grep -qE '.{81}' <<<"$output"
}

@test "a sender is killed: the receiver has what came, and says so" {
	local receiver
	start fifo_order --count=10000 --limit=1 --delay=0.05 >/dev/null 2>"$BATS_TEST_TMPDIR/said"
	receiver=$!
	eventually grep -q '^a.*KERN_SUCCESS' "$BATS_TEST_TMPDIR/said"
	children_of "$receiver" | xargs kill -KILL
	ended "$receiver"
	assert_equal "$status" 1
	assert_regex "$(tail -n 1 "$BATS_TEST_TMPDIR/said")" '^fifo_order: the other task was ended by signal 9 '
}

@test "the receiver is killed: the senders end" {
	local receiver
	start fifo_order --count=10000 --limit=1 --delay=0.05 >/dev/null 2>"$BATS_TEST_TMPDIR/said"
	receiver=$!
	eventually grep -q '^a.*KERN_SUCCESS' "$BATS_TEST_TMPDIR/said"
	kill -KILL "$receiver"
	wait "$receiver" || true
	eventually nobody_left
}

@test "each call that is told stands in the source" {
	capture fifo_order --explain
	assert_equal "$status" 0
	assert_narrow
	told <<<"$stderr" | sort -u | assert_in_source \
		mach_msg/fifo_order/fifo_order.c \
		mach_msg/fifo_order/sender.c
}

# ---- what goes wrong --------------------------------------------------------

@test "--break=retry-later: out of order" {
	capture fifo_order --break=retry-later
	assert_equal "$status" 1
	assert_regex "$output" '(A|B): not in order, [0-9]+ came after [0-9]+'
	assert_regex "$(narrated "$stderr")" "^retry-later: a sender's messages are out of order\. .*fifo_order: out of order"
}

@test "usage errors" {
	assert_usage_errors fifo_order --break=none --count=0 --count=10001 --limit=0 --limit=x operand
	assert_not_exist "$MACH_RUN_DIR"
}

@test "its defects, its help, and an output that is full or closed" {
	local output
	assert_defects fifo_order retry-later
	capture fifo_order --help
	assert_narrow
	for output in full closed; do
		assert_fails_to_print $output '^fifo_order: write standard output: (ENOSPC|EBADF|an earlier write)' fifo_order
	done
}
