# bats file_tags=mach, lsmp
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# lsmp: the tasks, their names, and who holds the other side; once and live.

load helper

test_setup() {
	with_own_mach
	OUT=$BATS_TEST_TMPDIR/out
	LIVE=$BATS_TEST_TMPDIR/live
	mkfifo "$BATS_TEST_TMPDIR/keys"
}

# Ends the probe and the terminal.
test_teardown() {
	exec 7>&-
	end_watch
	[ -z "${TERMINAL-}" ] || tmux -S "$TERMINAL" kill-server 2>/dev/null || :
	wait
}

# Starts the two tasks of tests/mach_lsmp_probe.c, which stay until descriptor 7
# is closed.
two_tasks() {
	exec 7<>"$BATS_TEST_TMPDIR/keys"
	start mach_lsmp_probe "$@" <"$BATS_TEST_TMPDIR/keys" >"$OUT"
	PARENT=$!
	eventually grep -q ready "$OUT"
	CHILD=$(sed -n 's/^ready //p' "$OUT")
}

# Starts a live lsmp.
watch() {
	start lsmp --watch >"$LIVE"
	WATCH=$!
}

end_watch() {
	[ -z "${WATCH-}" ] || kill "$WATCH" 2>/dev/null || :
	WATCH=
}

# What lsmp has printed, the two tasks by their part.
table() {
	sed "s/mach_lsmp_probe\[$PARENT\]/PARENT/; s/mach_lsmp_probe\[$CHILD\]/CHILD/
		s/task $CHILD\$/task CHILD/" "$BATS_TEST_TMPDIR/stdout"
}

HEADING='  name     object rights    reqs refs   queue waits other side'

# ---- the table --------------------------------------------------------------

@test "names of every kind, full queues, who waits, who holds the other side" {
	two_tasks
	capture lsmp
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	diff - <(table) <<-END
		$HEADING
		PARENT
		  0x103         1 send              1               the kernel: this task
		  0x203         2 recv,send N       1     2/5       CHILD
		  0x303         3 send              1               the kernel: task CHILD
		  0x403           dead-name         1               nobody
		  0x503         5 recv,send D       1     1/1 2 snd nobody
		  0x603         6 port-set                    1 rcv 0x703 0x803
		  0x703         7 recv      P             0/5       nobody
		  0x803         8 recv                    0/5       nobody
		  0x903         9 recv                    0/5       the kernel, to notify
		                                                   in messages: 1
		  0xa03        10 send              1     0/5       in a message
		CHILD
		  0x103         3 send              1               the kernel: this task
		  0x203         2 send              1     2/5       PARENT
	END
	run awk 'length > 80 || / $/' "$BATS_TEST_TMPDIR/stdout"
	refute_output
}

@test "--brief leaves out the task's own port and the right to the bootstrap port, nothing else" {
	two_tasks
	lsmp | grep -vE '^  0x(103|203 +[0-9]+ send) ' >"$OUT.brief"
	capture lsmp --brief
	assert_equal "$status" 0
	diff "$OUT.brief" "$BATS_TEST_TMPDIR/stdout"
	assert_equal "$(wc -l <"$OUT.brief")" 13
}

@test "--pid: that process and its descendants, and the others' names still" {
	two_tasks
	capture lsmp -p "$CHILD"
	assert_equal "$status" 0
	diff - <(table) <<-END
		$HEADING
		CHILD
		  0x103         3 send              1               the kernel: this task
		  0x203         2 send              1     2/5       PARENT
	END
	capture lsmp --pid=$$
	diff <(lsmp) "$BATS_TEST_TMPDIR/stdout"
}

@test "--pid of what is no task: status 1, and nothing on stdout" {
	local pid
	two_tasks
	start sleep 60
	pid=$!
	capture lsmp --pid="$pid"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line "lsmp: --pid=$pid: neither this process nor a descendant is a task"
	kill "$pid"
	wait "$pid" || :
}

@test "a reply's right in a message, and then with the server" {
	exec 7<>"$BATS_TEST_TMPDIR/keys"
	start fig3_18_server --step <"$BATS_TEST_TMPDIR/keys" >"$OUT" 2>"$LIVE"
	local server=$! client
	echo >&7
	eventually grep -q 'port 0x' "$LIVE"
	start fig3_18_client --wait=10 >"$OUT.client"
	client=$!
	eventually in_table '1 rcv in messages: 1$'
	assert in_table "^  0x[0-9a-f]+ +[0-9]+ recv +1/5 +bootstrap_server\[[0-9]+\]\$"
	assert in_table "^ +fig3_18_client\[$client\]\$"
	assert in_table "^  0x[0-9a-f]+ +[0-9]+ send +1 +1/5 +fig3_18_server\[$server\]\$"
	echo >&7
	eventually in_table "1 rcv fig3_18_server\[$server\] once\$"
	assert in_table "^  0x[0-9a-f]+ +[0-9]+ send-once +1 +0/5 1 rcv fig3_18_client\[$client\]\$"
	exec 7>&-
	ended "$client"
	ended "$server"
}

in_table() {
	lsmp 2>&1 | grep -qE "$1"
}

