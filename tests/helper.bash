# What every .bats file loads: the assertion libraries, where things are, and
# what each test leaves behind: nothing.
#
# A test names its shared-memory objects /$TAG or /$TAG-SOMETHING and starts
# background processes with `start`; teardown fails the test when one of either
# is still there.

# shellcheck disable=SC2030,SC2031 # what a lane changes is its own

bats_require_minimum_version 1.5.0

# What bats_load_library does, without a process for each of the libraries' files,
# which are loaded anew for each test.
load_library() {
	local directories directory file
	IFS=: read -ra directories <<<"$BATS_LIB_PATH"
	for directory in "${directories[@]}"; do
		[ -d "$directory/$1/src" ] || continue
		for file in "$directory/$1"/src/*.bash; do
			# shellcheck disable=SC1090 # a library's
			source "$file"
		done
		return
	done
	echo "$1 is not in $BATS_LIB_PATH: make setup" >&2
	return 1
}

load_library bats-support
load_library bats-assert
load_library bats-file

ROOT=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$ROOT/$BUILD ;;
esac
PATH=$BUILD:$PATH
export PATH BUILD
unset NO_COLOR MAKEFLAGS MAKELEVEL MFLAGS

setup() {
	cd "$ROOT" || return
	TAG=test-$$-$BATS_TEST_NUMBER
	STARTED=()
	# Mach and ALPC of its own
	export MACH_RUN_DIR=$BATS_TEST_TMPDIR/mach ALPC_RUN_DIR=$BATS_TEST_TMPDIR/alpc
	if [ "$(type -t test_setup)" = function ]; then test_setup; fi
}

teardown() {
	local left='' pid
	# bats goes on after a command here that fails
	if [ "$(type -t test_teardown)" = function ]; then
		test_teardown || left="$left what test_teardown says"
	fi
	if [ -n "${FIGURES_WINEPREFIX-}" ]; then
		eventually nobody_in_wine || left="$left $(in_wine)"
		end_wine
	fi
	if [ -n "${OWN_MACH-}" ]; then
		eventually only_mach_left || left="$left a process of this test's"
	fi
	for pid in "${STARTED[@]+"${STARTED[@]}"}"; do
		if kill -0 "$pid" 2>/dev/null; then
			left="$left process $pid ($(tr '\0' ' ' <"/proc/$pid/cmdline"))"
			kill -KILL "$pid"
		fi
	done
	[ ! -e "/tmp/$TAG" ] || rm -rf "/tmp/${TAG:?}"
	for object in /dev/shm/*"$TAG"*; do
		[ -e "$object" ] || continue
		left="$left $object"
		rm -f "$object"
	done
	if [ -n "$left" ]; then
		echo "left behind:$left"
		return 1
	fi
}

# Skips the test when one of the TOOLs is not installed; where nothing may be
# skipped (REQUIRE_ALL, set in continuous integration) it fails instead.
requires() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null && continue
		[ -z "${REQUIRE_ALL-}" ] || fail "$tool is not installed"
		skip "needs $tool: make setup-dev"
	done
}

# Runs a command, at most SECONDS long; 124 is its status when that was too long.
bounded() {
	local seconds=$1
	shift
	if command -v timeout >/dev/null; then
		timeout -k 1 "$seconds" "$@"
	else # macOS has none
		perl -e 'alarm shift; exec @ARGV or exit 127' "$seconds" "$@"
	fi
}

# Starts a command in the background, for $! and `wait`; teardown sees that it
# has ended. Redirect it as a whole: start CMD ARG >out 2>err </dev/null
# Descriptor 3 is bats' own, 7 the test's own: its end of a FIFO.
start() {
	"$@" <&0 3>&- 7>&- & # <&0: bash would give it /dev/null
	STARTED+=("$!")
}

# Waits until a command succeeds, some twenty seconds at most; the command is the
# event that a test waits for, not a time. What takes longer is asked for less
# often: others need the processor.
eventually() {
	local i
	for ((i = 0; i < 1100; i++)); do
		if "$@"; then return 0; fi
		if ((i < 100)); then sleep 0.003; else sleep 0.02; fi
	done
	fail "this did not happen: $*"
}

# Runs a function in COUNT shells at once, each with a BATS_TEST_TMPDIR of its own
# and its number as the last argument; fails when one does.
lanes() {
	local lane pids=() count=$1 result=0
	shift
	for ((lane = 1; lane <= count; lane++)); do
		(
			BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/$lane
			mkdir "$BATS_TEST_TMPDIR"
			"$@" "$lane"
		) 3>&- &
		pids+=("$!")
	done
	for lane in "${pids[@]}"; do wait "$lane" || result=$?; done
	return $result
}

# Waits for a process of `start`, as long as `eventually`; its exit status is in
# $status.
gone() {
	! kill -0 "$1" 2>/dev/null
}

ended() {
	status=0
	eventually gone "$1"
	wait "$1" || status=$?
}

# Waits for processes of `start`, and asserts that all ended with status 0.
all_succeed() {
	local pid
	for pid; do
		ended "$pid"
		assert_equal "$status" 0
	done
}

# A pipe on descriptor 7 that the test holds open at both ends: an input that
# doesn't end, an output that nobody reads.
hold() {
	[ -p "$BATS_TEST_TMPDIR/held" ] || mkfifo "$BATS_TEST_TMPDIR/held"
	exec 7<>"$BATS_TEST_TMPDIR/held"
}

# Runs the command so that stdout and stderr are files, byte for byte:
# $BATS_TEST_TMPDIR/stdout and stderr; its exit status is in $status. It may take
# a minute, or CAPTURE_LIMIT: a machine has other work, too.
capture() {
	status=0
	bounded "${CAPTURE_LIMIT:-60}" "$@" >"$BATS_TEST_TMPDIR/stdout" 2>"$BATS_TEST_TMPDIR/stderr" 3>&- ||
		status=$?
	{ output=$(<"$BATS_TEST_TMPDIR/stdout"); } 2>/dev/null # it warns of zeros
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
	printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$output" "$stderr"
}

# Asserts what `capture` saw on stdout and stderr, to the byte; an argument is
# one line, no argument is nothing at all.
assert_stdout_bytes() {
	printf '%b' "$1" | cmp - "$BATS_TEST_TMPDIR/stdout"
}

# That one of the lines on stdout is this one.
assert_stdout_line() {
	grep -qxF -- "$1" "$BATS_TEST_TMPDIR/stdout" || fail "no such line on stdout: $1"
}

assert_stderr_line() {
	assert_equal "$stderr" "$1"
	[ -z "$1" ] || printf '%s\n' "$1" | cmp - "$BATS_TEST_TMPDIR/stderr"
}

# Whether no process of this test is there any more, children included: who is
# started after `marks_processes` can be found by its environment.
marks_processes() {
	export STARTED_BY=$TAG
}

nobody_left() {
	! grep -qsz "^STARTED_BY=$TAG\$" /proc/[0-9]*/environ
}

