# bats file_tags=windows, four-questions
# Each test is a process of its own, and capture (helper.bash) sets stderr; the
# scripts in single quotes are other programs.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
# The four questions, put to Windows: the rows, and that the table takes them.

load helper

test_setup() {
	with_own_wine
	OUT=$BATS_TEST_TMPDIR/stdout
	SAID=$BATS_TEST_TMPDIR/said
}

# What Windows says of an error is text of the system's; its number is the
# evidence.
numbers_only() {
	sed -E 's/(error [0-9]+) \([^)]*\)/\1/g'
}

ROWS='Windows anonymous pipe	1	no	write to the read end: error 5; read from the write end: error 5
Windows anonymous pipe	2	-	bytes go one way only; with two pipes 9 bytes went there and came back
Windows anonymous pipe	3	yes	a child that inherited the handle read from it; one that inherited nothing, told the number, got error 6 (with DuplicateHandle its user'\''s processes get in all the same: 9 bytes)
Windows anonymous pipe	4	no	it has no name to open it by: GetFinalPathNameByHandle: error N
Windows named pipe	1	yes	9 bytes went from client to server and 9 from server to client, through the same two handles
Windows named pipe	2	full	when both had written, each read the other'\''s bytes: there are two queues, one for each direction
Windows named pipe	3	no	a process that inherited nothing opened it by its name: 9 bytes'

# Which error says that a pipe has no path, and that another machine's can't be
# opened, is Wine's own choice.
@test "eight rows, with tabs in between: answers, and error numbers as evidence" {
	local other
	capture four_questions_windows
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_equal "$(cut -f 1-3 "$OUT" | tr '\t\n' ':;')" \
		'Windows anonymous pipe:1:no;Windows anonymous pipe:2:-;Windows anonymous pipe:3:yes;Windows anonymous pipe:4:no;Windows named pipe:1:yes;Windows named pipe:2:full;Windows named pipe:3:no;Windows named pipe:4:not here;'
	assert_equal "$(awk -F'\t' 'NF != 4' "$OUT")" ''
	numbers_only <"$OUT" | head -n 7 |
		sed -E '4s/error [1-9][0-9]*$/error N/' | diff <(echo "$ROWS") -
	other=$(tail -n 1 "$OUT")
	assert_regex "$other" '	the book says that the processes may be on different machines, through \\\\MACHINE\\pipe\\NAME\. Not shown: Wine has no such pipes; it takes Windows\. \\\\localhost\\pipe\\NAME: error [1-9][0-9]* \(.+\)$'
}

@test "four_questions shows them in its table, behind its own" {
	capture four_questions_windows
	cut -f 4 "$OUT" | tr -s ' ' '\n' >"$BATS_TEST_TMPDIR/words"
	capture four_questions
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_narrow
	assert_equal "$(sed '/^$/,$d' "$OUT" | grep -n Windows)" \
		'4:Windows anonymous pipe  no          -          yes                 no
5:Windows named pipe      yes         full       no                  not here'
	# the evidence, each word of it
	sed '1,/^What was tried/d' "$OUT" | sed '1,/^Windows/d' | grep '^  ' |
		sed -E 's/^  [1-4] .{9}//' | tr -s ' ' '\n' | sed '/^$/d' |
		diff "$BATS_TEST_TMPDIR/words" -
	capture four_questions --rows
	assert_equal "$status" 0
	assert_equal "$(tail -n 8 "$OUT" | cut -f 1 | uniq -c | tr -s ' ')" \
		' 4 Windows anonymous pipe
 4 Windows named pipe'
}

@test "three at once: the same answers" {
	local i pids=()
	for i in 1 2 3; do
		start four_questions_windows >"$OUT.$i" 2>"$SAID.$i"
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	for i in 1 2 3; do
		cut -f 1-3 "$OUT.$i" | cmp - <(cut -f 1-3 "$OUT.1")
		assert_equal "$(wc -l <"$OUT.$i")" 8
		assert_equal "$(<"$SAID.$i")" ''
	done
}

@test "standard output is full or closed: one line" {
	assert_fails_to_print full '^four_questions_windows: write standard output: error 112 \(.+\)$' \
		four_questions_windows
	assert_fails_to_print closed '^four_questions_windows: write standard output: error (5|6) \(.+\)$' \
		four_questions_windows
}

@test "usage errors" {
	assert_usage_errors four_questions_windows --rows --break=none operand --delay=x
}

@test "--explain: each trial's statement, and what the system said" {
	capture four_questions_windows
	cp "$OUT" "$OUT.silent"
	capture four_questions_windows --explain
	assert_equal "$status" 0
	cmp "$OUT.silent" "$OUT"
	refute grep -qv '^asker\[[0-9]*\] ' "$BATS_TEST_TMPDIR/stderr"
	assert_equal "$(grep -oE '  [1-4]\. ' <<<"$stderr" | tr -d ' \n')" 1.1.2.3.3.3.4.1.2.3.4.
	told <<<"$stderr" >"$BATS_TEST_TMPDIR/told"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/told")" 11
	assert_in_source windows_ipc/four_questions/four_questions_windows.c \
		<"$BATS_TEST_TMPDIR/told"
	assert_equal "$(sed -n 's/.*-> //p' <<<"$stderr" | numbers_only | sed -E '7s/[0-9]+/N/; 11s/[0-9]+/N/' | paste -sd';')" \
		"error 5;error 5;9 bytes came back;error 6;it read 9 bytes;9 bytes;error N;9 bytes there, 9 back;each got the other's bytes;9 bytes;error N"
}
