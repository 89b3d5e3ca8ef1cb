# bats file_tags=toolchain
# What the compilers and the linters say of the same sources.

load helper

builds() {
	run bounded 600 make -s BUILD="$BATS_TEST_TMPDIR/build" "$@"
	assert_success
	refute_output --regexp '(warning|error):'
}

@test "gcc: no warning" {
	requires gcc
	builds CC=gcc
}

@test "clang: no warning" {
	requires clang
	builds CC=clang WINDOWS_CC=none
}

@test "other optimization levels: no warning" {
	requires gcc
	builds CC=gcc CFLAGS=-O0
	builds CC=gcc CFLAGS='-O3 -D_FORTIFY_SOURCE=2'
}

@test "make lint: nothing to find" {
	requires clang-format clang-tidy cppcheck shellcheck
	run bounded 900 make lint
	assert_success
}

@test "the Windows programs: no warning from clang either, and they run" {
	with_own_wine
	requires clang x86_64-w64-mingw32-gcc
	builds WINDOWS_CC='clang --target=x86_64-w64-windows-gnu' \
		WINDOWS_LINK='x86_64-w64-mingw32-gcc -municode' windows_ipc-programs
	run "$BATS_TEST_TMPDIR/build/fig3_23_pipe_parent"
	assert_success
	assert_output 'child read Greetings'
}

# What libraries the programs of these sources need, on one line.
libraries_of() {
	local program
	for program; do
		program=$BUILD/windows/$(basename "$program" .c).exe
		[ ! -e "$program" ] || x86_64-w64-mingw32-objdump -p "$program" |
			sed -n 's/.*DLL Name: //p'
	done | sort -u | paste -sd' '
}

@test "the Windows programs need nothing but what Windows brings" {
	requires_wine
	requires x86_64-w64-mingw32-objdump
	builds check-windows-link
	assert_equal "$(BUILD=$BATS_TEST_TMPDIR/build libraries_of windows_ipc/fig3_19/*.c)" \
		'KERNEL32.dll msvcrt.dll ntdll.dll'
	assert_equal "$(libraries_of windows_ipc/{fig3_2,named,rpc,four}*/*.c)" \
		'KERNEL32.dll RPCRT4.dll msvcrt.dll'
}
