#!/bin/sh
# Shows a figure in a lecture: each of its programs in a pane of its own, and
# the live kernel object beneath them.
#
#	BUILD=build sh .make/lecture.sh FIGURE "FIGURES" "COMMAND | COMMAND ..."
#
# FIGURES are those that have a lecture. The first word of a command is a
# program in $BUILD or one of these, which show live state:
#
#	watch-shm NAME			a shared-memory object
#	watch-pipes			the pipes of the program in the first pane
#	watch-lsmp ROWS [OPTION...]	the Mach tasks of the lecture, and their
#					ports, as lsmp shows them
#	watch-alpc NAME			the ALPC ports and sections of the lecture's
#					programs, drawn as figure 3.19
#
# A lecture has one of these at most, in the last pane. A first word "serve" stands before a program that serves the one after it:
# where there is one terminal, the two run at the same time.
#
# In a command, $OBJECT is the name of a shared-memory object that no other
# lecture uses, $SERVICE such a name for the bootstrap server, $PORT one for an
# ALPC port. $QUIET is --quiet where a pane shows the live state, and $DRAW is
# --diagram where there is none, so that the program has to do that itself.
#
# The panes belong to a tmux server of their own, so that the user's server and
# configuration are neither needed nor touched. Where there can be no panes, the
# programs run in this terminal, one after another.
set -u

SHM_ROWS=5     # what look-shm.sh prints
PIPES_ROWS=7   # what fig3_20_descriptors draws of one pipe
ALPC_ROWS=7    # what look-alpc.sh prints
PROGRAM_ROWS=4 # fewer can't show a step

say() {
	printf 'lecture: %s\n' "$*" >&2
}

# Removes the lecture's object, and with it its memory; and where its ALPC ports
# have their names.
remove_object() {
	rm -rf "$ALPC_RUN_DIR" 2>/dev/null
	if [ -d /dev/shm ]; then
		rm -f "/dev/shm$OBJECT"
	elif [ -x "$BUILD/fig3_17_consumer" ]; then
		# Where an object is no file, it takes a program to unlink it.
		"$BUILD/fig3_17_consumer" --name="$OBJECT" >/dev/null 2>&1
	fi
}

# Runs a command of a lecture, given as words.
run() {
	program=$1
	shift
	case $program in
	serve) run "$@" ;;
	watch-shm) sh "$HERE/watch.sh" sh "$HERE/look-shm.sh" "$@" ;;
	watch-pipes)
		sh "$HERE/watch.sh" "$BUILD/fig3_20_descriptors" \
			--pid="$(first_process)"
		;;
	watch-lsmp)
		shift # its rows
		"$BUILD/lsmp" --watch "$@" \
			--pid="$(tmux display-message -p '#{pid}')"
		;;
	watch-alpc) sh "$HERE/watch.sh" sh "$HERE/look-alpc.sh" "$@" ;;
	*) "$BUILD/$program" "$@" ;;
	esac
}

# What a pane's border says of its command, given as words. It is also how the
# panes know each other: by "live:", "ended:", or neither, a program that runs.
title_of() {
	case $1 in
	watch-shm) echo "live: the object /dev/shm$2" ;;
	watch-pipes) echo 'live: pipes, and who holds their ends' ;;
	watch-lsmp) echo 'live: tasks, and their ports' ;;
	watch-alpc) echo 'live: the figure, from the sockets and memory of both' ;;
	serve) shift && echo "$*" ;;
	*) echo "$*" ;;
	esac
}

# Calls a function at the end, also when that is a signal. More than one may
# come when a window is closed: the second must not end what the first began.
end_on_signals() {
	# shellcheck disable=SC2064 # the function's name is known now
	trap "trap '' HUP INT TERM; $1" EXIT
	trap 'trap "" HUP INT TERM; exit 129' HUP
	trap 'trap "" HUP INT TERM; exit 130' INT
	trap 'trap "" HUP INT TERM; exit 143' TERM
}

# ---- in a pane --------------------------------------------------------------

# The other panes but those of live objects: id and title.
other_programs() {
	tmux list-panes -s -F '#{pane_id} #{pane_title}' 2>/dev/null |
		grep -v -e "^$TMUX_PANE " -e '^[^ ]* live:'
}

# Whether Enter comes to this pane.
is_active() {
	[ "$(tmux display-message -p -t "$TMUX_PANE" '#{pane_active}')" = 1 ]
}

# The process that runs the program of the first pane.
first_process() {
	tmux list-panes -F '#{pane_pid}' | head -n 1
}

# The last program's pane ends the lecture. So does the end of the session,
# whatever its cause: then no other pane is found. The object is removed here
# too, since lecture.sh itself may have been killed; each pane does that when
# its own program is dead, so that whoever is last removes what another's
# program made.
leave_pane() {
	if [ -z "$(other_programs)" ]; then
		tmux kill-session 2>/dev/null
		remove_object
		rm -f "${TMUX%%,*}"
	fi
}

