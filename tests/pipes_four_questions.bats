# bats file_tags=pipes, four-questions
# Each test is a process of its own, and capture (helper.bash) sets stderr; the
# scripts in single quotes are other programs.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
# The four questions: the table, and the rows that other programs add to it.

load helper

test_setup() {
	OUT=$BATS_TEST_TMPDIR/stdout
	SAID=$BATS_TEST_TMPDIR/said
	HERE=$BATS_TEST_TMPDIR/bin
	TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$HERE" "$TMPDIR"
	export TMPDIR
	# alone, without the programs that add their rows
	cp "$BUILD/four_questions" "$HERE"
	PATH=$HERE:$PATH
	marks_processes
}

# Whether no process of this test is there any more, and no file in TMPDIR.
nothing_left() {
	nobody_left && [ -z "$(ls -A "$TMPDIR")" ]
}

# Gives the program a neighbour of the suffix $1 that consists of $2.
neighbour() {
	printf '#!/bin/sh\n%s\n' "$2" >"$HERE/four_questions_$1"
	chmod +x "$HERE/four_questions_$1"
}

# The upper part of the table.
table() {
	sed '/^$/,$d' "$OUT"
}

HEADING='                        1 two-way?  2 duplex?  3 relation needed?  4 network?'
PIPE='ordinary pipe           no          -          yes                 no'
NAMED='FIFO                    yes         half       no                  no'

@test "the table and its evidence" {
	[ "$(uname -s)" = Linux ] || skip 'other systems answer otherwise'
	capture four_questions
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_narrow
	diff - "$OUT" <<-END
		$HEADING
		$PIPE
		$NAMED

		What was tried, and what the system said:
		ordinary pipe
		  1 no       write to the read end: EBADF (Bad file descriptor); read from the
		             write end: EBADF (Bad file descriptor)
		  2 -        bytes go one way only; with two pipes 9 bytes went there and came
		             back
		  3 yes      a child created after the pipe read from it; one created before,
		             told the number, got EBADF (Bad file descriptor) (through
		             /proc/PID/fd, where a system has that, its own user gets in: 9
		             bytes)
		  4 no       it has no name, and no address either: getsockname: ENOTSOCK
		             (Socket operation on non-socket)
		FIFO
		  1 yes      one process wrote 9 bytes and another read them; then the other
		             wrote, and 9 bytes came back through the same FIFO
		  2 half     when both had written, a process read back its own bytes: there is
		             one queue, for one direction at a time
		  3 no       a process that is nobody's child here, and older than the FIFO,
		             opened it by its name: 9 bytes came
		  4 no       it has a name in the file system, and no address: getsockname:
		             ENOTSOCK (Socket operation on non-socket)
	END
	nothing_left
}

@test "--rows: four fields a line, with tabs in between" {
	capture four_questions --rows
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_equal "$(awk -F'\t' 'NF != 4 || $2 !~ /^[1-4]$/ || $3 == "" || $4 == ""' "$OUT")" ''
	assert_equal "$(cut -f1,2 "$OUT" | sort | tr '\t\n' ': ')" \
		'FIFO:1 FIFO:2 FIFO:3 FIFO:4 ordinary pipe:1 ordinary pipe:2 ordinary pipe:3 ordinary pipe:4 '
	[ "$(uname -s)" = Linux ] || return 0
	assert_equal "$(cut -f1,2,3 "$OUT" | sort | tr '\t\n' ':;')" \
		'FIFO:1:yes;FIFO:2:half;FIFO:3:no;FIFO:4:no;ordinary pipe:1:no;ordinary pipe:2:-;ordinary pipe:3:yes;ordinary pipe:4:no;'
	# what it prints it takes
	neighbour other "sed 's/^/another /' '$OUT.rows'"
	cp "$OUT" "$OUT.rows"
	capture "$HERE/four_questions" --rows
	assert_equal "$status" 0
	(cat "$OUT.rows"; sed 's/^/another /' "$OUT.rows") | diff - "$OUT"
}

# ---- rows of other programs -------------------------------------------------

@test "another program's rows stand behind, in its order; what it leaves out is ?" {
	neighbour test 'printf "%s\t%s\t%s\t%s\n" socket 4 yes "it went over the network and came back to where it had come from, whole" mailbox 1 no tried socket 1 yes "both wrote" socket 2 full "at once"'
	capture "$HERE/four_questions"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_narrow
	assert_equal "$(table | tail -n 2)" \
		'socket                  yes         full       ?                   yes
mailbox                 no          ?          ?                   ?'
	assert_equal "$(sed -n '/^socket$/,$p' "$OUT")" 'socket
  1 yes      both wrote
  2 full     at once
  4 yes      it went over the network and came back to where it had come from,
             whole
mailbox
  1 no       tried'
	[ "$(uname -s)" = Linux ] || return 0
	assert_equal "$(table | head -n 3)" "$HEADING
$PIPE
$NAMED"
}

