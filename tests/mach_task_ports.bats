# bats file_tags=mach, task-ports
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# A task's ports: its name space after each call.

load helper

test_setup() {
	with_own_mach
}

test_teardown() {
	exec 7>&-
	wait
}

# The name, its rights, their references and the queue of what is called $1, a
# line for each table that has it: "0x303 receive, send 2 0 of 5".
rows_of() {
	sed -nE "s/^  (0x.*[^ ]) +$1\$/\1/p" "$BATS_TEST_TMPDIR/stdout" | tr -s ' '
}

@test "the port: allocated, rights made, copied, moved and dropped" {
	capture task_ports
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_equal "$(grep -c '^after ' <<<"$output")" 13
	diff - <(rows_of 'the port') <<-END
		0x303 receive 0 of 5
		0x303 receive 0 of 5
		0x303 receive, send 1 0 of 5
		0x303 receive, send 2 0 of 5
		0x303 receive, send 2 0 of 5
		0x303 receive, send 1 1 of 5
		0x303 receive, send 1 0 of 5
		0x303 receive 0 of 5
		0x303 receive 0 of 5
	END
	assert_equal "$(tail -n 1 <<<"$output")" \
		'  0x403    receive                0 of 5  notify port'
}

@test "the send-once right: goes with a message, comes under a new name, dies" {
	capture task_ports
	diff - <(rows_of 'to the port, once') <<-END
		0x503 send-once
		0x507 send-once
		0x507 send-once
		0x507 send-once
		0x507 dead name 1
	END
}

@test "the notify port: a message when the last send right is gone" {
	capture task_ports
	assert_equal "$(rows_of 'notify port' | grep -c ' 0 of 5$')" 9
	assert_equal "$(rows_of 'notify port' | grep -c ' 1 of 5$')" 1
	assert_regex "$output" 'after mach_port_deallocate\(\):
  name[^
]*
  0x103 [^
]*
  0x203 [^
]*
  0x303    receive                0 of 5  the port
  0x403    receive                1 of 5  notify port
'
}

@test "task self and the bootstrap port are there throughout" {
	capture task_ports
	assert_equal "$(rows_of 'task self' | uniq -c | xargs)" '13 0x103 send 1'
	assert_equal "$(rows_of 'bootstrap port' | uniq -c | xargs)" '12 0x203 send 1'
	assert_equal "$(grep -c '^  0x' <<<"$output")" 49
}

@test "--explain tells each call, as it stands in the source" {
	local calls
	capture task_ports --explain
	assert_equal "$status" 0
	calls=$(sed -nE 's/^task\[[0-9]+\] [0-9]+: .*= ([a-z_]+)\(.*/\1/p' <<<"$stderr" | xargs)
	assert_equal "$calls" "mach_task_self task_get_special_port mach_port_allocate mach_port_allocate mach_port_insert_right mach_port_insert_right mach_port_extract_right mach_port_request_notification mach_msg mach_msg mach_port_deallocate mach_msg mach_port_mod_refs mach_port_deallocate"
	assert_equal "$(grep -cE '^task\[[0-9]+\]   -> (KERN_SUCCESS|port 0x)' <<<"$stderr")" 14
}

@test "lsmp sees the same from outside" {
	local keys=$BATS_TEST_TMPDIR/keys out=$BATS_TEST_TMPDIR/stdout task i
	mkfifo "$keys"
	exec 7<>"$keys"
	start task_ports --step <"$keys" >"$out" 2>/dev/null
	task=$!
	for ((i = 0; i < 9; i++)); do echo >&7; done
	eventually grep -q SEND_MSG "$out"
	run lsmp --pid="$task"
	assert_success
	assert_output --regexp "^[^
]*
task_ports\[$task\]
  0x103 +[0-9]+ send +1 +the kernel: this task
  0x203 +[0-9]+ send +1 +0/5 +the kernel
  0x303 +[0-9]+ recv,send N +1 +1/5 +in messages: 1
  0x403 +[0-9]+ recv +0/5 +the kernel, to notify\$"
	exec 7>&-
	ended "$task"
	assert_equal "$status" 0
}

# ---- what goes wrong --------------------------------------------------------

@test "--break=drop-moved: KERN_INVALID_NAME" {
	capture task_ports --break=drop-moved
	assert_equal "$status" 1
	assert_regex "$(narrated "$stderr")" '^drop-moved: port 0x503 is dropped after it was moved\. .* task_ports: mach_port_deallocate 0x503: KERN_INVALID_NAME '
}

@test "--break=deallocate-receive: KERN_INVALID_RIGHT" {
	capture task_ports --break=deallocate-receive
	assert_equal "$status" 1
	assert_regex "$(narrated "$stderr")" '^deallocate-receive: port 0x303 is a receive right\. .* task_ports: mach_port_deallocate 0x303: KERN_INVALID_RIGHT '
}

@test "no kernel can be started: said, status 1" {
	MACH_KERNEL=/nonexistent/mach_kernel capture task_ports
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_regex "$stderr" '^mach: start /nonexistent/mach_kernel: No such file or directory
task_ports: mach_task_self: this process is no task$'
}

@test "the kernel is killed between two calls: said, status 1" {
	local keys=$BATS_TEST_TMPDIR/keys said=$BATS_TEST_TMPDIR/said task
	mkfifo "$keys"
	exec 7<>"$keys"
	start task_ports --step <"$keys" >"$BATS_TEST_TMPDIR/stdout" 2>"$said"
	task=$!
	echo >&7
	eventually grep -q 'special_port' "$said"
	kill -KILL "$(<"$MACH_RUN_DIR/pid")"
	exec 7>&-
	ended "$task"
	assert_equal "$status" 1
	assert_equal "$(grep -cE '^mach: the Mach kernel \(process [0-9]+\) has ended$' "$said")" 1
	assert_regex "$(tail -n 1 "$said")" '^task_ports: task_get_special_port: KERN_FAILURE '
}

@test "usage errors" {
	local wrong
	for wrong in --break=none --name=x operand; do
		capture task_ports "$wrong"
		assert_equal "$status" 2
		assert_stdout_bytes ''
	done
	assert_not_exist "$MACH_RUN_DIR"
}

@test "standard output that takes nothing" {
	[ -e /dev/full ] || skip 'this system has no /dev/full'
	run bash -c 'task_ports 2>&1 >/dev/full'
	assert_failure 1
	assert_output --partial 'task_ports: write standard output: ENOSPC'
}
