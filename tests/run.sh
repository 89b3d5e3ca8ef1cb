#!/bin/sh
# Runs bats on the files, and ends with "N passed, N failed, N skipped".
#
#	BUILD=DIRECTORY JOBS=N sh tests/run.sh FILE.bats...
#
# JOBS files are run at the same time, as many as there are processors if nobody
# says otherwise (tests/at_once.bash); with JOBS=1 one bats runs all of them.
#
# The numbers come from the report that is left in BUILD/report.tap, and what is
# not in it can't have passed: a test that was promised and never reported has
# failed, and so has a run that broke off without a report. Each run has a report
# of its own; BUILD/report.tap is that of the run that ended last.

set -u

BUILD=${BUILD:-build}
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
export BUILD

# One line, and the count that every run ends with.
fail() {
	printf 'tests: %s\n' "$*" >&2
	echo '0 passed, 1 failed, 0 skipped'
	exit 1
}

has() {
	command -v "$1" > /dev/null 2>&1
}

[ $# -gt 0 ] || fail "no test file was given"
has bats || fail "bats is not installed: make setup"
mkdir -p "$BUILD" || fail "there is no $BUILD to write the report to"
directory=$(mktemp -d) || fail "there is no directory for the report"
trap 'rm -rf "$directory"' EXIT
report=$directory/report.tap

# ---- the same surroundings for every run ------------------------------------

# A make inside a test is not part of the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL GNUMAKEFLAGS CDPATH POSIXLY_CORRECT
umask 022
if locale -a 2> /dev/null | grep -qix 'c\.utf-\{0,1\}8'; then
	LC_ALL=C.UTF-8
	export LC_ALL
fi

# Debian's, Fedora's and Homebrew's places for bats-assert and its like.
BATS_LIB_PATH=${BATS_LIB_PATH:+$BATS_LIB_PATH:}/usr/lib/bats:/usr/share/bats
if has brew; then
	BATS_LIB_PATH=$BATS_LIB_PATH:$(brew --prefix)/lib
fi
export BATS_LIB_PATH

# bats itself looks whether its standard input is a terminal, which it never is
# here.
format=tap
if [ -t 1 ] && [ -z "${CI:-}" ] && [ "${TERM:-dumb}" != dumb ] && has tput
then
	format=pretty
fi

# ---- running and counting ---------------------------------------------------

# at_once.bash ends all that it started itself, also when Ctrl-C ends it.
own_group=
if [ "$JOBS" = 1 ] || [ $# = 1 ]; then
	trap 'exit 130' INT
	set -- bats --formatter "$format" --report-formatter tap \
		--output "$directory" "$@"
else
	trap : INT
	own_group=--foreground
	set -- bash "$(dirname "$0")/at_once.bash" "$JOBS" "$directory" "$@"
fi

# A test that hangs must not hang CI: bats' own limit doesn't stop a running
# command. At a terminal there is Ctrl-C, which timeout would keep from bats.
if [ -n "${CI:-}" ] && has timeout; then
	# shellcheck disable=SC2086 # nothing, or an option
	set -- timeout $own_group -k 10 "${TEST_LIMIT:-1500}" "$@"
fi
"$@" < /dev/null
status=$?

# Prints "PASSED FAILED SKIPPED MISSING" from the report. bats reports a
# setup_file that failed in place of all the file's tests, and a teardown_file
# beside them.
tally() {
	[ -f "$report" ] || : > "$report"
	awk '
	/^1\.\.[0-9]+$/ { plan = substr($0, 4) + 0 }
	/^ok [0-9]+ / { if (/ # skip( |$)/) skipped++; else passed++ }
	/^not ok [0-9]+ / {
		if ($4 " " $5 == "setup_file failed") setup++
		else if ($4 " " $5 == "teardown_file failed") teardown++
		else failed++
	}
	END {
		missing = plan - passed - skipped - failed
		if (missing < 0) missing = 0
		failed += teardown + (missing > setup ? missing : setup)
		print passed + 0, failed + 0, skipped + 0, missing, plan + 0
	}' "$report"
}

# bats doesn't wait for the process that writes the report: it is complete when
# nothing is missing, or when nothing more has come for half a second.
before=
quiet=0
while [ $quiet -lt 5 ]; do
	count=$(tally)
	# shellcheck disable=SC2086 # Five numbers.
	set -- $count
	[ "$4" -eq 0 ] && [ "$5" -gt 0 ] && break
	if [ "$count" = "$before" ]; then
		quiet=$((quiet + 1))
	else
		quiet=0
	fi
	before=$count
	sleep 0.1
done

passed=$1 failed=$2 skipped=$3
if [ "$failed" -eq 0 ] && [ $((status != 0 || passed + skipped == 0)) = 1 ]; then
	echo "tests: bats ended with status $status before it reported a test" \
		"that failed" >&2
	failed=1
fi
# A failure that comes once in thirty runs must not be lost with the next run.
[ "$failed" -eq 0 ] || cp "$report" "$BUILD/report-of-failure.tap"
mv "$report" "$BUILD/report.tap"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
