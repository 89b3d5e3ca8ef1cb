# bats file_tags=front,lecture
# `make lecture`, as the audience sees it: in a terminal of 80x24, which is a
# tmux of the test's own.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own

load helper

test_setup() {
	# Every tmux of the test has its socket here, the lecture's too.
	export TMUX_TMPDIR=$BATS_TEST_TMPDIR
	unset TMUX TMUX_PANE
	export TERM=screen
	sockets=$BATS_TEST_TMPDIR/tmux-$(id -u)
	plan=$BATS_TEST_TMPDIR/plan
	processes=()
	objects=()
}

# Shows what was on the screen of a test that failed, and leaves nothing.
test_teardown() {
	local file
	for file in "$BATS_TEST_TMPDIR"/*.terminal "$BATS_TEST_TMPDIR"/*/*.terminal; do
		[ -S "$file" ] || continue
		outer=$file
		screen 2>/dev/null || :
		outer kill-server 2>/dev/null || :
	done
	for file in "$sockets"/* "$BATS_TEST_TMPDIR"/*/tmux-*/*; do
		[ -S "$file" ] || continue
		tmux -S "$file" kill-server 2>/dev/null || :
	done
	for file in "${objects[@]+"${objects[@]}"}"; do rm -f "$file"; done
	while read -r file _; do kill -KILL "$file"; done < <(living)
}

# Writes the command of `make lecture FIG=$1`, without building anything.
plan_lecture() {
	make -n lecture FIG="$1" BUILD="$BUILD" |
		sed -n '/lecture\.sh/,$p' >"$plan"
	assert grep -q 'lecture\.sh' "$plan"
}

# ---- the terminal -----------------------------------------------------------

# The terminal that the functions below are about.
terminal() {
	outer=$BATS_TEST_TMPDIR/$1.terminal
}

outer() {
	tmux -S "$outer" "$@"
}

# Opens the terminal $1 and runs a shell script in it.
open_terminal() {
	requires tmux ps
	terminal "$1"
	echo 'set-option -g status off' >"$BATS_TEST_TMPDIR/conf"
	outer -f "$BATS_TEST_TMPDIR/conf" new-session -d -x 80 -y 24 \
		"$2; printf '\nterminal: status %s\n' \$?; exec sleep 600" 3>&-
}

screen() {
	outer capture-pane -p
}

shows() {
	screen | grep -qF -e "$1"
}

# ---- the lecture in it ------------------------------------------------------

# Opens the terminal $1 with the lecture in $plan, of 3.16 where there is none,
# and waits until its first program asks for Enter.
begin_lecture() {
	[ -s "$plan" ] || plan_lecture 3.16
	local others
	others=$(ls "$sockets" 2>/dev/null || :)
	open_terminal "$1" "sh '$plan'"
	eventually new_socket "$others"
	at_lecture "$socket"
	eventually pane_shows 0 '[Enter]'
}

# The same with the panes of 3.16, until all stand.
open_lecture() {
	begin_lecture "$1"
	eventually pane_shows 2 '(no object of this name now)'
}

# Whether there is a socket that was not among the names in $1; it is $socket.
new_socket() {
	local file
	for file in "$sockets"/ipc-lecture-*; do
		[ -S "$file" ] || continue
		grep -qxF "$(basename "$file")" <<<"$1" && continue
		socket=$file
		return 0
	done
	return 1
}

# The object that the lecture shall remove.
note_object() {
	object=$1
	objects+=("$1")
}

# The lecture that the functions below are about, by its socket.
at_lecture() {
	socket=$1
	lecture=${socket##*-}
	note_object "/dev/shm/OS-$(id -u)-$lecture"
}

inner() {
	tmux -S "$socket" "$@"
}

pane() {
	inner capture-pane -p -t ":.$1"
}

pane_shows() {
	pane "$1" | grep -qF -e "$2"
}

# How many times the program in pane $1 has asked for Enter.
prompts() {
	inner capture-pane -p -S - -t ":.$1" |
		grep -c -F -e '[Enter]' -e 'Enter closes' || :
}

prompted_more() {
	[ "$(prompts "$1")" -gt "$2" ]
}

# Enter in the pane $1, where the lecture is; until its program asks again, and
# the object's pane shows what has become of the object.
step() {
	local before
	before=$(prompts "$1")
	outer send-keys Enter
	eventually prompted_more "$1" "$before"
	eventually live_is_true
}

live_is_true() {
	[ "$(pane 2)" = "$(sh .make/look-shm.sh "${object#/dev/shm}")" ]
}

# Enter in the pane $1 until the pane $2 shows $3.
step_until() {
	local i
	for ((i = 0; i < 12; i++)); do
		if pane_shows "$2" "$3"; then return 0; fi
		step "$1"
	done
	fail "12 times Enter, and no $3"
}

# None of $1 panes, 3, has or had a line that was too long for it. (-J joins what
# was wrapped.)
nothing_wraps() {
	local i
	for ((i = 0; i < ${1:-3}; i++)); do
		assert_equal "$(inner capture-pane -p -S - -t ":.$i" | wc -l)" \
			"$(inner capture-pane -p -J -S - -t ":.$i" | wc -l)"
	done
}

# ---- what it leaves ---------------------------------------------------------

# Those of the lecture's processes that have not ended: number and start, for a
# number may soon be another's.
living() {
	LC_ALL=C ps -A -o pid= -o stat= -o lstart= | awk '$2 !~ /^Z/ { $2 = ""; print }' |
		grep -xF -e "$(printf '%s\n' "${processes[@]-none}")"
}

# Notes the processes $1 and all that they have started: they shall end.
note_processes() {
	local process
	while IFS= read -r process; do processes+=("$process"); done < <(
		LC_ALL=C ps -A -o pid= -o ppid= -o lstart= | awk -v roots="$1" '
			{
				parent[$1] = $2
				$2 = ""
				process[$1] = $0
			}
			END {
				n = split(roots, root)
				for (i = 1; i <= n; i++)
					ours[root[i]] = 1
				do {
					more = 0
					for (pid in parent)
						if (!(pid in ours) && parent[pid] in ours)
							more = ours[pid] = 1
				} while (more)
				for (pid in ours)
					if (pid in process)
						print process[pid]
			}'
	)
}

# The whole lecture's.
note_lecture() {
	note_processes "$lecture $(inner display-message -p '#{pid}')"
	# lecture.sh, tmux twice; in three panes two shells and what they run
	assert [ "${#processes[@]}" -ge 12 ]
}

nothing_is_left() {
	[ ! -e "$object" ] && [ ! -e "$socket" ] && [ -z "$(living)" ]
}

# ---- the tests --------------------------------------------------------------

@test "lecture: producer, consumer and object on 80x24, nothing wider" {
	open_lecture one
	run screen
	assert_line --index 0 --partial " fig3_16_producer --step --name=/OS-$(id -u)-$lecture "
	assert_output --partial ' fig3_17_consumer --step '
	assert_output --partial " live: the object $object "
	assert_output --partial 'Enter: next step'
	eventually sizes_are $'80x8 1\n80x7 0\n80x5 0'
	nothing_wraps
	step_until 0 2 complete,
	nothing_wraps
}

@test "lecture: Enter steps from the producer's first call to the end" {
	open_lecture one
	# The consumer comes first, and waits.
	eventually pane_shows 1 'Wait until a producer'
	inner send-keys -t :.1 Enter
	step_until 0 2 'unfinished, the message is being written'
	refute pane_shows 2 'Hello World!'
	step_until 0 2 '|Hello World!....|'
	assert pane_shows 2 'unfinished, the message is being written'
	refute pane_shows 1 'shm_open'
	step_until 0 2 'complete, a consumer may take the message'
	eventually pane_shows 1 'shm_open'
	step_until 0 0 'ended with status 0; Enter closes'

	# The producer has ended, Enter is the consumer's now.
	eventually active 1
	step_until 1 1 'Hello World!'
	run pane 1
	assert_line 'Hello World!'
	assert [ -e "$object" ]
	step_until 1 1 'ended with status 0; Enter closes'
	refute [ -e "$object" ]
	assert pane_shows 2 '(no object of this name now)'

	# What the audience has read is closed; with the last program, the lecture.
	note_processes "$lecture $(inner display-message -p '#{pid}')"
	outer send-keys Enter
	eventually panes_are 2
	outer send-keys Enter
	eventually shows 'terminal: status 0'
	eventually nothing_is_left
}

active() {
	[ "$(inner display-message -p '#{pane_index}')" = "$1" ]
}

# Width and height of each pane, and whether Enter is its. They are arranged after
# the programs have begun.
sizes_are() {
	[ "$(inner list-panes -F '#{pane_width}x#{pane_height} #{pane_active}')" = "$1" ]
}

panes_are() {
	[ "$(inner list-panes | wc -l)" -eq "$1" ]
}

@test "lecture: Tab goes to the next pane, Ctrl-C ends its program only" {
	open_lecture one
	step_until 0 2 complete,
	outer send-keys Tab
	eventually active 1
	outer send-keys C-c
	eventually pane_shows 1 'ended with status 130; Enter closes'
	eventually active 0
	step_until 0 0 'ended with status 0; Enter closes'
	assert pane_shows 2 complete,
}

@test "lecture: Enter in haste doesn't close what nobody has read" {
	open_lecture one
	outer send-keys -N 12 Enter
	eventually pane_shows 0 'ended with status 0; Enter closes'
	eventually active 1
	assert panes_are 3
}

@test "lecture: Ctrl-q ends it in the middle, with everything" {
	open_lecture one
	step_until 0 2 complete,
	note_lecture
	assert [ -e "$object" ]
	outer send-keys C-q
	eventually shows 'terminal: status 0'
	eventually nothing_is_left
}

@test "lecture: the window is closed in the middle, and nothing is left" {
	open_lecture one
	step_until 0 2 complete,
	note_lecture
	assert [ -e "$object" ]
	outer kill-server
	eventually nothing_is_left
}

@test "lecture: closed while the message is being written" {
	open_lecture one
	# The consumer comes first, and waits.
	eventually pane_shows 1 'Wait until a producer'
	inner send-keys -t :.1 Enter
	step_until 0 2 'unfinished, the message is being written'
	note_lecture
	assert [ -e "$object" ]
	outer kill-server
	eventually nothing_is_left
}

@test "lecture: lecture.sh is killed, then the window closed" {
	open_lecture one
	step_until 0 2 complete,
	note_lecture
	kill -KILL "$lecture"
	assert [ -e "$object" ]
	outer kill-server
	eventually nothing_is_left
}

@test "lecture: lecture.sh is killed, and the lecture goes on to its end" {
	open_lecture one
	note_processes "$lecture $(inner display-message -p '#{pid}')"
	kill -KILL "$lecture"
	inner send-keys -t :.1 C-c
	eventually pane_shows 1 'ended with status 130'
	inner send-keys -t :.0 -N 12 Enter
	eventually pane_shows 0 'ended with status 0'
	assert [ -e "$object" ]
	inner send-keys -t :.0 Enter
	eventually panes_are 2
	assert [ -e "$object" ]
	inner send-keys -t :.0 Enter
	eventually nothing_is_left
}

@test "lecture: SIGTERM for lecture.sh ends it, with everything" {
	open_lecture one
	step_until 0 2 complete,
	note_lecture
	kill -TERM "$lecture"
	eventually shows 'terminal: status'
	eventually nothing_is_left
}

@test "lecture: its tmux server is killed" {
	open_lecture one
	step_until 0 2 complete,
	note_lecture
	kill -KILL "$(inner display-message -p '#{pid}')"
	eventually nothing_is_left
}

@test "lecture: two at once, each with its object" {
	open_lecture one
	local first=$socket
	step_until 0 2 complete,
	open_lecture two
	assert_not_equal "$socket" "$first"
	step_until 0 2 'unfinished, the message is being written'
	note_lecture
	outer kill-server
	eventually nothing_is_left

	terminal one
	at_lecture "$first"
	note_lecture
	assert [ -e "$object" ]
	step_until 0 0 'ended with status 0'
	step_until 1 1 'Hello World!'
	outer kill-server
	eventually nothing_is_left
}

@test "lecture: the window changes its size, the object keeps its rows" {
	open_lecture one
	step_until 0 2 complete,
	outer resize-window -x 100 -y 40
	eventually heights_are '16 15 5'
	outer resize-window -x 72 -y 20
	eventually heights_are '6 5 5'
	eventually pane_shows 2 "$object" # drawn again, not wrapped
	assert pane_shows 2 'last 4 bytes: complete,'
}

heights_are() {
	[ "$(inner list-panes -F '#{pane_height}' | xargs)" = "$1" ]
}

@test "lecture: a path with spaces" {
	local place="$BATS_TEST_TMPDIR/it's a \"#{x}\" \$HOME; path"
	mkdir -p "$place"
	cp -R .make "$place"
	ln -s "$BUILD" "$place/build"
	cat >"$plan" <<-'END'
		BUILD=build sh .make/lecture.sh 3.16 3.16 \
			'fig3_16_producer --step --name=$OBJECT | fig3_17_consumer --step --name=$OBJECT --wait=60 | watch-shm $OBJECT'
	END
	cd "$place"
	open_lecture one
	step_until 0 2 complete,
	eventually heights_are '8 7 5'
}

# Enter in the first pane, until its program asks again.
step_pipes() {
	local before
	before=$(prompts 0)
	outer send-keys Enter
	eventually prompted_more 0 "$before"
}

# The ends that the live pane draws: "fd 3 fd 4 fd 3 fd 4".
ends_drawn() {
	[ "$(pane 1 | grep -o 'fd [0-9]*' | xargs)" = "$1" ]
}

@test "lecture: the pipe's ends, live, while parent and child take turns" {
	plan_lecture 3.21
	begin_lecture one
	eventually pane_shows 1 'no pipe: no process here holds an end of one'
	eventually sizes_are $'80x14 1\n80x7 0'
	step_pipes # pipe
	eventually ends_drawn 'fd 3 fd 4'
	step_pipes # fork
	eventually ends_drawn 'fd 3 fd 4 fd 3 fd 4'
	# parent and child close what they don't use, whoever comes first
	step_pipes
	step_pipes
	eventually ends_drawn 'fd 4 fd 3'
	step_pipes
	run inner capture-pane -p -S - -t :.0
	# one asks for Enter at a time, each below its own step, and both do
	run sed -nE 's/^(parent|child)\[[0-9]+\] [0-9]+:.*/\1/p; s/^\[Enter\].*/Enter/p' <<<"$output"
	assert_regex "$(xargs <<<"$output")" '^((parent|child) Enter ?)+$'
	assert_line parent
	assert_line child
	note_processes "$lecture $(inner display-message -p '#{pid}')"
	outer kill-server
	eventually nothing_is_left
}