# Runs a command, given as one string, and stays until the audience has read
# how it ended.
pane() {
	end_on_signals leave_pane
	trap : INT QUIT # Ctrl-C and Ctrl-\ are for the program

	eval "run $1"
	status=$?

	# Whoever presses Enter here goes on to the next program that runs.
	title=$(eval "title_of $1")
	tmux select-pane -t "$TMUX_PANE" -T "ended: $title"
	if is_active; then
		next=$(other_programs | grep -v '^[^ ]* ended:' | head -n 1)
		[ -z "$next" ] || tmux select-pane -t "${next%% *}"
	fi
	# An Enter too many, typed ahead, is not for what follows.
	modes=$(stty -g)
	stty -icanon -echo min 0 time 2
	dd bs=512 count=1 >/dev/null 2>&1
	stty "$modes"
	printf '\033[7m ended with status %s; Enter closes \033[0m ' "$status"
	read -r _

	# The next Enter closes another program's pane: a live one needs none.
	next=$(other_programs | head -n 1)
	if [ -n "$next" ] && is_active; then
		tmux select-pane -t "${next%% *}"
	fi
}

# Gives the panes their rows, from the top: a live object what it needs, the
# programs the same number each.
arrange() {
	rows=$(tmux display-message -p '#{window_height}')
	tmux list-panes -F '#{pane_id} #{pane_title}' |
		awk -v rows="$rows" -v live="$LIVE_ROWS" '
			{
				id[NR] = $1
				height[NR] = $2 == "live:" ? live : 0
			}
			END {
				left = rows
				for (i = 1; i <= NR; i++) {
					left -= 1 + height[i] # 1: its title
					programs += height[i] == 0
				}
				for (i = 1; i <= NR; i++)
					if (height[i] == 0) {
						height[i] = int((left + programs - 1) / programs)
						left -= height[i]
						programs--
					}
				for (i = 1; i <= NR; i++)
					print id[i], height[i]
			}' |
		while read -r id height; do
			tmux resize-pane -t "$id" -y "$height"
		done
}

# ---- the lecture ------------------------------------------------------------

# The live command, or nothing.
live_command() {
	IFS='|'
	for command in $PANES; do
		unset IFS
		case $command in
		*watch-*) echo "$command" ;;
		esac
	done
}

# How many rows the live command's picture, given as words, has.
rows_of() {
	case ${1-} in
	watch-shm) echo $SHM_ROWS ;;
	watch-pipes) echo $PIPES_ROWS ;;
	watch-lsmp) echo "$2" ;;
	watch-alpc) echo $ALPC_ROWS ;;
	*) echo -1 ;; # not even a title
	esac
}

# Sets $why to the reason why there can be no panes here, or to nothing.
check_panes() {
	why=
	needed=$((1 + 1 + LIVE_ROWS))
	IFS='|'
	for command in $PANES; do
		case $command in
		*watch-*) ;;
		*) needed=$((needed + 1 + PROGRAM_ROWS)) ;;
		esac
	done
	unset IFS
	if ! [ -t 0 ] || ! [ -t 1 ]; then
		why='there is no terminal'
		return
	fi
	# A terminal that doesn't know its size says 0.
	rows=$(stty size | cut -d ' ' -f 1)
	if ! command -v tmux >/dev/null 2>&1; then
		why='no tmux (make setup installs it)'
	elif ! tput clear >/dev/null 2>&1; then
		why="tmux can't draw on TERM=${TERM-}"
	elif [ "${rows:-0}" -gt 0 ] && [ "$rows" -lt "$needed" ]; then
		why="panes need $needed rows, here are $rows"
	fi
}

# Runs the programs one after another, with a look at the object in between.
in_one_terminal() {
	end_on_signals end_in_one_terminal
	server=
	previous=
	DRAW=--diagram
	IFS='|'
	for command in $PANES; do
		unset IFS
		case $command in
		*watch-*) continue ;;
		esac
		[ -z "$previous" ] || show_object
		# After a failure the next one would wait for nothing.
		case $command in
		*serve\ *) eval "start $command" || exit ;;
		*) eval "run $command" || exit ;;
		esac
		previous=$command
	done
	if [ -n "$server" ]; then
		wait "$server"
		status=$?
		server=
		return $status
	fi
}

# Starts a server, given as words, and waits until it waits for its client, or
# has ended. They take turns at the terminal.
start() {
	program=$2
	shift 2
	exec 3<&0 # a background program's input would be /dev/null
	"$BUILD/$program" "$@" <&3 3<&- &
	server=$!
	exec 3<&-
	until is_waiting "$server"; do
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1 2>/dev/null || sleep 1
	done
	kill -0 "$server" 2>/dev/null || wait "$server"
}

# Whether the server can be seen to wait. Where it can't, its client waits for it.
is_waiting() {
	case $(live_command) in
	*watch-alpc*)
		sh "$HERE/look-alpc.sh" "$PORT" 2>/dev/null |
			grep -q 'connection port'
		;;
	*)
		! [ -x "$BUILD/lsmp" ] || "$BUILD/lsmp" --pid="$1" 2>/dev/null |
			grep -q ' recv .* rcv '
		;;
	esac
}

