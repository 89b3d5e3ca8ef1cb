# bats file_tags=common
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# common/: errors, narration, options, whole reads and writes.

load helper

probe() {
	capture common_probe "$@"
}

# ---- errors -----------------------------------------------------------------

@test "die: program, call, object, symbol and text, exit 1" {
	probe die --name=/OS
	assert_equal "$status" 1
	assert_stderr_line 'common_probe: open /OS: EACCES (Permission denied)'
}

@test "die_next: says what to do next" {
	probe next
	assert_equal "$status" 1
	assert_stderr_line 'common_probe: open object: ENOENT (No such file or directory); do this first'
}

@test "fatal: no errno, exit 1" {
	probe fatal
	assert_equal "$status" 1
	assert_stderr_line 'common_probe: object is wrong'
}

@test "usage_error: points to --help, exit 2" {
	probe usage
	assert_equal "$status" 2
	assert_stderr_line 'common_probe: object is wrong; see common_probe --help'
}

@test "die_child: the parent's stdio buffer is written once" {
	probe forked
	assert_equal "$status" 0
	assert_stdout_bytes "operand forked\nonce\nthe child's status is 1\n"
	assert_stderr_line 'common_probe: write to the parent: EPIPE (Broken pipe)'
}

@test "an error stays one line whatever the object is called" {
	probe die --name=$'/a\nb\e[31mc\x7f'
	assert_stderr_line 'common_probe: open /a\x0ab\x1b[31mc\x7f: EACCES (Permission denied)'
}

@test "an error about a very long name is still one line with its end" {
	probe die --name="$(printf 'x%.0s' {1..5000})"
	assert_equal "$status" 1
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/stderr")" 1
	assert_regex "$stderr" 'EACCES \(Permission denied\)$'
	[ "${#stderr}" -gt 1000 ]
	probe die --name="$(printf '\001%.0s' {1..5000})"
	assert_equal "$status" 1
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/stderr")" 1
	assert_regex "$stderr" 'EACCES \(Permission denied\)$'
}

@test "errno's symbols are those of errno.h" {
	probe errors
	assert_regex "$output" 'EPERM \(Operation not permitted\)'
	assert_regex "$output" 'ENOTRECOVERABLE \(State not recoverable\)'
	refute_regex "$output" '(^|[^A-Z])E[A-Z]+ \(Unknown error'
	# 73 of POSIX's have numbers of their own on Linux
	[ "$(uname -s)" != Linux ] || assert_equal "$(grep -c '^E' <<<"$output")" 73
	if command -v python3 >/dev/null; then
		python3 -c 'import errno, os
for name in dir(errno):
	if name[0] == "E": print("%s (%s)" % (name, os.strerror(getattr(errno, name))))' \
			>"$BATS_TEST_TMPDIR/errors"
		refute_regex "$(grep '^E' <<<"$output" | grep -vxF -f "$BATS_TEST_TMPDIR/errors")" .
	fi
}

@test "the program's name is argv[0]'s last part" {
	ln -s "$BUILD/common_probe" "$BATS_TEST_TMPDIR/other name"
	capture "$BATS_TEST_TMPDIR/other name" fatal
	assert_stderr_line 'other name: object is wrong'
	ln -s "$BUILD/common_probe" "$BATS_TEST_TMPDIR/other.exe"
	capture "$BATS_TEST_TMPDIR/other.exe" fatal
	assert_stderr_line 'other: object is wrong'
}

# ---- reads and writes -------------------------------------------------------

@test "write_all and read_all survive a thousand signals a second" {
	head -c 3000001 /dev/urandom >"$BATS_TEST_TMPDIR/in"
	# a writer and a reader that stop now and then: reads wait, writes are short
	(head -c 1234567; sleep 0.05; cat) <"$BATS_TEST_TMPDIR/in" |
		bounded 20 common_probe copy |
		(dd bs=777 count=3 2>/dev/null; sleep 0.05; cat) >"$BATS_TEST_TMPDIR/out"
	printf 'operand copy\n' | cat - "$BATS_TEST_TMPDIR/in" |
		cmp - "$BATS_TEST_TMPDIR/out"
}

@test "read_all goes on after short reads" {
	(printf a; sleep 0.05; printf b; sleep 0.05; printf c) |
		bounded 20 common_probe copy >"$BATS_TEST_TMPDIR/out"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" $'operand copy\nabc'
}

@test "read_all and write_all tell what the system refused" {
	probe copy <"$BATS_TEST_TMPDIR"
	assert_equal "$status" 1
	assert_stderr_line 'common_probe: read: EISDIR (Is a directory)'
}

