# bats file_tags=front
# What tests/run.sh and .ci/run run and count, and what `make lint` looks at.

# Single quotes hold what is a fake program's own; run sets $stderr.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load helper

export ROOT # for what is run by another shell

# ---- the count of tests/run.sh ----------------------------------------------

# A bats that leaves this report (nothing: none) and exits so.
fake_bats() {
	local status=$1
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	rm -f "$BATS_TEST_TMPDIR/fake.tap"
	[ $# -eq 1 ] || printf '%s\n' "${@:2}" >"$BATS_TEST_TMPDIR/fake.tap"
	cat >"$BATS_TEST_TMPDIR/bin/bats" <<-END
		#!/bin/sh
		echo "arguments: \$*"
		echo "surroundings: \$BUILD \${MAKEFLAGS-none} \$(umask)"
		[ ! -t 0 ] && cat
		while [ "\$1" != --output ]; do shift; done
		[ ! -e "$BATS_TEST_TMPDIR/fake.tap" ] ||
			cp "$BATS_TEST_TMPDIR/fake.tap" "\$2/report.tap"
		exit $status
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/bats"
}

# Runs tests/run.sh with the fake; the last line is in $last.
count() {
	run env PATH="$BATS_TEST_TMPDIR/bin:$PATH" CI= JOBS="${JOBS-}" \
		BUILD="$BATS_TEST_TMPDIR/out" sh tests/run.sh one.bats
	last=${lines[${#lines[@]} - 1]}
	printf '%s\n' "$output"
}

@test "the count: what passed, failed and was skipped" {
	fake_bats 1 1..5 'ok 1 a' 'not ok 2 b # skip in the name' '# ok 9 no' \
		'ok 3 c # skip' 'ok 4 d # skip no wine' 'ok 5 not ok'
	count
	assert_failure
	assert_equal "$last" '2 passed, 1 failed, 2 skipped'

	fake_bats 0 1..2 'ok 1 a' 'ok 2 b'
	count
	assert_success
	assert_equal "$last" '2 passed, 0 failed, 0 skipped'
}

@test "the count: what the plan promised and nothing reported has failed" {
	fake_bats 0 1..5 'ok 1 a' 'not ok 2 b' 'ok 3 c'
	count
	assert_failure
	assert_equal "$last" '2 passed, 3 failed, 0 skipped'
}

@test "the count: a run that breaks off without a report has failed" {
	# The report of the run before says nothing about this one.
	mkdir "$BATS_TEST_TMPDIR/out"
	printf '%s\n' 1..1 'ok 1 old' >"$BATS_TEST_TMPDIR/out/report.tap"
	fake_bats 127
	count
	assert_failure
	assert_equal "$last" '0 passed, 1 failed, 0 skipped'

	fake_bats 0
	count
	assert_failure
	assert_equal "$last" '0 passed, 1 failed, 0 skipped'

	fake_bats 0 1..0
	count
	assert_failure
	assert_equal "$last" '0 passed, 1 failed, 0 skipped'
}

@test "the count: bats fails without a test that failed" {
	fake_bats 2 1..2 'ok 1 a' 'ok 2 b'
	count
	assert_failure
	assert_equal "$last" '2 passed, 1 failed, 0 skipped'
}

@test "the count: a report that is written late is waited for" {
	fake_bats 0
	sed "s,^exit.*,(sleep 0.2; printf '1..2\\\\nok 1 a\\\\nok 2 b\\\\n' >\"\$2/report.tap\") >/dev/null 2>\&1 3>\&- \&," \
		"$BATS_TEST_TMPDIR/bin/bats" >"$BATS_TEST_TMPDIR/bin/late"
	chmod +x "$BATS_TEST_TMPDIR/bin/late"
	mv "$BATS_TEST_TMPDIR/bin/late" "$BATS_TEST_TMPDIR/bin/bats"
	count
	assert_success
	assert_equal "$last" '2 passed, 0 failed, 0 skipped'
}

# Makes NAME.bats of what is on standard input, where TEST is @test: this file's own
# bats takes every line that begins with that.
suite() {
	mkdir -p "$BATS_TEST_TMPDIR/suite" "$BATS_TEST_TMPDIR/out"
	cd "$BATS_TEST_TMPDIR/suite" || return
	sed 's/^ *TEST/@test/' >"$1.bats"
}

# The command that runs these files with real bats, without bats' inner programs,
# one of which is "bats", on PATH; VARIABLE=VALUE may come first.
real() {
	local path=:$PATH: variables=()
	while [[ $1 == *=* ]]; do
		variables+=("$1")
		shift
	done
	path=${path//:$BATS_LIBEXEC:/:}
	env -i PATH="$path" HERE="$BATS_TEST_TMPDIR" BUILD="$BATS_TEST_TMPDIR/out" \
		"${variables[@]+"${variables[@]}"}" sh "$ROOT/tests/run.sh" "$@"
}

@test "the count of real bats: setup_file, teardown_file and a test that is killed" {
	local jobs
	suite a <<-'END'
		setup_file() { false; }
		TEST "1" { :; }
		TEST "2" { :; }
	END
	suite b <<-'END'
		teardown_file() { false; }
		TEST "3" { :; }
		TEST "4" { skip; }
		TEST "5" { false; }
	END
	suite c <<-'END'
		TEST "6" { :; }
		TEST "7" { kill -9 $BASHPID; }
	END
	for jobs in 1 2; do
		run real JOBS=$jobs a.bats b.bats c.bats
		printf '%s\n' "$output"
		assert_failure
		assert_equal "${lines[${#lines[@]} - 1]}" '2 passed, 5 failed, 1 skipped'
		sed '/^#/d; s/ *$//' "$BATS_TEST_TMPDIR/out/report.tap" >"$BATS_TEST_TMPDIR/report.$jobs"
	done
	diff "$BATS_TEST_TMPDIR"/report.[12]
}

@test "tests run in the same surroundings, whoever runs them" {
	fake_bats 0 1..1 'ok 1 a'
	export MAKEFLAGS=-k
	umask 077
	count <<<'typed at the terminal'
	assert_success
	assert_line "surroundings: $BATS_TEST_TMPDIR/out none 0022"
	refute_output --partial typed
}

# ---- several files at once --------------------------------------------------

# A host with three processors.
three_processors() {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho 3\n' >"$BATS_TEST_TMPDIR/bin/getconf"
	chmod +x "$BATS_TEST_TMPDIR/bin/getconf"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "as many files at once as there are processors, reported in the files' order" {
	three_processors
	# each ends only when the next one has
	suite a <<-'END'
		TEST "a" { until [ -e "$HERE/b" ]; do sleep 0.01; done; }
		TEST "a2" { :; }
	END
	suite b <<-'END'
		TEST "b" { until [ -e "$HERE/c" ]; do sleep 0.01; done; >"$HERE/b"; }
	END
	suite c <<-'END'
		TEST "c" { >"$HERE/c"; }
	END
	run bounded 20 bash -c "$(declare -f real); real a.bats b.bats c.bats"
	assert_success
	assert_output $'ok 1 a\nok 2 a2\nok 3 b\nok 4 c\n1..4\n4 passed, 0 failed, 0 skipped'
	printf '%s\n' 1..4 'ok 1 a' 'ok 2 a2' 'ok 3 b' 'ok 4 c' |
		diff - "$BATS_TEST_TMPDIR/out/report.tap"
}

@test "JOBS=1: one bats runs all files, JOBS=2: each has its own" {
	local name
	for name in a b; do suite $name <<<'TEST "1" { echo "$BATS_RUN_TMPDIR" >>"$HERE/runs"; }'; done
	run real JOBS=1 a.bats b.bats
	assert_success
	assert_equal "$(sort -u "$BATS_TEST_TMPDIR/runs" | wc -l)" 1
	rm "$BATS_TEST_TMPDIR/runs"
	run real JOBS=2 a.bats b.bats
	assert_success
	assert_equal "$(sort -u "$BATS_TEST_TMPDIR/runs" | wc -l)" 2
}

@test "a file that bats can't read has failed, and the others are run" {
	suite a <<<'TEST "1" { :; }'
	suite b <<<'TEST "2" {'
	suite c <<<'TEST "3" { :; }'
	run real JOBS=2 a.bats b.bats missing.bats c.bats
	printf '%s\n' "$output"
	assert_failure
	assert_line 'not ok 3 missing.bats was not run'
	assert_line 'ok 4 3'
	assert_equal "${lines[${#lines[@]} - 1]}" '2 passed, 2 failed, 0 skipped'
}

@test "two runs at once, each with its report" {
	suite first <<-'END'
		TEST "1" { >"$HERE/begun"; until [ -e "$HERE/done" ]; do sleep 0.01; done; }
		TEST "2" { :; }
	END
	suite second <<<'TEST "3" { until [ -e "$HERE/begun" ]; do sleep 0.01; done; }'
	start real first.bats >"$BATS_TEST_TMPDIR/first"
	run bounded 20 bash -c "$(declare -f real); real second.bats"
	assert_success
	assert_output --partial '1 passed, 0 failed, 0 skipped'
	assert_equal "$(grep -c ^ok "$BATS_TEST_TMPDIR/out/report.tap")" 1
	touch "$BATS_TEST_TMPDIR/done"
	all_succeed "$!"
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/first")" '2 passed, 0 failed, 0 skipped'
	assert_equal "$(grep -c ^ok "$BATS_TEST_TMPDIR/out/report.tap")" 2
}

# Two files with a test that would take an hour; each has two processes, in a group
# of its own too, and notes that it was cleaned up behind.
hour() {
	local name
	for name in a b; do
		suite $name <<-'END'
			TEST "1" {
				echo $BASHPID >>"$HERE/processes"
				command -p timeout 3600 sh -c 'echo $$ >>"$HERE/processes"; exec sleep 3600'
			}
			teardown() { echo cleaned >>"$HERE/cleaned"; }
			TEST "2" { :; }
		END
	done
	suite c <<<'TEST "3" { :; }'
}

run_for_an_hour() {
	[ "$(wc -l 2>/dev/null <"$BATS_TEST_TMPDIR/processes")" = 4 ]
}

none_of_them_runs() {
	local process
	while read -r process; do
		! kill -0 "$process" 2>/dev/null || fail "$process runs"
	done <"$BATS_TEST_TMPDIR/processes"
}

@test "Ctrl-C ends all files, which clean up, and leaves no process" {
	requires script timeout
	local keys=$BATS_TEST_TMPDIR/keys
	hour
	declare -f real >"$BATS_TEST_TMPDIR/real"
	mkfifo "$keys"
	exec 7<>"$keys"
	set -m # or it would ignore SIGINT
	start script -qec "bash -c '. $BATS_TEST_TMPDIR/real; real JOBS=2 a.bats b.bats c.bats'" /dev/null \
		<"$keys" >"$BATS_TEST_TMPDIR/said"
	set +m
	eventually run_for_an_hour
	printf '\003' >&7
	ended "$!"
	exec 7>&-
	cat "$BATS_TEST_TMPDIR/said"
	none_of_them_runs
	assert_equal "$(cat "$BATS_TEST_TMPDIR/cleaned")" $'cleaned\ncleaned'
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/said" | tr -d '\r')" '0 passed, 5 failed, 0 skipped'
}

@test "TEST_LIMIT ends all files, also what doesn't listen" {
	requires timeout
	hour
	suite b <<-'END'
		TEST "1" {
			trap '' TERM
			echo $BASHPID >>"$HERE/processes"
			sh -c 'echo $$ >>"$HERE/processes"; while :; do sleep 1; done'
		}
	END
	# a time that is over when the test says so
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/timeout" <<-'END'
		#!/bin/sh
		echo "$@" >"$HERE/asked"
		shift 4
		"$@" &
		until [ -e "$HERE/over" ]; do sleep 0.01; done
		kill $!
		wait $!
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/timeout"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH start real CI=true TEST_LIMIT=77 JOBS=2 \
		a.bats b.bats c.bats >"$BATS_TEST_TMPDIR/said"
	eventually run_for_an_hour
	touch "$BATS_TEST_TMPDIR/over"
	ended "$!"
	cat "$BATS_TEST_TMPDIR/said"
	assert_regex "$(cat "$BATS_TEST_TMPDIR/asked")" '^--foreground -k 10 77 bash '
	none_of_them_runs
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/said")" '0 passed, 4 failed, 0 skipped'
}

@test "without bats: one line that says what to do, and a failure" {
	mkdir "$BATS_TEST_TMPDIR/none"
	run --separate-stderr env PATH="$BATS_TEST_TMPDIR/none" \
		"$(type -P sh)" tests/run.sh one.bats
	assert_failure
	assert_equal "$stderr" 'tests: bats is not installed: make setup'
	assert_output '0 passed, 1 failed, 0 skipped'
}

# ---- CI ---------------------------------------------------------------------

# Runs .ci/run with a make that does this.
ci() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\n%s\n' "$1" >"$BATS_TEST_TMPDIR/bin/make"
	chmod +x "$BATS_TEST_TMPDIR/bin/make"
	cd / || return
	run env PATH="$BATS_TEST_TMPDIR/bin:$PATH" bash "$ROOT/.ci/run"
	last=${lines[${#lines[@]} - 1]}
	printf '%s\n' "$output"
}

@test "CI: the count is the last line, also when make complains behind it" {
	local macos=$'\n'"make setup-macos-check: 1 in ${ROOT##*/}"
	[ "$(uname -s)" != Darwin ] || macos=
	export CI=true
	unset REQUIRE_ALL
	ci 'echo "make $*: ${REQUIRE_ALL-unset} in ${PWD##*/}"
		case $1 in setup-*) exit ;; esac
		echo "3 passed, 1 failed, 0 skipped"
		echo "make: *** Error 1" >&2
		exit 2'
	assert_failure
	assert_output "make setup-dev: 1 in ${ROOT##*/}$macos
make setup test: 1 in ${ROOT##*/}
make: *** Error 1
3 passed, 1 failed, 0 skipped"

	ci 'echo "3 passed, 0 failed, 1 skipped"'
	assert_success
	assert_equal "$last" '3 passed, 0 failed, 1 skipped'
}

@test "CI: a run that breaks off has failed, before its count and after" {
	ci 'echo "common/error.c:1: error"; exit 2'
	assert_failure
	assert_equal "$last" '0 passed, 1 failed, 0 skipped'

	ci 'echo "3 passed, 0 failed, 0 skipped"; exit 2'
	assert_failure
	assert_equal "$last" '3 passed, 1 failed, 0 skipped'

	ci 'printf "no newline"'
	assert_failure
	assert_equal "$last" '0 passed, 1 failed, 0 skipped'
}

@test "outside CI: nothing but make setup test, and a missing tool may be skipped" {
	unset CI REQUIRE_ALL
	ci 'echo "make $*: ${REQUIRE_ALL-unset}"; echo "1 passed, 0 failed, 1 skipped"'
	assert_success
	assert_output $'make setup test: unset\n1 passed, 0 failed, 1 skipped'
}

# ---- make lint --------------------------------------------------------------

# Runs .make/lint.sh with tools that find nothing, but for this one.
lint() {
	local tool found
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	for tool in clang-format cppcheck clang-tidy shellcheck; do
		found=0
		[ "$tool" != "$1" ] || found=1
		printf '#!/bin/sh\necho %s "$@" >>%s\nexit %d\n' "$tool" \
			"$BATS_TEST_TMPDIR/log" $found >"$BATS_TEST_TMPDIR/bin/$tool"
		chmod +x "$BATS_TEST_TMPDIR/bin/$tool"
	done
	run env PATH="$BATS_TEST_TMPDIR/bin:$PATH" sh .make/lint.sh
}

# What a tool was given, a word a line.
given_to() {
	grep "^$1 " "$BATS_TEST_TMPDIR/log" | tr ' ' '\n' | sed 's,^\./,,'
}

# Whether a tool was given the file.
looked_at() {
	grep -qxF "$2" "$BATS_TEST_TMPDIR/$1" || fail "$1 was not given $2"
}

@test "lint looks at every source, script and test, and fails when a tool does" {
	local tool file
	lint none
	assert_success
	for tool in clang-format cppcheck clang-tidy shellcheck; do
		given_to $tool >"$BATS_TEST_TMPDIR/$tool"
	done
	while IFS= read -r file; do
		case $file in
		*.[ch]) looked_at clang-format "$file" ;;
		esac
		case $file in
		*.c) looked_at cppcheck "$file" && looked_at clang-tidy "$file" ;;
		*.sh | *.bats | *.bash | */run) looked_at shellcheck "$file" ;;
		esac
	done < <(find common posix_shm tests .make .ci -type f)
	for tool in clang-format cppcheck clang-tidy shellcheck; do
		lint "$tool"
		assert_failure 1
	done
}

@test "lint without its tools: a line for each, and a failure" {
	local tool
	mkdir "$BATS_TEST_TMPDIR/bin"
	for tool in dirname uname; do
		ln -s "$(type -P $tool)" "$BATS_TEST_TMPDIR/bin/$tool"
	done
	run env PATH="$BATS_TEST_TMPDIR/bin" "$(type -P sh)" .make/lint.sh
	assert_failure 1
	assert_line 'cppcheck is not installed: make setup-dev'
	assert_line 'shellcheck is not installed: make setup-dev'
	refute_line --regexp '[^v]$'
}