# The children of processes, a number a line.
children_of() {
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v parents=" $* " '
		{ pid = $1; sub(/.*\) /, "") }
		index(parents, " " $2 " ") { print pid }'
}

# ---- Mach ---------------------------------------------------------------------

# The test's processes are to be gone in the end but for its Mach kernel: it and
# the bootstrap server end by themselves, two seconds after the last task has left.
# So much later, when the file's tests have ended, teardown_file sees that they have.
with_own_mach() {
	[ "$(uname -s)" = Linux ] || skip 'macOS runs its own Mach'
	OWN_MACH=yes
	marks_processes
	echo "$TAG" >>"$BATS_FILE_TMPDIR/with-mach"
}

only_mach_left() {
	local process name
	# shellcheck disable=SC2013 # a name of /proc is one word
	for process in $(grep -lsz "^STARTED_BY=$TAG\$" /proc/[0-9]*/environ); do
		read -r name 2>/dev/null <"${process%environ}comm" || continue
		case $name in
		mach_kernel | bootstrap_serve*) ;;
		*) return 1 ;;
		esac
	done
}

teardown_file() {
	local TAG
	[ -e "$BATS_FILE_TMPDIR/with-mach" ] || return 0
	while read -r TAG; do
		eventually nobody_left || {
			echo "left behind by $TAG: its Mach kernel"
			return 1
		}
	done <"$BATS_FILE_TMPDIR/with-mach"
}

# ---- what every program keeps -------------------------------------------------

