# bats file_tags=mach
# Mach's headers: the numbers are macOS's, and each header stands alone.

load helper

FLAGS=(-std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Wshadow
	-Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror)
HEADERS=mach_msg/linux/include

# On macOS the headers are the system's.
if [ "$(uname -s)" = Darwin ]; then
	FLAGS+=(-D_DARWIN_C_SOURCE)
else
	FLAGS+=("-I$HEADERS")
fi

# The program's assertions, one for each line of the table.
lines() {
	grep -cE '^(VALUE|SIZE|OFFSET)\(' tests/mach_abi.c
}

@test "every number is macOS's, for gcc and for clang" {
	requires gcc clang
	local compiler
	for compiler in gcc clang; do
		run "$compiler" "${FLAGS[@]}" -o "$BATS_TEST_TMPDIR/mach_abi" \
			tests/mach_abi.c
		assert_success
		refute_output
		run "$BATS_TEST_TMPDIR/mach_abi"
		assert_success
		refute_output
	done
}

@test "a number that is wrong is found out, on every line" {
	requires gcc
	# gcc's own wording is counted: macOS calls clang gcc
	[ "$(uname -s)" != Darwin ] || skip 'macOS calls clang gcc'
	run env LC_ALL=C gcc "${FLAGS[@]}" -DOFF_BY=1 -fsyntax-only tests/mach_abi.c
	assert_failure
	assert_equal "$(grep -c 'error: static assertion failed' <<<"$output")" \
		"$(lines)"
	assert_equal "$(lines)" 121
}

@test "a line that is lost is found out" {
	requires gcc
	sed /MACH_SEND_TIMED_OUT,/d tests/mach_abi.c >"$BATS_TEST_TMPDIR/less.c"
	run gcc "${FLAGS[@]}" -fsyntax-only "$BATS_TEST_TMPDIR/less.c"
	assert_failure
	assert_output --partial 'a line is lost or new'
}

@test "each header compiles alone, and twice, with gcc and with clang" {
	requires gcc clang
	[ "$(uname -s)" != Darwin ] || skip 'the headers are for Linux'
	local compiler header headers
	headers=$(cd "$HEADERS" && find . -name '*.h')
	[ -n "$headers" ]
	for header in $headers; do
		header=${header#./}
		printf '#include <%s>\n#include <%s>\ntypedef int none;\n' \
			"$header" "$header" >"$BATS_TEST_TMPDIR/alone.c"
		for compiler in gcc clang; do
			echo "$compiler <$header>"
			run "$compiler" "${FLAGS[@]}" -fsyntax-only \
				"$BATS_TEST_TMPDIR/alone.c"
			assert_success
			refute_output
		done
	done
}