# ---- 3.18 -------------------------------------------------------------------

# The lecture's Mach kernel is its own, and ends with it.
plan_mach_lecture() {
	[ "$(uname -s)" = Linux ] || skip 'macOS has its own lsmp'
	export MACH_RUN_DIR=$BATS_TEST_TMPDIR/mach
	plan_lecture "${1:-3.18}"
}

kernel_is_gone() {
	[ ! -e "$MACH_RUN_DIR/kernel" ]
}

# Enter in pane $1, until its program asks again or waits for the other one: the
# pane shows $2 then.
step_mach() {
	inner send-keys -t ":.$1" Enter
	eventually pane_shows "$1" "$2"
}

@test "lecture: server, client and live ports on 80x24, to the end" {
	plan_mach_lecture
	begin_lecture one
	eventually pane_shows 1 '[Enter]'
	eventually pane_shows 2 '(no Mach kernel runs now)'
	eventually sizes_are $'80x6 1\n80x6 0\n80x8 0'
	assert shows " fig3_18_server --step --name=org.ipc-figures.lecture-$lecture "
	assert shows ' live: tasks, and their ports '
	nothing_wraps
	step_mach 0 'Wait for a message'
	eventually pane_shows 2 'recv                    0/5       bootstrap_server['
	step_mach 1 'Make a port for the reply'
	eventually pane_shows 2 'send              1     0/5       fig3_18_server['
	step_mach 1 'Send the message'
	step_mach 1 'Wait for the reply'
	eventually pane_shows 2 'recv                    1/5       bootstrap_server['
	eventually pane_shows 2 'in messages: 1'
	step_mach 0 'Reply: the right'
	eventually pane_shows 2 'send-once         1     0/5       fig3_18_client['
	nothing_wraps
	inner send-keys -t :.1 Enter
	eventually pane_shows 2 '0/5 1 rcv fig3_18_server['
	refute pane_shows 2 ' more'
	step_mach 0 'Give the receive right back'
	eventually pane_shows 1 'reply 42'
	eventually pane_shows 1 'ended with status 0; Enter closes'
	step_mach 0 'ended with status 0; Enter closes'
	run inner capture-pane -p -S - -t :.0
	assert_line --regexp '^(\[Enter\] )?received 42$'
	note_processes "$lecture $(inner display-message -p '#{pid}')"
	outer send-keys Enter
	eventually panes_are 2
	outer send-keys Enter
	eventually shows 'terminal: status 0'
	eventually nothing_is_left
	eventually kernel_is_gone
}