# Asserts that a program refuses each of the command lines' words that follow its
# name: status 2, nothing on stdout, one line that points to --help.
assert_usage_errors() {
	local program=$1 wrong
	shift
	for wrong; do
		capture "$program" "$wrong"
		assert_equal "$status" 2
		assert_stdout_bytes ''
		assert_equal "$(wc -l <<<"$stderr")" 1
		assert_regex "$stderr" "^$program: .*; see $program --help\$"
	done
}

# Asserts that no line that `capture` saw on stdout has more than 80 bytes.
assert_narrow() {
	assert_equal "$(LC_ALL=C awk 'length > 80' "$BATS_TEST_TMPDIR/stdout")" ''
}

# Asserts that a program has these defects, in this order, and tells in a line of
# at most 80 columns what each of them is.
assert_defects() {
	local program=$1
	shift
	capture "$program" --break=list
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_equal "$(cut -d' ' -f1 <"$BATS_TEST_TMPDIR/stdout" | paste -sd' ')" "$*"
	assert_equal "$(awk 'NF < 3' "$BATS_TEST_TMPDIR/stdout")" ''
	assert_narrow
}

# assert_fails_to_print full|closed WORDS COMMAND ARG...
# Asserts that the command fails with status 1 when standard output is full
# (where a system has /dev/full) or closed, and that all that it says then matches
# the regular expression WORDS, which has as many lines.
assert_fails_to_print() {
	local output=$1 words=$2
	shift 2
	status=0
	if [ "$output" = closed ]; then
		bounded 20 "$@" >&- 2>"$BATS_TEST_TMPDIR/stderr" 3>&- || status=$?
	elif [ -e /dev/full ]; then
		bounded 20 "$@" >/dev/full 2>"$BATS_TEST_TMPDIR/stderr" 3>&- || status=$?
	else
		return 0
	fi
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
	assert_equal "$status" 1
	assert_regex "$stderr" "$words"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/stderr")" "$(wc -l <<<"$words")"
}

# Asserts that each line of a file is JSON, where there is a Python to ask.
assert_json() {
	command -v python3 >/dev/null || return 0
	python3 -c 'import json, sys
for line in open(sys.argv[1], encoding="utf-8"): json.loads(line)' "$1"
}

# The statements of the narration on standard input, a line each:
# NUMBER: STATEMENT
told() {
	sed 's/^[a-z]*\[[0-9]*\] //' | awk '
	/^[0-9]+: / { if (told) print told; told = $0; on = 1; next }
	/^  / { on = 0 }
	on { told = told " " $0 }
	END { print told }'
}

# Whether STATEMENT stands in FILE at line NUMBER, over four lines at most.
stands() {
	local there
	there=$(tail -n "+$2" "$1" | head -n 4 | tr -d ' \t\n')
	[ "${there#"${3//[ 	]/}"}" != "$there" ]
}

# Asserts that standard input has lines as `told` prints them, and that each
# statement stands in one of the FILEs at its line.
assert_in_source() {
	local line file found lines=0
	while IFS= read -r line; do
		found=
		for file; do
			if stands "$file" "${line%%:*}" "${line#*: }"; then found=yes; fi
		done
		[ -n "$found" ] || fail "not in $*: $line"
		lines=$((lines + 1))
	done
	[ $lines -gt 0 ] || fail 'nothing was told'
}

# Asserts that a trace is JSON and each of its statements stands where it says;
# standard input tells who made how many of its steps, a sorted line each:
# STEPS ROLE FIGURE SOURCE
assert_trace() {
	local file number statement
	diff - <(sed 's/.*"role":"\([^"]*\)","figure":"\([^"]*\)","file":"\([^"]*\)".*/\1 \2 \3/' "$1" |
		sort | uniq -c | sed 's/^ *//')
	while read -r file number statement; do
		stands "$file" "$number" "$statement" || fail "$file:$number: $statement"
	done < <(sed 's/.*"file":"\([^"]*\)","line":\([0-9]*\),"statement":"\([^"]*\)".*/\1 \2 \3/' "$1")
	assert_json "$1"
}

# ---- Windows programs ---------------------------------------------------------

# Skips the test where Windows programs can't be built or run.
requires_wine() {
	[ ! -x "$BUILD/fig3_25_pipe_child" ] || return 0
	[ -z "${REQUIRE_ALL-}" ] || fail 'Wine and MinGW-w64 are not installed'
	skip 'needs Wine and MinGW-w64: make setup'
}

# The same, else gives it a Wine prefix of its own: names of pipes and processes
# are seen within one prefix alone.
with_own_wine() {
	requires_wine
	export FIGURES_WINEPREFIX=$BATS_TEST_TMPDIR/wine
}

# The processes in this test's prefix but for Wine's own: number and name.
in_wine() {
	local process name
	# shellcheck disable=SC2013 # a name of /proc is one word
	for process in $(grep -lsz "^WINEPREFIX=$FIGURES_WINEPREFIX\$" /proc/[0-9]*/environ); do
		process=${process%/environ}
		read -r name 2>/dev/null <"$process/comm" || continue
		case $name in
		wineserver* | wineboot.exe | conhost.exe) ;;
		*) echo "${process#/proc/} $name" ;;
		esac
	done
}