@test "several programs: in the order of their names, each once" {
	neighbour b 'printf "from b\t1\tyes\tb\n"'
	neighbour a 'printf "from a\t1\tyes\ta\n"'
	capture "$HERE/four_questions" --rows
	assert_equal "$status" 0
	assert_equal "$(tail -n 2 "$OUT")" $'from a\t1\tyes\ta\nfrom b\t1\tyes\tb'
	assert_equal "$(wc -l <"$OUT")" 10
}

@test "found through PATH, by a relative and by an absolute path" {
	local row=$'test\t1\tyes\tfound'
	neighbour test 'printf "test\t1\tyes\tfound\n"'
	capture "$HERE/four_questions" --rows
	assert_equal "$(tail -n 1 "$OUT")" "$row"
	cd "$BATS_TEST_TMPDIR"
	capture bin/four_questions --rows
	assert_equal "$(tail -n 1 "$OUT")" "$row"
	cd bin
	capture ./four_questions --rows
	assert_equal "$(tail -n 1 "$OUT")" "$row"
	cd /
	PATH=/nonexistent::$HERE:$PATH
	hash -r
	capture four_questions --rows
	assert_equal "$(tail -n 1 "$OUT")" "$row"
	# the one in PATH, not the one of where it is called
	mkdir "$BATS_TEST_TMPDIR/other"
	cp "$BUILD/four_questions" "$BATS_TEST_TMPDIR/other"
	cd "$HERE"
	PATH=$BATS_TEST_TMPDIR/other:$PATH
	hash -r
	capture four_questions --rows
	assert_equal "$status" 0
	assert_equal "$(wc -l <"$OUT")" 8
}

@test "a file that nobody can run, and one of another name, are no programs" {
	neighbour test 'echo this is no row'
	chmod -x "$HERE/four_questions_test"
	neighbour other 'printf "test\t1\tyes\tfound\n"'
	mv "$HERE/four_questions_other" "$HERE/three_questions_other"
	mkdir "$HERE/four_questions_test.dSYM"
	capture "$HERE/four_questions" --rows
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_equal "$(wc -l <"$OUT")" 8
}

@test "a program that prints something else: one line, and no table" {
	local rubbish
	for rubbish in 'rubbish' 'test\t5\tyes\tno such question' 'test\t0\tyes\tx' \
		'test\t1\tyes' 'test\tone\tyes\tx' 'test\t1\t\tx' '' \
		'test\t1\tninebytes\tx' 'a mechanism of 23 bytes\t1\tyes\tx'; do
		neighbour test "printf 'test\\t1\\tyes\\tfine\\n%b\\n' '$rubbish'"
		capture "$HERE/four_questions"
		assert_equal "$status" 1
		assert_stdout_bytes ''
		assert_equal "$(wc -l <<<"$stderr")" 1
		assert_regex "$stderr" "^four_questions: $HERE/four_questions_test: this is no row: "
		refute_regex "$stderr" 'x0a'
	done
	eventually nothing_left
}

@test "a program that fails, or is ended by a signal" {
	neighbour test 'printf "test\t1\tyes\tfine\n"; exit 3'
	capture "$HERE/four_questions"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line "four_questions: $HERE/four_questions_test failed: its rows are missing"
	neighbour test 'kill -KILL $$'
	capture "$HERE/four_questions"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line 'four_questions: the child was ended by signal 9 (Killed)'
	printf '#!/nonexistent/interpreter\n' >"$HERE/four_questions_test"
	capture "$HERE/four_questions"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_equal "$stderr" "four_questions: exec $HERE/four_questions_test: ENOENT (No such file or directory)
four_questions: $HERE/four_questions_test failed: its rows are missing"
	eventually nothing_left
}

# ---- surroundings -----------------------------------------------------------