@test "a full disk is found out when stdout is closed" {
	[ -e /dev/full ] || skip 'this system has no /dev/full'
	run --separate-stderr bash -c 'common_probe remark >/dev/full 2>/dev/null'
	assert_failure 1
	run bash -c 'common_probe --help 2>&1 >/dev/full'
	assert_failure 1
	assert_output 'common_probe: write standard output: ENOSPC (No space left on device)'
	run bash -c 'common_probe --break=list 2>&1 >/dev/full'
	assert_failure 1
	assert_output 'common_probe: write standard output: ENOSPC (No space left on device)'
}

@test "an earlier failed write is not forgotten" {
	[ -e /dev/full ] || skip 'this system has no /dev/full'
	run bash -c 'common_probe earlier 2>&1 >/dev/full'
	assert_failure 1
	assert_output 'common_probe: write standard output: an earlier write failed'
}

@test "a closed standard output is an error and nothing else's descriptor" {
	run bash -c 'common_probe --version 2>&1 >&-'
	assert_failure 1
	assert_output 'common_probe: write standard output: EBADF (Bad file descriptor)'
	# the first file that is opened must not become standard output
	run bash -c 'common_probe remark --trace="$1" 2>/dev/null >&-' sh "$BATS_TEST_TMPDIR/trace"
	assert_failure 1
	assert_equal "$(cat "$BATS_TEST_TMPDIR/trace")" ''
}

# ---- options ----------------------------------------------------------------

@test "--help: stdout, exit 0, one screen, names the figure, has an example" {
	probe --help
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_regex "$output" 'Usage: common_probe \[OPTION\]\.\.\. WHAT'
	assert_regex "$output" $'\nCalls common/ for its tests\.\n'
	assert_regex "$output" $'\n  -n, --name=NAME  *a name\n'
	assert_regex "$output" $'\n  -V, --version  *show the version and exit\n'
	assert_regex "$output" 'Example: common_probe steps'
	[ "$(wc -l <<<"$output")" -le 24 ]
}

@test "--version: stdout, exit 0" {
	probe -V
	assert_equal "$status" 0
	assert_regex "$output" '^common_probe [0-9]+\.[0-9]+$'
}

@test "--break=list lists the defects; an unknown one is a usage error" {
	probe --break=list
	assert_equal "$status" 0
	assert_equal "$output" $'one            the first\ntwo            the second'
	probe --break=three
	assert_equal "$status" 2
	assert_stderr_line 'common_probe: --break=three: no such defect; --break=list lists them; see common_probe --help'
	probe -b one
	assert_equal "$output" 10
	assert_equal "$stderr" ''
	probe -b two
	assert_equal "$output" 01
	assert_equal "$(narrated "$stderr")" 'two: seen 2. It is the second.'
}

@test "usage errors name the option" {
	probe --foo
	assert_equal "$status" 2
	assert_regex "$stderr" "^common_probe: option '--foo' is unknown"
	probe -Z
	assert_equal "$status" 2
	assert_stderr_line "common_probe: unknown option '-Z'; see common_probe --help"
	probe --name
	assert_equal "$status" 2
	assert_stderr_line "common_probe: option '--name' needs an argument; see common_probe --help"
	probe -n
	assert_equal "$status" 2
	assert_stderr_line "common_probe: option '-n' needs an argument; see common_probe --help"
	probe --explain=yes
	assert_equal "$status" 2
	assert_regex "$stderr" "^common_probe: option '--explain=yes'"
}

@test "options and operands in any order, and -- ends the options" {
	probe remark --name=after
	assert_equal "$output" 'operand remark'
	assert_equal "$(narrated "$stderr")" after
	probe a -- --name -x
	assert_equal "$output" $'operand a\noperand --name\noperand -x'
	probe -- -- a
	assert_equal "$output" $'operand --\noperand a'
	probe -- a -- b
	assert_equal "$output" $'operand a\noperand --\noperand b'
	probe ''
	assert_equal "$output" 'operand '
}

@test "sizes" {
	probe --size=0 --size=1 --size=4096 --size=2KiB -S 3MiB -S 1GiB
	assert_equal "$output" $'0\n1\n4096\n2048\n3145728\n1073741824'
	local bad
	for bad in '' x -1 +1 ' 1' 1.5 0x10 1K 1kib 99999999999999999999 9000000000GiB 1KiBx; do
		probe --size="$bad"
		assert_equal "$status" 2
		assert_regex "$stderr" '^common_probe: --size='
		assert_equal "$output" ''
	done
}

