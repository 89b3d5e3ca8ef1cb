# bats file_tags=mach, fuzz
# The kernel against tasks that do anything at all, in any order.

load helper

test_setup() {
	[ "$(uname -s)" = Linux ] || skip 'macOS runs its own Mach'
	requires clang
}

# FUZZ_SECONDS says how long: what is found depends on the time that there is.
@test "two minutes of random calls, and what harmed the kernel once: nothing found" {
	local build=$BATS_TEST_TMPDIR/build
	run bounded 100 make -s BUILD="$build" "$build/mach_fuzz"
	assert_success
	run bounded 100 "$build/mach_fuzz" tests/fuzz/mach/*
	tail -n 40 <<<"$output"
	assert_success
	assert_equal "$(grep -c '^Executed ' <<<"$output")" "$(find tests/fuzz/mach -type f | wc -l)"
	run bounded 300 make -s BUILD="$build" fuzz-mach SECONDS="${FUZZ_SECONDS:-120}"
	tail -n 40 <<<"$output"
	assert_success
	assert_regex "$output" 'Done [0-9]{4,} runs in'
}