@test "nothing is left, whichever signal ends it" {
	local signal keys=$BATS_TEST_TMPDIR/keys
	mkfifo "$keys"
	for signal in HUP INT TERM; do
		exec 7<>"$keys"
		start env --default-signal=HUP,INT,TERM four_questions --step <"$keys" >"$OUT" 2>"$SAID"
		printf '\n\n\n\n\n\n\n\n' >&7
		eventually grep -q 'Two processes write' "$SAID"
		assert_equal "$(find "$TMPDIR" -type p -perm 600 | wc -l)" 1
		kill -"$signal" "$!"
		ended "$!"
		assert_equal "$status" $((128 + $(kill -l "$signal")))
		nothing_left
		exec 7>&-
	done
}

@test "without TMPDIR it takes /tmp, and leaves nothing there" {
	local keys=$BATS_TEST_TMPDIR/keys
	mkfifo "$keys"
	exec 7<>"$keys"
	start env -u TMPDIR four_questions --step <"$keys" >"$OUT" 2>"$SAID"
	printf '\n\n\n\n\n\n\n\n' >&7
	eventually grep -q 'Two processes write' "$SAID"
	[ -p "/tmp/fifo-$(id -u)-$!" ]
	exec 7>&-
	ended "$!"
	assert_equal "$status" 0
	assert_not_exist "/tmp/fifo-$(id -u)-$!"
	nothing_left
}

@test "a TMPDIR that doesn't exist: one line, and no table" {
	TMPDIR=/nonexistent start four_questions >"$OUT" 2>"$SAID"
	ended "$!"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_equal "$(<"$SAID")" \
		"four_questions: mkfifo /nonexistent/fifo-$(id -u)-$!: ENOENT (No such file or directory)"
	nothing_left
}

@test "a file that stands at its name is neither used nor removed" {
	# shellcheck disable=SC2016 # the inner shell's
	start bash -c 'echo mine >"$TMPDIR/fifo-$(id -u)-$$"; exec four_questions' >"$OUT" 2>"$SAID"
	local file
	file=$TMPDIR/fifo-$(id -u)-$!
	ended "$!"
	assert_equal "$status" 1
	assert_equal "$(<"$SAID")" "four_questions: mkfifo $file: EEXIST (File exists)"
	assert_equal "$(<"$file")" mine
	rm "$file"
	nothing_left
}

@test "twenty at once" {
	local i pids=()
	for i in {1..20}; do
		start four_questions --rows >"$OUT.$i" 2>"$SAID.$i"
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	capture four_questions --rows
	for i in {1..20}; do
		cmp "$OUT" "$OUT.$i"
		assert_equal "$(cat "$SAID.$i")" ''
	done
	nothing_left
}

# bats test_tags=rounds
@test "50 times: the same answers, nothing left" {
	local i
	capture four_questions --rows
	for ((i = 0; i < 50; i++)); do
		four_questions --rows 3>&- | cmp - "$OUT"
	done
	eventually nothing_left
}

@test "standard output is full or closed: one line" {
	assert_fails_to_print full \
		'^four_questions: write standard output: ENOSPC \(No space left on device\)$' four_questions
	assert_fails_to_print closed \
		'^four_questions: write standard output: EBADF \(Bad file descriptor\)$' four_questions
	nothing_left
}

@test "usage errors" {
	assert_usage_errors four_questions --break=none --unknown operand --rows=x --delay=x
	nothing_left
}

@test "--explain: each experiment's statement, and what the system said" {
	capture four_questions
	cp "$OUT" "$OUT.silent"
	capture four_questions --explain
	assert_equal "$status" 0
	cmp "$OUT.silent" "$OUT"
	assert_equal "$(grep -oE '  [1-4]\. ' <<<"$stderr" | tr -d ' \n')" 1.1.2.3.3.4.3.1.2.4.
	refute grep -qv '^asker\[[0-9]*\] ' "$BATS_TEST_TMPDIR/stderr"
	told <<<"$stderr" >"$BATS_TEST_TMPDIR/told"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/told")" 10
	assert_in_source pipes/four_questions/ordinary_pipe.c < <(head -n 6 "$BATS_TEST_TMPDIR/told")
	assert_in_source pipes/four_questions/named_pipe.c < <(tail -n +7 "$BATS_TEST_TMPDIR/told")
	[ "$(uname -s)" = Linux ] || return 0
	assert_equal "$(sed -n 's/.*-> //p' <<<"$stderr" | tr '\n' ';')" \
		'EBADF (Bad file descriptor);EBADF (Bad file descriptor);9 bytes came back;EBADF (Bad file descriptor);it read 9 bytes;ENOTSOCK (Socket operation on non-socket);9 bytes came;9 bytes came back;its own bytes;ENOTSOCK (Socket operation on non-socket);'
}