# The shell lets no Ctrl-C through to a background program.
end_in_one_terminal() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	remove_object
}

# Shows the object, or the tasks, where there are such, once and on stderr:
# stdout is for the figure's data.
show_object() {
	live=$(live_command)
	case $live in
	*watch-shm*) sh "$HERE/look-shm.sh" "$OBJECT" >&2 ;;
	*watch-lsmp*) "$BUILD/lsmp" --brief --pid=$$ >&2 ;;
	*watch-alpc*) sh "$HERE/look-alpc.sh" "$PORT" >&2 ;;
	esac
}

# Whatever ends the lecture ends its server, and so the panes.
end_lecture() {
	tmux -L "$SERVER" kill-server 2>/dev/null
	wait
	remove_object
	rm -f "${TMUX_TMPDIR:-/tmp}/tmux-$(id -u)/$SERVER"
}

# Opens a pane for each command.
in_panes() {
	unset TMUX TMUX_PANE
	SERVER=ipc-lecture-$$
	QUIET=--quiet
	case $FIGURE in
	[0-9]*) name="Figure $FIGURE" ;;
	*) name=$FIGURE ;;
	esac
	hint=' Enter: next step | Tab or click: next pane | Ctrl-q: end '
	# shellcheck disable=SC2016 # expanded later, whatever the path may hold
	arrange='sh "$LECTURE" --arrange'

	# With destroy-unattached, closing the window ends the session. It comes
	# first, and the session begins attached: there is no moment in which the
	# session could stay alone.
	IFS='|'
	set --
	for command in $PANES; do
		unset IFS
		title=$(eval "title_of $command")
		if [ $# -eq 0 ]; then
			set -- new-session -s lecture -n "$FIGURE" \
				sh "$LECTURE" --pane "$command" ';' \
				set-option destroy-unattached on
		else
			set -- "$@" ';' split-window \
				sh "$LECTURE" --pane "$command" ';' \
				select-layout even-vertical
		fi
		set -- "$@" ';' select-pane -T "$title"
	done
	set -- "$@" ';' \
		set-option status-style reverse ';' \
		set-option status-left " $name " ';' \
		set-option status-left-length 20 ';' \
		set-option status-right "$hint" ';' \
		set-option status-right-length 60 ';' \
		set-option -g window-status-format '' ';' \
		set-option -g window-status-current-format '' ';' \
		set-option mouse on ';' \
		set-option -w pane-border-status top ';' \
		set-option -w pane-border-style default ';' \
		set-option -w pane-active-border-style default ';' \
		set-option -w pane-border-format \
		'#{?pane_active,#[reverse],#[bold]} #{pane_title} #[default]' ';' \
		bind-key -n Tab select-pane -t :.+ '\;' \
		if-shell -F '#{m:live:*,#{pane_title}}' 'select-pane -t :.+' ';' \
		bind-key -n C-q detach-client ';' \
		select-pane -t :.0 ';' \
		set-hook -g client-resized "run-shell '$arrange'" ';' \
		run-shell "$arrange"

	end_on_signals end_lecture
	# In the background, so that a signal is heard at once. The terminal has
	# to be given to it, or its input would be /dev/null.
	exec 3<&0
	tmux -L "$SERVER" -f /dev/null "$@" <&3 3<&- &
	wait $!
}

set -f # a command's words are no patterns

# What the lecture below exports, these find in their environment.
case ${1-} in
--pane)
	# The end of the session is a SIGHUP for this process alone, the leader of
	# its terminal. When it dies, its program gets one too; but a shell with a
	# trap dies after its program. So the trap for SIGHUP is in a child.
	trap : INT QUIT
	(pane "$2")
	exit
	;;
--arrange)
	arrange
	exit
	;;
esac

FIGURE=$1
FIGURES=$2
PANES=$3

known=
for figure in $FIGURES; do
	[ "$figure" != "$FIGURE" ] || known=yes
done
if [ -z "$known" ]; then
	say "${FIGURE:+there is none for $FIGURE; }for example" \
		"make lecture FIG=3.16; there is one for"
	echo "$FIGURES" | fold -s -w 78 | sed 's/^/  /; s/ *$//' >&2
	exit 2
fi

HERE=$(cd "$(dirname "$0")" && pwd) || exit
LECTURE=$HERE/lecture.sh
BUILD=$(cd "$BUILD" && pwd) || exit
OBJECT=/OS-$(id -u)-$$
SERVICE=org.ipc-figures.lecture-$$
PORT=lecture-$$
QUIET=
DRAW=
LIVE_ROWS=$(eval "rows_of $(live_command)")
# A server that is killed leaves the name of its port: in here. A process number
# may be used again, but not while this process lives.
ALPC_RUN_DIR=${TMPDIR:-/tmp}/alpc-$(id -u)-lecture-$$
export HERE LECTURE BUILD OBJECT SERVICE PORT QUIET DRAW LIVE_ROWS ALPC_RUN_DIR

check_panes
if [ -n "$why" ]; then
	say "$why; the programs run one after another"
	in_one_terminal
else
	in_panes
fi