nobody_in_wine() {
	[ -z "$(in_wine)" ]
}

# Ends what is left in the prefix. Wine looks for its server in TMPDIR, which is
# the prefix (windows_ipc/launcher.sh), and leaves a directory there.
end_wine() {
	local server
	server=$(command -v wineserver || echo /usr/lib/wine/wineserver)
	if [ -d "$FIGURES_WINEPREFIX" ] && [ -x "$server" ]; then
		# 9: without waiting half a second for Wine's own programs
		TMPDIR=$FIGURES_WINEPREFIX WINEPREFIX=$FIGURES_WINEPREFIX "$server" -k9 3>&- || true
		TMPDIR=$FIGURES_WINEPREFIX WINEPREFIX=$FIGURES_WINEPREFIX "$server" -w 3>&-
	fi
}

# Makes one of Windows' own programs ("cmd") a program in BATS_TEST_TMPDIR that the
# launcher starts as it starts ours.
with_windows_own() {
	mkdir -p "$BATS_TEST_TMPDIR/windows"
	cp windows_ipc/launcher.sh "$BATS_TEST_TMPDIR/$1"
	chmod +x "$BATS_TEST_TMPDIR/$1"
	ln -sf "$FIGURES_WINEPREFIX/drive_c/windows/system32/$1.exe" "$BATS_TEST_TMPDIR/windows/$1.exe"
}

# The Windows functions that the statements on standard input call, in order.
windows_calls() {
	grep -oE '[A-Z][A-Za-z]+\(' | tr -d '(' | paste -sd' '
}

# What Windows' own programs print ends its lines with CR LF; ours don't.
without_cr() {
	tr -d '\r'
}

# Copies a program to where every user may run it, until teardown; prints the
# path.
as_other_user() {
	mkdir -m 755 "/tmp/$TAG"
	cp "$BUILD/$1" "/tmp/$TAG"
	echo "/tmp/$TAG/$1"
}

# A narrated remark, unwrapped, without its speaker.
narrated() {
	printf '%s' "$1" | sed 's/^[a-z]*\[[0-9]*\] *//' | tr '\n' ' '
}

# Runs the command where /dev/shm is its own and empty, so that a test may use
# names that others use too. Where the host allows nobody that, one test after the
# other uses them, and what it leaves is removed. A chroot has no mount whose
# propagation could be changed.
OWN_MOUNTS='unshare --map-root-user --mount --propagation unchanged'

with_own_shm() {
	local one_by_one=()
	if $OWN_MOUNTS true 2>/dev/null; then
		# shellcheck disable=SC2016 # the inner shell's $@
		$OWN_MOUNTS sh -c 'mount -t tmpfs tmpfs /dev/shm && exec "$@"' sh "$@"
		return
	fi
	! command -v flock >/dev/null || one_by_one=(flock -o /dev/shm)
	# shellcheck disable=SC2016 # the inner shell's $@
	"${one_by_one[@]+"${one_by_one[@]}"}" sh -c '
		if [ -e /dev/shm/OS ]; then
			echo "/dev/shm/OS is there already"
			exit 1
		fi
		"$@"
		status=$?
		rm -f /dev/shm/OS "/dev/shm/OS-$(id -u)"
		exit $status' sh "$@"
}