@test "lecture: server and client are closed in the middle, and nothing is left" {
	plan_mach_lecture
	begin_lecture one
	step_mach 0 'Wait for a message'
	note_lecture
	outer kill-server
	eventually nothing_is_left
	eventually kernel_is_gone
}

# ---- the Mach demos: a program, and lsmp beneath it ----------------------------

# Enter in the program's pane, until it asks again; $1, if there is one, is what
# the live pane shows meanwhile.
step_demo() {
	local before
	before=$(prompts 0)
	outer send-keys Enter
	[ -z "${1-}" ] || eventually pane_shows 1 "$1"
	eventually prompted_more 0 "$before"
}

# The whole lecture $1. Where the program shows $2 for the first time, the live
# pane shows $3, and $4 after the next Enter. $5 stands on the screen at the end.
demo_lecture() {
	local i told='' looked=''
	test_setup # each lane has its own
	plan_mach_lecture "$1"
	begin_lecture "$1"
	assert shows " $1  "
	for ((i = 0; i < 40; i++)); do
		told=$(pane 0)
		case $told in *'ended with status'*) break ;; esac
		if [ -z "$looked" ] && grep -qF -e "$2" <<<"$told"; then
			looked=yes
			eventually pane_shows 1 "$3"
			step_demo "$4"
		else
			step_demo
		fi
		refute pane_shows 1 ' lines more'
	done
	assert_regex "$told" 'ended with status 0; Enter closes'
	assert grep -qF -e "$5" <<<"$told"
	assert [ -n "$looked" ]
	nothing_wraps 2
	# who asks for Enter is not interrupted
	refute grep -E '^\[Enter\] .' <(inner capture-pane -p -S - -t :.0 | sed 's/ *$//')

	note_processes "$lecture $(inner display-message -p '#{pid}')"
	outer send-keys Enter
	eventually shows 'terminal: status 0'
	eventually nothing_is_left
	eventually kernel_is_gone
}

