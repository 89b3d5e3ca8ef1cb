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

# ---- versions ----------------------------------------------------------------

# A kernel in the run directory that says these bytes to whoever connects.
kernel_that_says() {
	mkdir -p -m 700 "$MACH_RUN_DIR"
	start perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_SEQPACKET, 0) or die "socket: $!";
		bind(S, sockaddr_un($ARGV[0])) or die "bind: $!";
		listen(S, 5) or die "listen: $!";
		while (accept(C, S)) {
			send(C, eval $ARGV[1], 0);
			sysread(C, $data, 1);
		}' "$MACH_RUN_DIR/kernel" "$1"
	eventually test -e "$MACH_RUN_DIR/kernel"
	SAYS="mach: $MACH_RUN_DIR/kernel: the Mach kernel there (process ${STARTED[0]}) has version $2 of the trap \
protocol, and this program version $VERSION; end the other programs: the kernel ends two seconds after the last"
}

# Each program says it in a line, and then what it couldn't do.
programs_say_it() {
	VERSION=$(sed -n 's/^enum { TRAP_VERSION = \([0-9]*\) };$/\1/p' mach_msg/linux/trap.h)
	kernel_that_says "$@"
	capture task_ports
	assert_equal "$status" 1
	assert_stderr_line "$SAYS"$'\n''task_ports: mach_task_self: this process is no task'
	capture lsmp
	assert_equal "$status" 1
	assert_stderr_line "$SAYS"
	kill "${STARTED[0]}"
	wait "${STARTED[0]}" || true
}

@test "a kernel of another version in the run directory: programs say so, and what to do" {
	requires perl
	programs_say_it 'pack("L", 4711)' 4711
}

@test "a kernel of a build that knows no versions: the same" {
	requires perl
	programs_say_it '"\0"' 0
}
