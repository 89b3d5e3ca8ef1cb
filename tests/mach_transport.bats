# bats file_tags=mach
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# What lies between a task and the kernel: whoever breaks its rules is alone
# harmed, and a wait ends when it has to.

load helper

test_setup() {
	[ "$(uname -s)" = Linux ] || skip 'macOS runs its own Mach'
	export MACH_RUN_DIR=$BATS_TEST_TMPDIR/mach
	marks_processes
}

# Runs a program that prints TAP: all its lines say ok.
all_facts() {
	capture "$@"
	assert_equal "$status" 0
	assert_equal "$(grep -c '^ok' <<<"$output")" "$(sed -n 's/^1\.\.//p' <<<"$output")"
}

@test "a task that breaks a rule is dropped, and the others go on" {
	all_facts mach_hostile
	assert_equal "$stderr" ''
}

@test "a wait ends by a signal or with the kernel, and costs nothing" {
	all_facts mach_waits
	assert_regex "$stderr" '^mach: the Mach kernel \(process [0-9]+\) has ended$'
}