demo_in_lane() {
	case $1 in
	1) demo_lecture task-ports 'Receive it.' 'in messages: 1' '' 'after mach_port_deallocate()' ;;
	2) demo_lecture send-rights 'message 2 to Q' 'send-once         1     1/5' '    2/5' 'nobody could send to P2 any more' ;;
	3) demo_lecture dead-names 'the server is killed' 'dead-name         2' '' 'given away: the server may receive' ;;
	4) demo_lecture fifo-order 'Receive what' '5/5 2 snd' '' 'came after one that was sent later' ;;
	5) demo_lecture full-queue 'First choice' '2/2       nobody' '2/2 1 snd' 'notification 66' ;;
	6) demo_lecture out-of-line '[Enter]' ' recv ' '' 'ended with status 0' ;;
	7) demo_lecture port-sets 'Give the client' '0x403 0x503' '' 'where nobody can send any more' ;;
	esac
}

@test "lecture: each Mach demo on 80x24, and its live ports, from the first Enter to the last" {
	[ "$(uname -s)" = Linux ] || skip 'macOS has its own lsmp'
	requires tmux ps
	lanes 7 demo_in_lane
}

@test "lecture: a demo's two tasks end by Ctrl-C, or with the window" {
	local key
	plan_mach_lecture send-rights
	for key in C-c close; do
		begin_lecture "$key"
		step_demo
		step_demo
		eventually pane_shows 1 'rcv'
		note_processes "$lecture $(inner display-message -p '#{pid}')"
		# lecture.sh, tmux twice; in two panes two shells and what they run, and
		# the other task
		assert [ "${#processes[@]}" -ge 10 ]
		if [ "$key" = close ]; then
			outer kill-server
		else
			outer send-keys C-c
			eventually pane_shows 0 'ended with status 130; Enter closes'
			eventually pane_shows 1 '(no task now)'
			outer send-keys Enter
			eventually shows 'terminal: status 0'
		fi
		eventually nothing_is_left
		eventually kernel_is_gone
	done
}

