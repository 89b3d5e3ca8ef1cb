# bats file_tags=mach, mach:out-of-line
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# Memory that travels out of line, and the same bytes in line.

load helper

test_setup() {
	with_own_mach
}

# How many pages so many bytes lie in; in line, a header of 24 is before them.
pages() {
	local page
	page=$(getconf PAGESIZE)
	echo $((($1 + page - 1) / page))
}

# The answers of a transfer in which all is well. WAY, BYTES, pages of each.
assert_transferred() {
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_stdout_line "$1: $2 bytes"
	assert_regex "$output" 'sent in [0-9.]+ ms, received after [0-9.]+ ms, read after [0-9.]+ ms'
	assert_regex "$output" "pages: $3 of the sender's, another task has [0-9]+ of them"
	assert_regex "$output" "pages: $3 of the receiver's, another task has [0-9]+ of them"
	assert_regex "$output" '(the bytes were copied|the two tasks share (the|some of the) pages)'
	assert_stdout_line 'the sender writes B: the receiver sees A'
	assert_stdout_line 'the receiver writes C: the sender sees B'
}

@test "out of line: all bytes arrive, and later writes don't" {
	capture out_of_line
	assert_transferred 'out of line' 16777216 "$(pages 16777216)"
}

@test "from one byte to 64 MiB" {
	capture out_of_line --size=1
	assert_transferred 'out of line' 1 1
	capture out_of_line --size=4097
	assert_transferred 'out of line' 4097 "$(pages 4097)"
	capture out_of_line --size=64MiB
	assert_transferred 'out of line' 67108864 "$(pages 67108864)"
}

# What both say of so many bytes: WHAT became of them, PAGES of each and SHARED.
assert_pages() {
	assert_transferred 'out of line' "$2" "$3"
	assert_stdout_line "pages: $3 of the sender's, another task has $4 of them"
	assert_stdout_line "pages: $3 of the receiver's, another task has $4 of them"
	assert_stdout_line "$1"
}

@test "from 256 KiB on the two share the pages; what is smaller is copied" {
	local count size
	capture out_of_line --size=262143
	assert_pages 'the bytes were copied' 262143 "$(pages 262143)" 0
	for size in 262144 262145 3MiB; do
		capture out_of_line --size=$size
		[ $size != 3MiB ] || size=3145728
		count=$(pages $size)
		assert_pages 'the two tasks share the pages' $size "$count" "$count"
	done
}

@test "root is told that the frames are the same, nobody else" {
	if [ "$(id -u)" = 0 ]; then
		capture out_of_line
		assert_regex "$output" 'frames: the same in both tasks, the first is 0x[0-9a-f]+'
		capture out_of_line --copy --size=1MiB
		assert_regex "$output" 'frames: others in each task, the first are 0x[0-9a-f]+ and 0x[0-9a-f]+'
		requires setpriv
		capture setpriv --bounding-set=-sys_admin --inh-caps=-all out_of_line
	else
		capture out_of_line
	fi
	assert_transferred 'out of line' 16777216 "$(pages 16777216)"
	refute_regex "$output" 'frames:'
}

@test "1 GiB, of which the sender's own pages are all that there is" {
	[ "$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)" -gt 4000000 ] || skip 'needs 4 GB of memory'
	capture out_of_line --size=1GiB
	assert_pages 'the two tasks share the pages' 1073741824 "$(pages 1073741824)" "$(pages 1073741824)"
}

@test "--copy: the same bytes in line, copied" {
	capture out_of_line --copy --size=1MiB
	assert_transferred 'in line' 1048576 "$(pages $((1048576 + 24)))"
	assert_stdout_line 'the bytes were copied'
	capture out_of_line --copy --size=7
	assert_transferred 'in line' 7 1
}

@test "--copy: data in line have a limit" {
	capture out_of_line --copy --size=65MiB
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_regex "$stderr" '^out_of_line: mach_msg, to send 68157440 bytes in line: MACH_SEND_TOO_LARGE \(.*\); data in line have a limit: '
}

@test "the message is 44 bytes, whatever travels with it" {
	local size
	for size in 1 1MiB; do
		capture out_of_line --explain --size=$size
		assert_equal "$status" 0
		assert_equal "$(grep -c 'KERN_SUCCESS, 44 bytes in line$' <<<"$stderr")" 1
	done
}

@test "either is killed: the other one ends" {
	local sender
	start out_of_line --delay=3 >/dev/null 2>"$BATS_TEST_TMPDIR/said"
	sender=$!
	eventually grep -q '^sender' "$BATS_TEST_TMPDIR/said"
	kill -KILL "$sender"
	wait "$sender" || true
	eventually nobody_left

	start out_of_line --delay=1 --size=1MiB >/dev/null 2>"$BATS_TEST_TMPDIR/said"
	sender=$!
	eventually grep -q '^receiver.*44 bytes' "$BATS_TEST_TMPDIR/said"
	kill -KILL "$(children_of "$sender")"
	ended "$sender"
	assert_equal "$status" 1
	assert_regex "$(tail -n 1 "$BATS_TEST_TMPDIR/said")" '^out_of_line: the other task was ended by signal 9 '
}

@test "each call that is told stands in the source" {
	capture out_of_line --explain
	assert_equal "$status" 0
	assert_narrow
	told <<<"$stderr" | sort -u | assert_in_source \
		mach_msg/out_of_line/out_of_line.c \
		mach_msg/out_of_line/receiver.c
}

# ---- what goes wrong --------------------------------------------------------

@test "--break=naive-map: the pages are shared, and the sender's write shows" {
	capture out_of_line --break=naive-map --size=1MiB
	assert_equal "$status" 1
	local count
	count=$(pages 1048576)
	assert_stdout_line "pages: $count of the sender's, another task has $count of them"
	assert_stdout_line "pages: $count of the receiver's, another task has $count of them"
	assert_stdout_line 'the two tasks share the pages'
	assert_stdout_line 'the sender writes B: the receiver sees B'
	assert_regex "$(narrated "$stderr")" "^naive-map: a write shows in the other task\. .*out_of_line: the two tasks' memory is one"
}

@test "--break=pointer-in-data: the receiver has no such memory" {
	capture out_of_line --break=pointer-in-data
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_regex "$(narrated "$stderr")" 'pointer-in-data: the receiver read at .*, and is dead\. '
}

@test "usage errors" {
	assert_usage_errors out_of_line --break=none --size=0 --size=4GiB --size=x operand
	assert_not_exist "$MACH_RUN_DIR"
}

@test "its defects, its help, and an output that is full or closed" {
	local output
	assert_defects out_of_line naive-map pointer-in-data
	capture out_of_line --help
	assert_narrow
	for output in full closed; do
		assert_fails_to_print $output '^out_of_line: write standard output: (ENOSPC|EBADF|an earlier write)' out_of_line
	done
}
