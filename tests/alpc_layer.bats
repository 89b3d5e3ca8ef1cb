# bats file_tags=windows, alpc
# shellcheck disable=SC2030,SC2031,SC2154 # capture, in helper.bash, sets stderr
# The ALPC layer: what its header promises, hostile clients, and sudden deaths.

load helper

FLAGS=(-std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Wshadow
	-Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror)
HEADERS=windows_ipc/ntalpc/include

test_setup() {
	[ "$(uname -s)" = Linux ] || skip 'the layer is for Linux'
	export ALPC_RUN_DIR=$BATS_TEST_TMPDIR/alpc
	marks_processes
}

test_teardown() {
	eventually nobody_left
	[ ! -d "$ALPC_RUN_DIR" ] || [ -z "$(ls "$ALPC_RUN_DIR")" ] ||
		fail "left in $ALPC_RUN_DIR: $(ls "$ALPC_RUN_DIR")"
}

holds() {
	capture alpc_conformance "$1"
	assert_equal "$status" 0
	assert_equal "$(grep -c '^ok' <<<"$output")" "$(sed -n 's/^1\.\.//p' <<<"$output")"
	assert_equal "$stderr" ''
}

@test "every promise, between two threads" {
	holds threads
}

@test "every promise, between two processes" {
	holds processes
}

@test "every status code that there is, is reached" {
	local symbol symbols
	symbols=$(sed -n 's/^#define \(STATUS_[A-Z_0-9]*\) .*/\1/p' \
		"$HEADERS/linux/ntstatus.h")
	assert_equal "$(wc -w <<<"$symbols")" 30
	for symbol in $symbols; do
		[ "$symbol" != STATUS_SUCCESS ] || continue
		grep -qw "$symbol" tests/alpc_conformance*.c tests/alpc_fig3_19.bats ||
			fail "no test expects $symbol"
	done
}

@test "the status codes are mingw-w64's" {
	requires x86_64-w64-mingw32-gcc
	local symbol value
	{
		printf '#define WIN32_NO_STATUS\n#include <windows.h>\n'
		printf '#undef WIN32_NO_STATUS\n#include <ntstatus.h>\n'
		sed -n 's/^#define \(STATUS_[A-Z_0-9]*\) *((NTSTATUS)\(0x[0-9A-F]*\))$/\1 \2/p' \
			"$HEADERS/linux/ntstatus.h" | while read -r symbol value; do
			printf '_Static_assert((unsigned)%s == %su, "%s");\n' "$symbol" "$value" "$symbol"
		done
	} >"$BATS_TEST_TMPDIR/codes.c"
	assert_equal "$(grep -c _Static "$BATS_TEST_TMPDIR/codes.c")" \
		"$(grep -c '^#define STATUS' "$HEADERS/linux/ntstatus.h")"
	run x86_64-w64-mingw32-gcc -DNTSTATUS=LONG -fsyntax-only \
		"$BATS_TEST_TMPDIR/codes.c"
	assert_success
}

@test "each header compiles alone, and twice, with gcc and with clang" {
	requires gcc clang
	local compiler header
	for header in ntlpcapi.h ntdef.h ntstatus.h; do
		printf '#include <ntdef.h>\n#include <%s>\n#include <%s>\ntypedef int none;\n' \
			"$header" "$header" >"$BATS_TEST_TMPDIR/alone.c"
		for compiler in gcc clang; do
			run "$compiler" "${FLAGS[@]}" "-I$HEADERS" "-I$HEADERS/linux" \
				-fsyntax-only "$BATS_TEST_TMPDIR/alone.c"
			assert_success
			refute_output
		done
	done
}

# ---- a hostile client -------------------------------------------------------

with_server() {
	start fig3_19_alpc_server --name=victim >/dev/null
	capture "$@" --name=victim --server="${STARTED[0]}"
	local attacked=$status said=$stderr report=$output
	kill "${STARTED[0]}"
	wait "${STARTED[0]}" || true
	run fig3_19_alpc_client --name=victim # removes the name
	assert_output --partial STATUS_OBJECT_NAME_NOT_FOUND
	assert_equal "$attacked" 0
	assert_equal "$said" ''
	assert_equal "$(grep -c '^ok' <<<"$report")" "$(sed -n 's/^1\.\.//p' <<<"$report")"
}

@test "a hostile client harms neither the server nor another client" {
	with_server alpc_hostile
}

# bats test_tags=fuzz
@test "500 connections with random mistakes" {
	with_server alpc_hostile --fuzz=500 --seed="$$"
}

# bats test_tags=fuzz
@test "1000 servers that send random mistakes: the client's calls return" {
	capture alpc_hostile --fuzz-client=1000 --seed="$$"
	assert_equal "$status" 0
	assert_equal "$(grep -c '^ok' <<<"$output")" 2
}

# bats test_tags=rounds
@test "500 rounds in which a server or a client is killed" {
	mkdir -m 700 "$ALPC_RUN_DIR"
	status=0
	bounded 200 alpc_rounds 500 >"$BATS_TEST_TMPDIR/stdout" 3>&- || status=$?
	assert_equal "$status" 0
	assert_stdout_bytes '500 rounds\n'
}

# ---- Windows ----------------------------------------------------------------

# bats test_tags=no-sanitizer
@test "the same sources link with Windows' ntdll, and call it" {
	requires x86_64-w64-mingw32-gcc
	local program symbol
	run make check-windows-link
	assert_success
	assert_output --partial 'linked with ntdll: fig3_19_alpc_server.exe fig3_19_alpc_client.exe'
	for program in server:NtAlpcAcceptConnectPort server:NtReadRequestData \
		client:NtAlpcConnectPort client:NtAlpcCreatePortSection; do
		symbol=${program#*:}
		run x86_64-w64-mingw32-objdump -p \
			"$BUILD/windows/fig3_19_alpc_${program%%:*}.exe"
		assert_output --partial "$symbol"
		assert_output --partial 'ntdll.dll'
	done
}

# bats test_tags=no-sanitizer
@test "under Wine they say that its ntdll has no ALPC" {
	with_own_wine
	local program
	make check-windows-link
	mkdir "$BATS_TEST_TMPDIR/windows"
	for program in server client; do
		cp "$BUILD/windows/fig3_19_alpc_$program.exe" "$BATS_TEST_TMPDIR/windows"
		install -m 755 windows_ipc/launcher.sh "$BATS_TEST_TMPDIR/fig3_19_alpc_$program"
		capture "$BATS_TEST_TMPDIR/fig3_19_alpc_$program"
		assert_equal "$status" 1
		assert_stdout_bytes ''
		assert_stderr_line "fig3_19_alpc_$program: this ntdll has no ALPC; run the Linux program"
	done
}