# ---- 3.19 -------------------------------------------------------------------

plan_alpc_lecture() {
	[ "$(uname -s)" = Linux ] || skip 'ALPC runs on Linux alone'
	export TMPDIR=$BATS_TEST_TMPDIR # its ports have their names there
	plan_lecture 3.19
}

names_of_ports() {
	find "$BATS_TEST_TMPDIR" -name 'alpc-*'
}

# Enter in pane $1, until that shows $2; the live pane then shows $3.
step_alpc() {
	inner send-keys -t ":.$1" Enter
	eventually pane_shows "$1" "$2"
	[ -z "${3-}" ] || eventually pane_shows 2 "$3"
}

@test "lecture: 3.19 drawn live, from both processes' sockets and memory, to the end" {
	requires ss
	plan_alpc_lecture
	begin_lecture one
	eventually pane_shows 1 '[Enter]'
	eventually sizes_are $'80x7 1\n80x6 0\n80x7 0'
	assert shows " fig3_19_alpc_server --step --clients=1 --name=lecture-$lecture "
	eventually pane_shows 2 '  server '
	# Tab goes past the live pane
	outer send-keys Tab
	eventually active 1
	outer send-keys Tab
	eventually active 0
	step_alpc 0 'Wait for the next message' '  no request'
	inner send-keys -t :.1 Enter
	eventually pane_shows 2 '-- connection request ->  connection port, fd '
	assert pane_shows 2 '  a request waits'
	nothing_wraps
	step_alpc 0 'Accept it' '    <---------------------->  communication port, fd '
	inner send-keys -t :.0 Enter
	eventually pane_shows 1 'Set up a section'
	step_alpc 1 'Map a view' 'section of 1048576 bytes      00 00 00 00 00 00 ...'
	step_alpc 1 'Write the bytes'
	step_alpc 1 'Send a small message' '  00 9e 3c da 78 17 ...'
	assert pane_shows 2 '  no message                                            no message'
	refute pane_shows 2 'both have it'
	inner send-keys -t :.1 Enter
	eventually pane_shows 2 '  no message                                            a message waits'
	step_alpc 0 'Give the view back' '<---- both have it ---->    at 0x'
	nothing_wraps
	step_alpc 0 'Answer.'
	step_alpc 0 'Wait for the next message'
	eventually pane_shows 1 'Close the port.'
	step_alpc 1 'ended with status 0; Enter closes' '(no client now)'
	step_alpc 0 'close the server'
	step_alpc 0 'Close the connection port'
	step_alpc 0 'ended with status 0; Enter closes' '(neither server nor client now)'
	run inner capture-pane -p -S - -t :.1
	assert_line '4096 bytes, cksum 2321133921'
	note_processes "$lecture $(inner display-message -p '#{pid}')"
	inner send-keys -t :.0 Enter
	eventually panes_are 2
	inner send-keys -t :.0 Enter
	eventually shows 'terminal: status 0'
	eventually nothing_is_left
	assert_equal "$(names_of_ports)" ''
}

