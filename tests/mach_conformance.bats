# bats file_tags=mach
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# Mach IPC for Linux answers as a real Mach kernel does, and outlives its tasks'
# deaths.

load helper

test_setup() {
	with_own_mach
}

@test "every fact of the transcript, and of mach-facts.md" {
	capture mach_conformance
	assert_equal "$status" 0
	assert_equal "$(grep -c '^ok' <<<"$output")" "$(sed -n 's/^1\.\.//p' <<<"$output")"
	assert_equal "$stderr" ''
}

@test "each difference says why" {
	capture mach_conformance
	assert_equal "$(grep -c 'GNU Mach:' <<<"$output")" \
		"$(grep -c '# differs: ....' <<<"$output")"
}

# bats test_tags=rounds
@test "300 rounds in which tasks are killed: no hang, no name left" {
	capture mach_rounds 300
	assert_equal "$status" 0
	assert_stdout_bytes '300 rounds, 1 names left\n'
	assert_equal "$stderr" ''
}
