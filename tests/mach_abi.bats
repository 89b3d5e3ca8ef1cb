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

# The codes that calls return, by name and number, a line each.
codes() {
	local number='\(?(-?[0-9a-fx]+)\)?'
	sed -nE "s/^#define (KERN_[A-Z_]+) ([0-9]+)\$/\\1 \\2/p" \
		"$HEADERS/mach/kern_return.h" | grep -v SUCCESS
	sed -nE "s/^#define (MACH_(SEND|RCV)_[A-Z_]+) (0x1000[04]0[0-9a-f]+).*/\\1 \\3/p" \
		"$HEADERS/mach/message.h"
	sed -nE "s/^#define (MIG_[A-Z_]+) $number.*/\\1 \\2/p" \
		"$HEADERS/mach/mig_errors.h"
	sed -nE "s/^#define (BOOTSTRAP_[A-Z_]+) (110[0-9]).*/\\1 \\2/p" \
		"$HEADERS/servers/bootstrap.h"
}

@test "no two codes have one number" {
	local all
	all=$(codes)
	echo "$all"
	assert_equal "$(wc -l <<<"$all")" 115
	assert_equal "$(cut -d' ' -f2 <<<"$all" | sort | uniq -d)" ''
}

@test "every code has a text" {
	requires gcc
	[ "$(uname -s)" != Darwin ] || skip "macOS's texts are its own"
	{
		cat <<-'END'
			#include <mach/mach.h>
			#include <servers/bootstrap.h>
			#include <stdio.h>
			int main(void)
			{
		END
		codes | sed 's/ .*//; s/.*/puts(mach_error_string(&));/'
		echo '}'
	} >"$BATS_TEST_TMPDIR/texts.c"
	gcc "-I$HEADERS" -o "$BATS_TEST_TMPDIR/texts" "$BATS_TEST_TMPDIR/texts.c" \
		mach_msg/linux/lib/mach_error.c
	run "$BATS_TEST_TMPDIR/texts"
	assert_equal "${#lines[@]}" 115
	refute_output --partial "No code of Mach's"
}

# What the kernel and the library return, without the options of mach_msg().
@test "the room's programs have a symbol for every code that they can meet" {
	local code
	for code in $(codes | sed 's/ .*//'); do
		grep -lw "$code" mach_msg/linux/kernel/*.c mach_msg/linux/lib/*.c \
			mach_msg/bootstrap_server/*.c | grep -qv /mach_error || continue
		echo "$code"
		grep -q "SYMBOL($code)" mach_msg/mach_result.c
	done
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