@test "lecture: 3.19 is closed in the middle, and no port's name is left" {
	plan_alpc_lecture
	begin_lecture one
	step_alpc 0 'Wait for the next message' 'connection port'
	inner send-keys -t :.1 Enter
	eventually pane_shows 2 'a request waits'
	note_lecture
	assert [ -n "$(names_of_ports)" ]
	outer kill-server
	eventually nothing_is_left
	assert_equal "$(names_of_ports)" ''
}

@test "lecture: 3.19 without a terminal draws the figure at the end" {
	plan_alpc_lecture
	capture sh "$plan" </dev/null
	assert_equal "$status" 0
	assert_stdout_line 'section: 4096 bytes are more than 256: in the section of 1048576'
	assert_stdout_line '4096 bytes, cksum 2321133921'
	assert_regex "$output" 'client [0-9]+: section, 4096 bytes, cksum 2321133921'
	assert_regex "$output" 'client [0-9]+: left'
	# shellcheck disable=SC2154 # capture sets it
	assert_regex "$stderr" 'connection port, fd [0-9]+
  +no request'
	assert_regex "$stderr" '<------- 1048576 bytes -------->'
	assert_equal "$(names_of_ports)" ''
}

# Enter in the only terminal until it shows $1.
enter_until() {
	local i
	for ((i = 0; i < 1000; i++)); do
		if shows "$1"; then return 0; fi
		outer send-keys Enter
		sleep 0.05
	done
	fail "Enter, and no $1"
}

# What runs in the only terminal.
note_terminal() {
	note_processes "$(outer display-message -p '#{pane_pid}')"
	socket=$BATS_TEST_TMPDIR/none
	note_object "$BATS_TEST_TMPDIR/none"
}

@test "lecture: without tmux the server and its client take turns in one terminal" {
	plan_mach_lecture
	open_terminal one "PATH='$(path_without_tmux)' sh '$plan'"
	eventually shows '[Enter]'
	refute shows 'client['
	enter_until 'client['
	# the client came when the server waited, and the ports were shown then
	run screen
	assert_output --regexp 'Wait for a message.*fig3_18_server\[[0-9]+\].* 0/5 1 rcv bootstrap_server\[.*client\['
	enter_until 'terminal: status 0'
	run outer capture-pane -p -S -
	assert_line --regexp '^(\[Enter\] )?received 42$'
	assert_line --regexp '^(\[Enter\] )?reply 42$'
	assert_output --partial 'Give the receive right back'
	eventually kernel_is_gone
}