@test "seconds" {
	probe --wait=0 --wait=0.25 --wait=.5 --wait=10
	assert_equal "$output" $'0\n0.25\n0.5\n10'
	local bad
	for bad in '' x -1 1e3 inf nan 0x1 1.2.3 . 1000001; do
		probe --wait="$bad"
		assert_equal "$status" 2
		assert_regex "$stderr" '^common_probe: --wait='
	done
}

@test "modes" {
	probe --mode=0 --mode=0600 --mode=777
	assert_equal "$output" $'0\n600\n777'
	local bad
	for bad in '' x -1 8 1000 0o600 000000; do
		probe --mode="$bad"
		assert_equal "$status" 2
		assert_regex "$stderr" '^common_probe: --mode='
	done
}

# ---- narration --------------------------------------------------------------

@test "silent but for its data without --explain" {
	probe steps
	assert_stderr_line 'common_probe: open /nonexistent: ENOENT (No such file or directory)'
}

@test "--explain: the statement as it stands in the source, the sentence, the result" {
	probe steps --explain
	assert_equal "$status" 1
	assert_equal "$output" 'operand steps'
	line_of() {
		grep -nF "$1" tests/common_probe.c | cut -d: -f1
	}
	sed 's/^probe\[[0-9]*\] //' "$BATS_TEST_TMPDIR/stderr" >"$BATS_TEST_TMPDIR/got"
	diff - "$BATS_TEST_TMPDIR/got" <<-END
		$(line_of 'int fd = open("/dev/null"'): int fd = open("/dev/null", O_RDONLY);
		  The first sentence.
		  -> 3
		$(line_of 'if (strcmp("a parenthesis'): if (strcmp("a parenthesis: (\\"\\\\", "a parenthesis: (") == 0
		|| strcmp(name, "the name") == 0)
		  A condition, over two lines, with "quotes" and a \\ in it.
		  -> false
		$(line_of 'close(fd);'): close(fd);
		  No result is told.
		$(line_of '	fd = open("/nonexistent"'): fd = open("/nonexistent", O_RDONLY);
		  A call that fails.
		  -> ENOENT (No such file or directory)
		common_probe: open /nonexistent: ENOENT (No such file or directory)
	END
}

@test "a narrated line is no wider than 80 columns and says who speaks" {
	probe two --explain
	refute_regex "$(grep -vE '^(parent|child)\[[0-9]+\] ' <<<"$stderr")" .
	# with the longest of process numbers
	assert_equal "$(awk '{ sub(/\[[0-9]*\]/, "[1234567]") } length > 80' <<<"$stderr")" ''
	# between words, where there are some
	local words
	words=$(printf 'abcdefg %.0s' {1..50})
	probe remark --name="${words% }"
	assert_equal "$(narrated "$stderr")" "${words% }"
	# a word longer than a line
	probe remark --name="$(printf 'x%.0s' {1..200})"
	assert_equal "$(awk 'length > 80' <<<"$stderr")" ''
	assert_equal "$(tr -cd x <<<"$stderr" | wc -c)" 200
}

@test "two processes that narrate at once don't break each other's lines" {
	probe two --explain --trace="$BATS_TEST_TMPDIR/trace"
	# every step of each speaker, whole and in a row
	local who
	for who in parent child; do
		assert_equal "$(grep -c "^$who\[[0-9]*\]   Both processes say" <<<"$stderr")" 3000
		assert_equal "$(grep -c "^$who\[[0-9]*\]   -> " <<<"$stderr")" 3000
		assert_equal "$(grep -c "\"role\":\"$who\"" "$BATS_TEST_TMPDIR/trace")" 3000
	done
	assert_equal "$(grep -vc '^{.*}$' "$BATS_TEST_TMPDIR/trace")" 0
}

@test "--step: Enter from standard input; its end runs on without waiting" {
	capture common_probe steps --step </dev/null
	assert_equal "$status" 1
	assert_regex "$stderr" 'A call that fails'

	# with the input open and no Enter it stays at the first step
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec 7<>"$BATS_TEST_TMPDIR/keys"
	start common_probe steps --step <"$BATS_TEST_TMPDIR/keys" \
		2>"$BATS_TEST_TMPDIR/said" >/dev/null
	eventually grep -q 'The first sentence' "$BATS_TEST_TMPDIR/said"
	assert_equal "$(grep -c -e '-> 3' "$BATS_TEST_TMPDIR/said")" 0
	echo >&7
	eventually grep -q 'A condition' "$BATS_TEST_TMPDIR/said"
	assert_equal "$(grep -c -e '-> 3' "$BATS_TEST_TMPDIR/said")" 1
	assert_equal "$(grep -c -e '-> false' "$BATS_TEST_TMPDIR/said")" 0
	exec 7>&-
	ended "${STARTED[0]}"
	assert_equal "$status" 1
	assert_regex "$(cat "$BATS_TEST_TMPDIR/said")" 'A call that fails'
}

@test "--delay takes decimals and implies --explain; a wrong one is refused" {
	local before=$SECONDS
	probe steps --delay=0.3
	assert_regex "$stderr" 'The first sentence'
	# four steps
	[ $((SECONDS - before)) -ge 1 ] # four steps
	probe steps --delay=soon
	assert_equal "$status" 2
}

@test "--trace: one JSON object a line, appended, without --explain" {
	local trace=$BATS_TEST_TMPDIR/trace
	local before after time
	before=$(date -u +%Y-%m-%dT%H:%M:%S)
	TZ=JST-9 probe steps --trace="$trace" --name=$'a"b\\c\td\xff\xc3\xa9'
	after=$(date -u +%Y-%m-%dT%H:%M:%S)
	time=$(sed -n '4s/.*"time":"\([^".]*\).*/\1/p' "$trace")
	[[ ! $time < $before && ! $time > $after ]]
	probe steps -t "$trace"
	assert_equal "$(wc -l <"$trace")" 8
	refute_regex "$stderr" 'sentence'
	local line
	line=$(sed -n 4p "$trace")
	assert_regex "$line" '^\{"time":"20[0-9-]+T[0-9:]+\.[0-9]{9}Z","pid":[0-9]+,"role":"probe","figure":"0\.0","file":"tests/common_probe\.c","line":[0-9]+,"statement":"fd = open\(\\u0022/nonexistent\\u0022, O_RDONLY\);","result":"ENOENT \(No such file or directory\)","sentence":"A call that fails\.","object":"a\\u0022b\\u005cc\\u0009d\\ufffd'$'\xc3\xa9''"\}$'
	# what is UTF-8 stays, what isn't goes: too long, surrogate, too large, cut
	probe steps -t "$trace" --name=$'\xe2\x82\xac\xf0\x9f\x98\x80'
	assert_regex "$(tail -n 1 "$trace")" $'"object":"\xe2\x82\xac\xf0\x9f\x98\x80"'
	local bad
	for bad in $'\xc0\x80' $'\xe0\x80\x80' $'\xed\xa0\x80' $'\xf0\x80\x80\x80' \
		$'\xf4\x90\x80\x80' $'\xe2\x82'; do
		probe steps -t "$trace" --name="${bad}x"
		assert_regex "$(tail -n 1 "$trace")" '"object":"(\\ufffd)+x"\}$'
	done
	assert_json "$trace"
}

@test "a trace that can't be written is an error before anything else" {
	probe steps --trace=/nonexistent/trace
	assert_equal "$status" 1
	assert_stderr_line 'common_probe: open /nonexistent/trace: ENOENT (No such file or directory)'
	[ -e /dev/full ] || skip 'this system has no /dev/full'
	probe steps --trace=/dev/full
	assert_equal "$status" 1
	assert_stderr_line 'common_probe: write /dev/full: ENOSPC (No space left on device)'
}

@test "colour only on a terminal, and never with NO_COLOR" {
	requires script
	local said=$BATS_TEST_TMPDIR/said
	on_terminal() {
		TERM=xterm bounded 20 script -qec "$1" "$said" >/dev/null </dev/null
	}
	on_terminal 'common_probe steps --explain' || true
	assert_regex "$(cat "$said")" $'\e\[1m'
	on_terminal 'NO_COLOR= common_probe steps --explain' || true
	refute_regex "$(cat "$said")" $'\e'
	on_terminal 'TERM=dumb common_probe steps --explain' || true
	refute_regex "$(cat "$said")" $'\e'
	probe steps --explain
	refute_regex "$stderr" $'\e'
}

@test "--step asks for Enter on a terminal" {
	requires script
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec 7<>"$BATS_TEST_TMPDIR/keys"
	printf '\n\n\n\n' >&7
	TERM=dumb bounded 20 script -qec 'common_probe steps --step' "$BATS_TEST_TMPDIR/said" \
		>/dev/null <"$BATS_TEST_TMPDIR/keys" 7>&- || true
	exec 7>&-
	assert_regex "$(cat "$BATS_TEST_TMPDIR/said")" '\[Enter\]'
}
