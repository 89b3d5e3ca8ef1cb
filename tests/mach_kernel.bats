# bats file_tags=mach
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# shellcheck disable=SC2016,SC2030,SC2031 # inner shells; a test is a subshell
# The kernel in a process: that there is one, for its user alone, as long as it is
# needed, and that it stands much at once.

load helper

test_setup() {
	with_own_mach
	export CAPTURE_LIMIT=100 # sanitizers and other work on the machine take their time
}

# It would end by itself; one test sees to that.
test_teardown() {
	local kernel
	for kernel in $(kernels); do kill "$kernel"; done
	eventually nobody_left
}

# This test's kernels, a number a line.
kernels() {
	local process
	# shellcheck disable=SC2013 # a name of /proc is one word
	for process in $(grep -lsz "^STARTED_BY=$TAG\$" /proc/[0-9]*/environ); do
		process=${process%/environ}
		[ "$(readlink "$process/exe")" != "$(readlink -f "$BUILD/mach_kernel")" ] ||
			echo "${process#/proc/}"
	done 2>/dev/null
}

# ---- one kernel --------------------------------------------------------------

@test "twenty tasks at the same instant, in an empty run directory: one kernel" {
	local i
	mkfifo "$BATS_TEST_TMPDIR/gate"
	for i in {1..20}; do
		# each waits for the gate, and then is a task at once
		start sh -c 'read -r _ <"$1"; exec mach_load stay' sh \
			"$BATS_TEST_TMPDIR/gate" >"$BATS_TEST_TMPDIR/task.$i"
	done
	yes >"$BATS_TEST_TMPDIR/gate" 2>/dev/null || true
	for i in {1..20}; do
		eventually grep -q task "$BATS_TEST_TMPDIR/task.$i"
	done
	assert_equal "$(kernels | wc -l)" 1
	assert_equal "$(kernels)" "$(<"$MACH_RUN_DIR/pid")"
	for i in "${STARTED[@]}"; do
		kill "$i"
		wait "$i" || true
	done
}

@test "the kernel ends when the last task has left, and leaves a lock alone" {
	start mach_load stay >"$BATS_TEST_TMPDIR/task"
	eventually grep -q task "$BATS_TEST_TMPDIR/task"
	local kernel
	kernel=$(kernels)
	capture mach_load ports
	sleep 2.5 # longer than it lingers
	assert_equal "$(kernels)" "$kernel"
	kill "${STARTED[0]}"
	wait "${STARTED[0]}" || true
	eventually nobody_left
	assert_equal "$(ls "$MACH_RUN_DIR")" lock
}

@test "the kernel is killed under forty that wait: each is told, and the next task has a new one" {
	capture mach_deaths kernel "$MACH_RUN_DIR"
	assert_equal "$status" 0
	assert_stdout_bytes '20 receives, 20 sends and 20 calls told\n'
	assert_regex "$stderr" '^mach: the Mach kernel \(process [0-9]+\) has ended$'
	capture mach_load threads
	assert_equal "$status" 0
	assert_equal "$stderr" ''
}

@test "no bootstrap server to start: who asks it is told" {
	mkdir "$BATS_TEST_TMPDIR/programs"
	cp "$BUILD/mach_kernel" "$BUILD/fig3_18_client" "$BATS_TEST_TMPDIR/programs"
	capture "$BATS_TEST_TMPDIR/programs/fig3_18_client"
	assert_equal "$status" 1
	assert_stderr_line 'fig3_18_client: bootstrap_look_up org.ipc-figures.server: MIG_SERVER_DIED (The server has died)'
}

# bats test_tags=no-sanitizer
@test "the machine has no memory for the kernel: it refuses, and lives" {
	# so little that a task can't reach its limit
	capture sh -c 'ulimit -v 60000 && exec mach_load fill'
	assert_equal "$status" 0
	assert_stdout_bytes 'many messages, 3 times\n'
	assert_equal "$stderr" ''
}

# ---- for its user alone ------------------------------------------------------

# The command, as another user.
as_another() {
	capture setpriv --reuid=12345 --regid=12345 --clear-groups "$@"
}

@test "another user can't use the kernel" {
	requires setpriv perl
	[ "$(id -u)" = 0 ] || skip 'needs root'
	local client
	client=$(as_other_user fig3_18_client)
	export MACH_RUN_DIR=/tmp/$TAG/run
	start mach_load stay >"$BATS_TEST_TMPDIR/task"
	eventually grep -q task "$BATS_TEST_TMPDIR/task"
	as_another test -x "$MACH_RUN_DIR"
	assert_equal "$status" 1
	as_another "$client"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_regex "$stderr" "^mach: $MACH_RUN_DIR is not a directory of this user's alone"
	# not even where the directory has been opened to all: Linux says who comes
	chmod 711 "$MACH_RUN_DIR"
	chmod 777 "$MACH_RUN_DIR/kernel"
	as_another perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_SEQPACKET, 0) or die "socket: $!";
		connect(S, sockaddr_un($ARGV[0])) or die "connect: $!";
		print defined(recv(S, $data, 100, 0)) && $data eq "" ? "hung up\n" : "heard\n"' \
		"$MACH_RUN_DIR/kernel"
	assert_equal "$status" 0
	assert_stdout_bytes 'hung up\n'
	kill "${STARTED[0]}"
	wait "${STARTED[0]}" || true
	eventually nobody_left
}

# ---- much at once ------------------------------------------------------------

gives() {
	# shellcheck disable=SC2086 # a program and its operands
	capture $1
	assert_equal "$status" 0
	assert_stdout_bytes "$2\n"
	assert_equal "$stderr" ''
}

@test "8 client threads call 3 server threads" {
	gives 'mach_load threads' '3200 of 3200 answers'
}

@test "10,000 ports in a task" {
	gives 'mach_load ports' '30000 of 30000 messages, 10000 of 10000 ports dead'
}

@test "100,000 messages through one port" {
	gives 'mach_load messages' '100000 of 100000 messages in their order'
}

# bats test_tags=no-sanitizer
@test "a million messages through one port" {
	CAPTURE_LIMIT=250 gives 'mach_load messages 1000000' '1000000 of 1000000 messages in their order'
}

@test "500 tasks alive at once, root's and an ordinary user's" {
	local load
	gives 'mach_load tasks' '1500 of 1500 answers of 500 tasks'
	[ "$(id -u)" = 0 ] || return 0
	requires setpriv
	load=$(as_other_user mach_load)
	cp "$BUILD/mach_kernel" "${load%/*}"
	mkdir -m 777 "${load%/*}/run"
	MACH_RUN_DIR=${load%/*}/run/own as_another "$load" tasks
	assert_equal "$status" 0
	assert_stdout_bytes '1500 of 1500 answers of 500 tasks\n'
	assert_equal "$stderr" ''
}

@test "forks while threads make calls" {
	gives 'mach_load forks' '100 of 100 children'
}

@test "a hundred bootstrap servers are killed under three tasks that use them" {
	gives 'mach_deaths servers' '100 servers killed, 3 of 3 tasks alive'
}

@test "a task that was killed has no rights from then on" {
	gives 'mach_deaths tasks' '300 of 300 ports dead at once'
}

@test "exec: another program keeps the bootstrap port, and nothing else" {
	gives 'mach_deaths exec' 'hello 2 by the same process, the port is dead'
}

# bats test_tags=rounds
@test "1,000 rounds in which all are killed, with rights and memory on their way: nothing left" {
	CAPTURE_LIMIT=250 gives "mach_rounds ${ROUNDS:-1000}" "${ROUNDS:-1000} rounds, nothing left"
}