no_server() {
	! lsmp 2>/dev/null | grep -q fig3_18_server
}

@test "lecture: one terminal with a server, closed, and Ctrl-C: nothing is left" {
	local key
	plan_mach_lecture
	path_without_tmux >/dev/null
	for key in C-c close; do
		open_terminal "$key" "trap : INT; PATH='$BATS_TEST_TMPDIR/bin' sh '$plan'"
		enter_until 'client['
		note_terminal
		if [ "$key" = close ]; then
			outer kill-server
		else
			outer send-keys C-c
			eventually shows 'terminal: status 130'
			eventually no_server
			outer kill-server
		fi
		eventually nothing_is_left
		eventually kernel_is_gone
	done
}

@test "lecture: no terminal: server and client, stdout has the figure's data only" {
	plan_mach_lecture
	capture sh "$plan" </dev/null
	assert_equal "$status" 0
	printf 'received 42\nreply 42\n' | diff - <(sort "$BATS_TEST_TMPDIR/stdout")
	# shellcheck disable=SC2154 # capture sets it
	assert_regex "$stderr" '^lecture: there is no terminal; the programs run one after another
.*
  0x403  .* recv .* 0/5 1 rcv bootstrap_server\[.*
client\[.*bootstrap_look_up'
	eventually kernel_is_gone
}

@test "lecture: no terminal: a server that fails has no client" {
	export MACH_RUN_DIR=$BATS_TEST_TMPDIR/mach
	capture sh .make/lecture.sh 1 1 'serve fig3_18_server --name= | fig3_18_client --wait=3600' </dev/null
	assert_equal "$status" 2
	assert_stdout_bytes ''
	refute grep -q bootstrap_look_up <<<"$stderr"
}

@test "lecture: no terminal: a client that fails leaves no server" {
	export MACH_RUN_DIR=$BATS_TEST_TMPDIR/mach
	marks_processes
	# shellcheck disable=SC2016 # the lecture expands it
	capture sh .make/lecture.sh 1 1 'serve fig3_18_server --name=$SERVICE | fig3_18_client --name=$SERVICE --break=no-bits' </dev/null
	assert_equal "$status" 1
	assert_stdout_bytes ''
	eventually nobody_left
}

@test "lecture: 3.20 leaves the drawing to the live pane" {
	plan_lecture 3.20
	begin_lecture one
	step_pipes
	step_pipes
	eventually ends_drawn 'fd 3 fd 4 fd 3 fd 4'
	refute pane_shows 0 'after fork()'
	note_processes "$lecture $(inner display-message -p '#{pid}')"
	outer kill-server
	eventually nothing_is_left
}

@test "lecture: 3.20 without tmux draws by itself" {
	plan_lecture 3.20
	open_terminal one "PATH='$(path_without_tmux)' sh '$plan'"
	eventually shows '[Enter]'
	outer send-keys Enter
	eventually shows 'after pipe()'
	note_processes "$(outer display-message -p '#{pane_pid}')"
	socket=$BATS_TEST_TMPDIR/none
	note_object "$BATS_TEST_TMPDIR/none"
	outer kill-server
	eventually nothing_is_left
}

# A PATH with what the lecture needs, without tmux.
path_without_tmux() {
	local tool
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	for tool in sh awk cat cut dirname grep id ls od rm sleep stty tput tr; do
		ln -s "$(command -v "$tool")" "$BATS_TEST_TMPDIR/bin/$tool"
	done
	echo "$BATS_TEST_TMPDIR/bin"
}

@test "lecture: without tmux, one terminal" {
	plan_lecture 3.16
	open_terminal one "PATH='$(path_without_tmux)' sh '$plan'"
	eventually shows 'lecture: no tmux (make setup installs it); the programs run one after another'
	eventually shows '[Enter]'
	local i
	for ((i = 0; i < 12; i++)); do outer send-keys Enter; done
	eventually shows 'terminal: status 0'
	run outer capture-pane -p -S -
	assert_line --regexp '^(\[Enter\] )?Hello World!$'
	assert_output --partial '|Hello World!....|'
	note_object "$(grep -o '/dev/shm/OS-[0-9-]*' <<<"$output")"
	refute [ -e "$object" ]
}

@test "lecture: one terminal that is closed in the middle" {
	plan_lecture 3.16
	open_terminal one "PATH='$(path_without_tmux)' sh '$plan'"
	eventually shows '[Enter]'
	outer send-keys -N 8 Enter
	eventually shows 'consumer['
	note_processes "$(outer display-message -p '#{pane_pid}')"
	note_object "/dev/shm$(ps -o args= -p "${processes[*]%% *}" | grep -o '/OS-[0-9-]*')"
	assert [ -e "$object" ]
	socket=$BATS_TEST_TMPDIR/none
	outer kill-server
	eventually nothing_is_left
}

@test "lecture: no terminal: stdout has the figure's data only" {
	plan_lecture 3.16
	capture sh "$plan" </dev/null
	assert_equal "$status" 0
	assert_stdout_bytes 'Hello World!'
	# shellcheck disable=SC2154 # capture sets it
	assert_equal "${stderr%%$'\n'*}" \
		'lecture: there is no terminal; the programs run one after another'
	assert_regex "$stderr" '\|Hello World!\.\.\.\.\|'
	note_object "$(grep -o '/dev/shm/OS-[0-9-]*' <<<"$stderr")"
	refute [ -e "$object" ]
}

@test "lecture: no terminal: after a failure nobody waits for it" {
	# shellcheck disable=SC2016 # the lecture expands it
	capture sh .make/lecture.sh 1 1 'fig3_16_producer --size=1 --name=$OBJECT | fig3_17_consumer --wait=3600 --name=$OBJECT' </dev/null
	assert_equal "$status" 1
	assert_stdout_bytes ''
}

@test "lecture: no terminal: the object goes after a failure, too" {
	# shellcheck disable=SC2016
	capture sh .make/lecture.sh 1 1 'fig3_16_producer --name=$OBJECT | fig3_17_consumer --break=readwrite-map --name=$OBJECT | watch-shm $OBJECT' </dev/null
	assert_equal "$status" 1
	note_object "$(grep -o '/dev/shm/OS-[0-9-]*' <<<"$stderr")"
	assert_regex "$object" '^[^ ]+$'
	refute [ -e "$object" ]
}

@test "lecture: no figure, or one without a lecture: usage, exit 2" {
	local figure
	plan_lecture ''
	capture sh "$plan"
	assert_equal "$status" 2
	assert_stdout_bytes ''
	assert_equal "${stderr%%$'\n'*}" 'lecture: for example make lecture FIG=3.16; there is one for'
	assert_equal "$(tail -n +2 <<<"$stderr" | xargs)" \
		"3.16 3.17 3.18 3.19 3.20 3.21 3.22 3.23 3.24 3.25 dead-names fifo-order \
full-queue out-of-line port-sets send-rights task-ports"
	refute grep -E '.{81}| $' <<<"$stderr"
	for figure in 9.99 3 '3.16 3.16' '*'; do
		capture sh .make/lecture.sh "$figure" '3.16 3.18' ''
		assert_equal "$status" 2
		assert_stdout_bytes ''
		assert_stderr_line "lecture: there is none for $figure; for example make lecture FIG=3.16; there is one for
  3.16 3.18"
	done
}

# ---- look-shm ---------------------------------------------------------------

@test "look-shm: no object, no bytes, few bytes, many" {
	[ -d /dev/shm ] || skip 'needs Linux: /dev/shm'
	local file=/dev/shm/$TAG
	look() {
		run sh .make/look-shm.sh "/$TAG"
		echo "$output"
		assert_success
	}
	look
	assert_output '(no object of this name now)'

	: >"$file"
	look
	assert_line --index 0 "$(ls -l "$file")"
	assert_line --index 1 '(no bytes yet)'
	assert_equal "${#lines[@]}" 2

	printf 'a\tb' >"$file"
	look
	assert_line --index 1 '0000  61 09 62                                          |a.b|'
	assert_equal "${#lines[@]}" 2

	printf 'Hello World!\0\0\0\0abcdefghijklmnop\0\0\0\0\200\377\001\005\0\0\0q' >"$file"
	look
	assert_line --index 1 '0000  48 65 6c 6c 6f 20 57 6f  72 6c 64 21 00 00 00 00  |Hello World!....|'
	assert_line --index 2 '0010  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  |abcdefghijklmnop|'
	assert_equal "${#lines[@]}" 5
	rm "$file"
}