@test "3,000 ports in a task are all listed" {
	two_tasks 3000
	lsmp >"$OUT.lsmp"
	assert_equal "$(grep -c ' recv .* nobody$' "$OUT.lsmp")" 3002
	assert_equal "$(grep -c ' the kernel: this task$' "$OUT.lsmp")" 2
}

# ---- looking changes nothing ------------------------------------------------

@test "no kernel: said, none started, and no directory made" {
	capture lsmp
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line "lsmp: no Mach kernel runs in $MACH_RUN_DIR; the first task starts it: fig3_18_server"
	assert_not_exist "$MACH_RUN_DIR"
}

@test "a kernel that was killed is none" {
	two_tasks
	kill -KILL "$(<"$MACH_RUN_DIR/pid")"
	capture lsmp
	assert_equal "$status" 1
	assert_regex "$stderr" '^lsmp: no Mach kernel runs in '
}

@test "looking is no task, and changes nothing" {
	two_tasks
	lsmp >"$OUT.before"
	watch
	eventually test -s "$LIVE"
	local i
	for ((i = 0; i < 20; i++)); do lsmp >/dev/null; done
	lsmp | diff "$OUT.before" -
	end_watch
	# one table, and the empty line behind it
	{ cat "$OUT.before" && echo; } | diff - "$LIVE"
}

@test "the kernel ends though somebody looks on" {
	two_tasks
	watch
	eventually grep -q port-set "$LIVE"
	exec 7>&-
	eventually last_shown '(no Mach kernel runs now)'
	assert_not_exist "$MACH_RUN_DIR/kernel"
}

@test "the kernel is killed and another comes: --watch goes on" {
	two_tasks
	watch
	eventually grep -q port-set "$LIVE"
	kill -KILL "$(<"$MACH_RUN_DIR/pid")"
	eventually last_shown '(no Mach kernel runs now)'
	exec 7>&-
	ended "$PARENT"
	rm "$OUT"
	two_tasks
	eventually last_shown "  0x203         2 send              1     2/5       mach_lsmp_probe[$PARENT]"
}

last_shown() {
	[ "$(tail -n 2 "$LIVE")" = "$1" ]
}

@test "another user is told nothing" {
	[ "$(id -u)" = 0 ] || skip 'needs root: to be another user'
	requires setpriv
	two_tasks
	chmod 711 "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_RUN_TMPDIR"
	capture setpriv --reuid=12345 --regid=12345 --clear-groups \
		"$(as_other_user lsmp)"
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_regex "$stderr" "^mach: $MACH_RUN_DIR is not a directory of this user's alone"
}

# ---- live, in a terminal ----------------------------------------------------

# A terminal of 80x24 that runs a command, and then waits.
open_terminal() {
	requires tmux
	TERMINAL=$BATS_TEST_TMPDIR/terminal
	tmux -S "$TERMINAL" -f /dev/null new-session -d -x 80 -y 24 \
		"trap : INT; $1; exec sleep 600" ';' set-option status off 3>&-
}

screen() {
	tmux -S "$TERMINAL" capture-pane -p 2>/dev/null
}

shows() {
	screen | grep -qF -e "$1"
}

shows_all() {
	lsmp | cmp -s - <(screen | sed '/^$/d')
}

# Whether the terminal does what stty calls so.
echoes() {
	stty -a <"$(tmux -S "$TERMINAL" display-message -p '#{pane_tty}')" |
		grep -q -- " $1 "
}

refute_shows() {
	! shows "$1"
}

@test "--watch draws in place, and leaves the terminal as it was" {
	open_terminal 'lsmp --watch'
	eventually shows '(no Mach kernel runs now)'
	two_tasks
	eventually shows_all
	assert_equal "$(tmux -S "$TERMINAL" display-message -p '#{cursor_flag}')" 0
	eventually echoes -echo
	exec 7>&-
	eventually refute_shows port-set
	eventually shows '(no Mach kernel runs now)'
	tmux -S "$TERMINAL" send-keys C-c
	eventually echoes echo
	assert_equal "$(tmux -S "$TERMINAL" display-message -p '#{cursor_flag}')" 1
}

@test "--watch in a window that is too small, and in one that grows" {
	two_tasks
	open_terminal 'lsmp --watch'
	eventually shows_all
	tmux -S "$TERMINAL" resize-window -x 40 -y 6
	eventually shows '... and 11 lines more'
	{ lsmp | head -n 5 | cut -c 1-40 | sed 's/ *$//' && echo '... and 11 lines more'; } |
		diff - <(screen)
	tmux -S "$TERMINAL" resize-window -x 100 -y 30
	eventually shows_all
}

# ---- errors -----------------------------------------------------------------

@test "usage errors" {
	local wrong
	for wrong in --pid=x --pid=0 --pid= --break=none operand; do
		capture lsmp "$wrong"
		assert_equal "$status" 2
		assert_stdout_bytes ''
	done
	capture lsmp --break=list
	assert_equal "$status" 0
	assert_stdout_bytes ''
}

@test "standard output that takes nothing" {
	[ -e /dev/full ] || skip 'this system has no /dev/full'
	two_tasks
	local option
	for option in --brief --watch; do
		run bash -c "lsmp $option 2>&1 >/dev/full"
		assert_failure 1
		assert_output --partial 'lsmp: write standard output: ENOSPC'
	done
}
