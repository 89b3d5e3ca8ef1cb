# bats file_tags=pipes, fig:3-20
# Each test is a process of its own, and capture (helper.bash) sets stderr; ls is
# what a person would look with.
# shellcheck disable=SC2012,SC2030,SC2031,SC2154
# Figure 3.20: who holds which end of a pipe. What is drawn is compared with what
# ls finds in /proc at that moment.

load helper

setup_file() {
	[ -d /proc/self/fd ] || skip 'this system does not show its descriptors'
}

test_setup() {
	KEYS=$BATS_TEST_TMPDIR/keys
	OUT=$BATS_TEST_TMPDIR/stdout
	SAID=$BATS_TEST_TMPDIR/said
}

# ---- what is so -------------------------------------------------------------

# Who holds which ends of pipes, of the pids given or of all processes that may
# be looked at: PID FD r-|-w|rw INODE
ends_of() {
	local pid directories=()
	for pid in "${@:-[0-9]*}"; do
		# shellcheck disable=SC2206 # a pattern
		directories+=(/proc/$pid/fd)
	done
	LC_ALL=C ls -l "${directories[@]}" /dev/null 2>/dev/null | awk '
	/^\/proc\// { split($1, path, "/") }
	NF > 3 && $(NF - 1) == "->" && $NF ~ /^pipe:/ {
		gsub(/[^0-9]/, "", $NF)
		print path[3], $(NF - 2), substr($1, 2, 2), $NF
	}' | sort
}

# The number of PID's descriptor of the pipe INODE that is open as MODE.
held() {
	ends_of "$1" | awk -v inode="$2" -v mode="$3" '$3 == mode && $4 == inode { print $2 }'
}

# ---- what should be drawn ---------------------------------------------------

centred() {
	local left=$((($1 - ${#2}) / 2))
	printf '%*s%s%*s' $left '' "$2" $(($1 - left - ${#2})) ''
}

# A process's title, "NAME PID", as wide for every number of a process.
title() {
	printf '%s %-7s' "${1% *}" "${1##* }"
}

# The drawing: WHEN, the pipe's inode, and for each process its title and the
# numbers of its read and write end, or nothing for what it has closed.
figure() {
	local when=$1 inode=$2 titles='' tops='' labels='' bottoms='' heads='' bar=''
	local gap='' double='' note='' i ends reader='' writer=''
	shift 2
	while [ $# -gt 0 ]; do
		titles+=$gap$(centred 31 "$(title "$1")")
		tops+=$gap┌──────────────┬──────────────┐
		ends=("$2" "$3")
		reader+=$2 writer+=$3
		labels+=$gap bottoms+=$gap└ heads+=$gap bar+=$double
		for i in 0 1; do
			labels+='│'$(centred 14 "fd[$i] ${ends[i]:+= }${ends[i]:-closed}")
			case $i${ends[i]:+ open} in
			'0 open') bottoms+='───────▲──────' heads+='        │      ' bar+='════════╧══════' ;;
			'1 open') bottoms+='───────┬──────' heads+='        ▼      ' bar+='════════╧══════' ;;
			*) bottoms+='──────────────' heads+='               ' bar+='═══════════════' ;;
			esac
			[ "$i" = 1 ] || bottoms+=┴
		done
		labels+=│ bottoms+=┘ heads+=' ' bar+=═
		gap='   ' double=═══
		shift 3
	done
	[ -n "$reader" ] || note+='; nobody here reads'
	[ -n "$writer" ] || note+='; nobody here writes'
	printf '%s\n' "$when" "$titles" "$tops" "$labels" "$bottoms" | sed 's/ *$//'
	if [ -n "$reader$writer" ]; then
		printf '%s\n' "$heads" "$bar" "pipe $inode$note" | sed 's/ *$//'
	else
		echo 'the pipe is gone: nobody holds an end of it'
	fi
	echo
}

in_ascii() {
	sed 's/[┌┬┐└┴┘╧]/+/g; s/─/-/g; s/│/|/g; s/═/=/g; s/▲/^/g; s/▼/v/g'
}

# All that a run has drawn into stdout, with the numbers that it has drawn: who
# holds what at each stage is written here.
whole() {
	local p c r w i
	p=$(sed -n 's/^ *parent \([0-9]*\)$/parent \1/p' "$OUT" | head -n 1)
	c=$(sed -n 's/.* \(child [0-9]*\)$/\1/p' "$OUT" | head -n 1)
	r=$(sed -n 's/.*fd\[0\] = \([0-9]*\).*/\1/p' "$OUT" | head -n 1)
	w=$(sed -n 's/.*fd\[1\] = \([0-9]*\).*/\1/p' "$OUT" | head -n 1)
	i=$(sed -n 's/^pipe \([0-9]*\).*/\1/p' "$OUT" | head -n 1)
	figure 'after pipe()' "$i" "$p" "$r" "$w"
	figure 'after fork()' "$i" "$p" "$r" "$w" "$c" "$r" "$w"
	if [ "$1" = no-close ]; then
		figure "after the parent's close(fd[1])" "$i" "$p" "$r" '' "$c" "$r" "$w"
		figure "after the child's close(fd[0])" "$i" "$p" "$r" '' "$c" '' "$w"
		return
	fi
	figure "after the parent's close(fd[0])" "$i" "$p" '' "$w" "$c" "$r" "$w"
	figure "after the child's close(fd[1])" "$i" "$p" '' "$w" "$c" "$r" ''
	figure "after the parent's close(fd[1])" "$i" "$p" '' '' "$c" "$r" ''
	figure "after the child's close(fd[0])" "$i" "$p" '' '' "$c" '' ''
}

@test "the whole figure, in Unicode and in ASCII" {
	local utf8
	capture env LC_ALL=C fig3_20_descriptors
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	whole figure | LC_ALL=C.UTF-8 in_ascii | diff - "$OUT"

	utf8=$(locale -a 2>/dev/null | grep -ix 'c\.utf-\{0,1\}8\|en_us\.utf-\{0,1\}8' | head -n 1)
	[ -n "$utf8" ] || skip 'this system has no locale with UTF-8'
	capture env LC_ALL="$utf8" fig3_20_descriptors
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	whole figure | diff - "$OUT"
}

@test "--break=no-close: both write ends stay until the parent closes its own" {
	capture env LC_ALL=C fig3_20_descriptors --break=no-close
	assert_equal "$status" 0
	whole no-close | LC_ALL=C.UTF-8 in_ascii | diff - "$OUT"
	assert_equal "$(narrated "$stderr")" 'no-close: the parent has closed its write end, and the pipe still has one. The child still holds a write end of the pipe that it reads from: it would wait for its own end-of-file.'
}

# ---- each stage is so -------------------------------------------------------

# Starts the program, to be led by `enter`; its pid is in $parent.
begin() {
	mkfifo "$KEYS"
	exec 7<>"$KEYS"
	start env --default-signal=PIPE LC_ALL=C fig3_20_descriptors --step "$@" \
		<"$KEYS" >"$OUT" 2>"$SAID"
	parent=$! entered=0
	eventually stands_before 1
}

# Whether the step of that number is announced, and Enter is waited for.
stands_before() {
	[ "$(grep -cE '^[a-z]+\[[0-9]+\] [0-9]+: ' "$SAID")" -eq "$1" ]
}

# The step's statement is executed, and the next step is reached.
enter() {
	entered=$((entered + 1))
	printf '\n' >&7
	eventually stands_before $((entered + 1))
	child=$(sed -n 's/.*-> \([0-9]*\), the child$/\1/p' "$SAID")
}

# The drawing of what ls finds now.
as_is() {
	local inode
	inode=$(sed -n 's/^pipe \([0-9]*\).*/\1/p' "$OUT" | head -n 1)
	[ -n "$inode" ] || fail 'no pipe is drawn'
	figure "$1" "$inode" \
		"parent $parent" "$(held "$parent" "$inode" r-)" "$(held "$parent" "$inode" -w)" \
		${child:+"child $child" "$(held "$child" "$inode" r-)" "$(held "$child" "$inode" -w)"} |
		LC_ALL=C.UTF-8 in_ascii
}

# Leads a run with the arguments before -- through the stages behind it.
walk() {
	local when arguments=() so_far=$BATS_TEST_TMPDIR/so_far
	while [ "$1" != -- ]; do
		arguments+=("$1")
		shift
	done
	shift
	begin "${arguments[@]}"
	: >"$so_far"
	for when; do
		enter
		as_is "$when" >>"$so_far"
		diff "$so_far" "$OUT"
	done
	exec 7>&-
	ended "$parent"
	assert_equal "$status" 0
	refute grep -q 'after ' "$SAID"
}

@test "each stage drawn is what ls -l /proc/PID/fd tells of both processes" {
	walk -- 'after pipe()' 'after fork()' "after the parent's close(fd[0])" \
		"after the child's close(fd[1])" "after the parent's close(fd[1])"
	assert_equal "$(sed -n 's/^\([a-z]*\)\[[0-9]*\] [0-9]*: /\1: /p' "$SAID")" \
		'parent: if (pipe(fd) == -1)
parent: pid_t child = fork();
parent: close(fd[READ_END]);
child: close(fd[WRITE_END]);
parent: close(fd[WRITE_END]);
child: close(fd[READ_END]);'
}

@test "--break=no-close: its stages are so, too" {
	walk --break=no-close -- 'after pipe()' 'after fork()' "after the parent's close(fd[1])"
}

closed_all() {
	[ -z "$(held "$1" "$2" r-)$(held "$1" "$2" -w)" ]
}

@test "the last stage, which no step follows, is so as well" {
	local fifo=$BATS_TEST_TMPDIR/fifo inode drain
	mkfifo "$KEYS" "$fifo"
	exec 7<>"$KEYS"
	# it reads its own output, or rather doesn't: the last drawing gets stuck
	start env LC_ALL=C fig3_20_descriptors --step <"$KEYS" 1<>"$fifo" 2>"$SAID"
	parent=$!
	printf '\n\n\n\n\n' >&7
	eventually stands_before 6
	child=$(sed -n 's/.*-> \([0-9]*\), the child$/\1/p' "$SAID")
	inode=$(ends_of "$child" | awk '$3 == "r-" { print $4 }' | while read -r i; do
		if ends_of "$parent" | grep -q " $i\$"; then continue; fi
		echo "$i"
	done)
	dd if=/dev/zero of="$fifo" bs=1 oflag=nonblock 2>/dev/null || true # until it is full
	printf '\n' >&7
	eventually closed_all "$child" "$inode"
	closed_all "$parent" "$inode"
	start cat <"$fifo" >"$OUT"
	drain=$!
	exec 7>&-
	ended "$parent"
	assert_equal "$status" 0
	ended "$drain"
	tr -d '\0' <"$OUT" >"$OUT.text"
	mv "$OUT.text" "$OUT"
	whole figure | LC_ALL=C.UTF-8 in_ascii | diff - "$OUT"
}

@test "--quiet draws nothing, and --pid of it draws the same pipe" {
	local inode
	capture fig3_20_descriptors --quiet
	assert_equal "$status" 0
	assert_stdout_bytes ''
	assert_equal "$stderr" ''

	begin --quiet
	enter
	enter
	enter
	# the parent has closed fd[0]
	assert_equal "$(wc -c <"$OUT")" 0
	capture env LC_ALL=C fig3_20_descriptors --pid="$parent"
	assert_equal "$status" 0
	inode=$(comm -12 <(ends_of "$parent" | awk '{ print $4 }' | sort -u) \
		<(ends_of "$child" | awk '$3 == "r-" { print $4 }' | sort -u))
	assert_equal "$(drawn | grep " $inode\$")" "$(ends_of "$parent" "$child" | grep " $inode\$")"
	assert_equal "$(drawn | grep -c " $inode\$")" 3
	exec 7>&-
	ended "$parent"
}

# Whether a process has ended: nobody may have asked for its status yet.
over() {
	! grep -qs "^State:.[^Z]" "/proc/$1/status"
}

@test "a parent that is killed takes the child with it" {
	local steps
	for steps in 2 4; do
		begin
		for ((; entered < steps; )); do enter; done
		kill -KILL "$parent"
		ended "$parent"
		assert_equal "$status" 137
		eventually over "$child"
		exec 7>&-
		rm "$KEYS"
	done
}

@test "a child that is killed ends the parent, which doesn't wait for ever" {
	local steps
	for steps in 2 3 5; do
		begin
		for ((; entered < steps; )); do enter; done
		kill -KILL "$child"
		printf '\n\n\n\n' >&7
		ended "$parent"
		assert_equal "$status" 1
		assert_equal "$(grep -v '^[a-z]*\[' "$SAID")" \
			'fig3_20_descriptors: the child was ended by signal 9 (Killed)'
		exec 7>&-
		rm "$KEYS"
	done
}

# ---- other processes --------------------------------------------------------

# Becomes the command, without the pipes that bats and make may hold open.
bare() {
	# shellcheck disable=SC2016 # the inner shell's
	exec bash -c 'for fd in /proc/$$/fd/*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || eval "exec $fd>&-"
	done
	exec "$@"' bash "$@"
}

# What has been drawn, or listed, in the form of ends_of.
drawn() {
	awk '
	function at(row, column) { return substr(line[row], column, 1) }
	# where the line that begins beneath the box at COLUMN leads
	function follow(column, row, writes) {
		for (row = 5; row <= NR; row++) {
			if (at(row, column) == "v") writes = 1
			if (line[row] ~ /^[=+]+$/ && at(row + 1, column) !~ /[|v]/) break
		}
		match(line[row + 1], /pipe [0-9]+/)
		return (at(4, column) == "^" ? "r" : "-") (writes ? "w" : "-") " " \
			substr(line[row + 1], RSTART + 5, RLENGTH - 5)
	}
	{ line[NR] = $0 }
	END {
		for (left = 1; at(3, left) != ""; left++) {
			if (at(3, left) != "|") continue
			# a box begins where nothing is left of it
			if (at(2, left - 1) != "-") {
				match(substr(line[2], left), /^[-+]+/)
				title = substr(line[1], left, RLENGTH)
				sub(/^ */, "", title)
				pid = match(title, /[0-9]+ *$/) ? substr(title, RSTART) + 0 : 0
			}
			cell = substr(line[3], left + 1)
			if (!match(cell, /^ *fd [0-9]+ *\|/)) continue
			width = RLENGTH - 1
			sub(/^ *fd /, "", cell)
			split(cell, number, " ")
			for (column = left + 1; column <= left + width; column++)
				if (at(4, column) != "-")
					print pid, number[1], follow(column)
		}
	}' "$OUT" | sort
}

listed() {
	awk '
	/^pipe / { inode = $2 }
	/^  / {
		fd = $0
		sub(/.*, fd /, "", fd)
		sub(/:.*/, "", fd)
		match($0, /[0-9]+, fd /)
		print substr($0, RSTART) + 0, fd, $0 ~ /: reads$/ ? "r-" : $0 ~ /: writes$/ ? "-w" : "rw", inode
	}' "$OUT" | sort
}

# All ends of the pipes that the children of a process hold, whoever holds them.
family() {
	# shellcheck disable=SC2046 # several numbers
	ends_of | grep -E " ($(ends_of $(children_of "$1") | awk '{ print $4 }' | sort -u | paste -sd'|'))\$"
}

# Whether the process has so many children, and they are what they will be.
has_children() {
	local child names=0
	for child in $(children_of "$1"); do
		grep -qxE 'sleep|cat' "/proc/$child/comm" && names=$((names + 1))
	done
	[ "$names" = "$2" ]
}

# Ends what `start` has started, and its children.
end() {
	# shellcheck disable=SC2046 # several numbers
	kill -KILL "$1" $(children_of "$1")
	ended "$1"
}

@test "--pid draws the pipes of a pipeline, and no others" {
	start bare bash -c 'sleep 60 | cat | cat' </dev/null >"$BATS_TEST_TMPDIR/nothing" 2>&1
	local shell=$!
	eventually has_children "$shell" 3
	capture env LC_ALL=C fig3_20_descriptors --pid="$shell"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_equal "$(family "$shell" | wc -l)" 4
	assert_equal "$(drawn)" "$(family "$shell")"
	assert_narrow
	# the shell itself holds no end, and gets no box
	assert_equal "$(head -n 1 "$OUT" | tr -s ' ')" \
		" $(children_of "$shell" | sort -n | paste -sd' ' | sed 's/\([0-9]*\) \([0-9]*\) /sleep \1 cat \2 cat /')"
	end "$shell"
}

@test "--pid draws what a child's children hold, too" {
	start bare bash -c 'bash -c "sleep 60 | cat; exit"; exit' </dev/null \
		>"$BATS_TEST_TMPDIR/nothing" 2>&1
	local shell=$! inner
	eventually has_grandchildren "$shell" 2
	inner=$(children_of "$shell")
	capture env LC_ALL=C fig3_20_descriptors --pid="$shell"
	assert_equal "$status" 0
	assert_equal "$(family "$inner" | wc -l)" 2
	assert_equal "$(drawn)" "$(family "$inner")"
	# shellcheck disable=SC2046 # several numbers
	kill -KILL $(children_of "$inner")
	ended "$shell"
}

has_grandchildren() {
	has_children "$(children_of "$1")" "$2"
}

@test "what is wider than 80 columns is listed, and no line of it is" {
	start bare bash -c 'sleep 60 | cat | cat | cat | cat | cat | cat | cat' </dev/null \
		>"$BATS_TEST_TMPDIR/nothing" 2>&1
	local shell=$!
	eventually has_children "$shell" 8
	capture env LC_ALL=C fig3_20_descriptors --pid="$shell"
	assert_equal "$status" 0
	assert_equal "$(family "$shell" | wc -l)" 14
	assert_equal "$(listed)" "$(family "$shell")"
	assert_regex "$output" $'^pipe [0-9]+\n  sleep [0-9]+, fd 1: writes\n  cat [0-9]+, fd 0: reads\npipe '
	assert_equal "$(wc -l <"$OUT")" 21
	assert_narrow
	end "$shell"
}

# The drawing of one process with one descriptor: TITLE, FD, the character at the
# box and above the pipe, and the TEXT beneath.
alone() {
	local title inside left right rule
	title=$(title "$1")
	inside=${#title}
	left=$((inside / 2)) right=$((inside - inside / 2 - 1))
	rule=$(printf '%*s' "$inside" '' | tr ' ' -)
	printf ' %s\n+%s+\n|%s|\n+%s%s%s+\n%*s%s\n%s+%s\n%s\n' \
		"${title%% }" "$rule" "$(centred "$inside" "fd $2")" \
		"${rule:0:left}" "$3" "${rule:0:right}" $((left + 1)) '' "$4" \
		"=${rule:0:left}" "${rule:0:right}=" "$5" |
		sed '1s/ *$//; 6s/-/=/g'
}

@test "a FIFO is shown with its path, its reader, its writer, or both in one" {
	local fifo=/tmp/$TAG/fifo fd heads mode
	mkdir "/tmp/$TAG"
	mkfifo "$fifo"
	exec 7<>"$fifo" # or opening one end would wait
	for mode in '<> 0 ^ v ' '< 0 ^ | ;_nobody_here_writes' '> 1 + v ;_nobody_here_reads'; do
		read -r how fd head foot note <<<"$mode"
		start bare bash -c "exec sleep 60 $how'$fifo'" </dev/null \
			>"$BATS_TEST_TMPDIR/nothing" 2>&1
		eventually grep -qx sleep "/proc/$!/comm"
		capture env LC_ALL=C fig3_20_descriptors --pid="$!"
		assert_equal "$status" 0
		alone "sleep $!" "$fd" "$head" "$foot" "$fifo${note//_/ }" | diff - "$OUT"
		end "$!"
	done
	exec 7>&-
}

@test "a pipe whose reader is gone: nobody here reads" {
	start bare bash -c 'sleep 60 | true' </dev/null >"$BATS_TEST_TMPDIR/nothing" 2>&1
	local shell=$! writer inode
	eventually has_children "$shell" 1
	writer=$(children_of "$shell" | head -n 1)
	eventually has_one_end "$writer"
	inode=$(ends_of "$writer" | awk '{ print $4 }')
	capture env LC_ALL=C fig3_20_descriptors --pid="$writer"
	assert_equal "$status" 0
	alone "sleep $writer" 1 + v "pipe $inode; nobody here reads" | diff - "$OUT"
	end "$shell"
}

# Whether the process's end of its pipe is the only one anywhere.
has_one_end() {
	[ "$(ends_of | grep -c " $(ends_of "$1" | awk '{ print $4 }')\$")" = 1 ]
}

@test "a process without pipes: it is said that there are none" {
	start bare sleep 60 </dev/null >"$BATS_TEST_TMPDIR/nothing" 2>&1
	eventually grep -qx sleep "/proc/$!/comm"
	capture fig3_20_descriptors --pid="$!"
	assert_equal "$status" 0
	assert_stdout_bytes 'no pipe: no process here holds an end of one\n'
	assert_equal "$stderr" ''
	end "$!"
}

@test "a name with a line break and an escape sequence breaks no drawing" {
	local fifo=/tmp/$TAG/fifo name=$'a\nb\e[31m'
	mkdir "/tmp/$TAG"
	mkfifo "$fifo"
	exec 7<>"$fifo"
	start bare bash -c "exec -a \"\$0\" sleep 60" "$name" <"$fifo" \
		>"$BATS_TEST_TMPDIR/nothing" 2>&1
	eventually grep -qx sleep "/proc/$!/comm"
	capture env LC_ALL=C fig3_20_descriptors --pid="$!"
	assert_equal "$status" 0
	alone "a?b?[31m $!" 0 '^' '|' "$fifo; nobody here writes" | diff - "$OUT"
	end "$!"
	exec 7>&-
}

@test "--pid of no process, and of what is no process's number" {
	local wrong
	capture fig3_20_descriptors --pid=2147483647
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line 'fig3_20_descriptors: read /proc/2147483647/fd: ENOENT (No such file or directory); give the number of a process of yours'
	for wrong in 0 -1 x 1x '' 99999999999 2147483648 99999999999999999999; do
		capture fig3_20_descriptors --pid="$wrong"
		assert_equal "$status" 2
		assert_stdout_bytes ''
		assert_stderr_line "fig3_20_descriptors: --pid=$wrong: not a process's number; see fig3_20_descriptors --help"
	done
}

@test "--pid of another user's process" {
	local pid=1
	if [ "$(id -u)" = 0 ]; then
		requires setpriv
		pid=$$
		chmod a+rx "$BATS_TEST_TMPDIR"
		capture setpriv --reuid=12345 --regid=12345 --clear-groups \
			"$(as_other_user fig3_20_descriptors)" --pid=$pid
	else
		[ "$(stat -c %u /proc/1 2>/dev/null || id -u)" != "$(id -u)" ] ||
			skip "process 1 is not to be seen, or this user's own"
		capture fig3_20_descriptors --pid=$pid
	fi
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line "fig3_20_descriptors: read /proc/$pid/fd: EACCES (Permission denied); give the number of a process of yours"
}

@test "standard output is full: one line, and no success" {
	[ -e /dev/full ] || skip 'this system has no /dev/full'
	local arguments
	for arguments in '' --break=no-close "--pid=$$"; do
		status=0
		# shellcheck disable=SC2086 # none, or one
		bounded 20 fig3_20_descriptors --quiet $arguments >/dev/null
		bounded 20 fig3_20_descriptors $arguments >/dev/full 2>"$SAID" || status=$?
		assert_equal "$status" 1
		assert_equal "$(grep -c '^fig3_20_descriptors: write standard output: ' "$SAID")" 1
		refute grep -qv '^fig3_20_descriptors: \|^parent\[' "$SAID"
	done
}

@test "the narration is on stderr only" {
	capture env LC_ALL=C fig3_20_descriptors --explain
	assert_equal "$status" 0
	whole figure | LC_ALL=C.UTF-8 in_ascii | diff - "$OUT"
	refute grep -qv '^parent\[[0-9]*\] \|^child\[[0-9]*\] ' "$BATS_TEST_TMPDIR/stderr"
	assert_equal "$(grep -c ' [0-9]*: ' <<<"$stderr")" 6
}

@test "usage errors" {
	assert_usage_errors fig3_20_descriptors --pid --break=none --unknown operand --delay=x
}

@test "pipes with an end elsewhere are left out where there is no room for all" {
	mkfifo "$KEYS"
	exec 7<>"$KEYS" # or opening it to write would wait
	# shellcheck disable=SC2016 # the inner shell's
	start bare bash -c 'for fd in {10..29}; do eval "exec $fd>\"$0\""; done; sleep 60 | cat; exit' \
		"$KEYS" </dev/null >"$BATS_TEST_TMPDIR/nothing" 2>&1
	local shell=$! inode
	eventually has_children "$shell" 2
	capture env LC_ALL=C fig3_20_descriptors --pid="$shell"
	assert_equal "$status" 0
	inode=$(sed -n 's/^pipe //p' "$OUT")
	assert_equal "$(drawn)" "$(ends_of | grep " $inode\$")"
	assert_equal "$(drawn | wc -l)" 2
	assert_equal "$(tail -n 1 "$OUT")" '60 ends of pipes whose other end is elsewhere are left out'
	assert_narrow
	end "$shell"
	exec 7>&-
}

@test "names that are too long for a drawing: the list" {
	local fifo
	fifo=/tmp/$TAG/$(printf 'x%.0s' {1..60})
	mkdir "/tmp/$TAG"
	mkfifo "$fifo"
	exec 7<>"$fifo"
	start bare bash -c "exec -a \"\$0\" sleep 60" $'a\nb\e[31m' <"$fifo" >"$BATS_TEST_TMPDIR/nothing" 2>&1
	eventually grep -qx sleep "/proc/$!/comm"
	capture env LC_ALL=C fig3_20_descriptors --pid="$!"
	assert_equal "$status" 0
	assert_stdout_bytes "${fifo:0:63}\n  a?b?[31m $!, fd 0: reads\n"
	end "$!"
	exec 7>&-
}

# bats test_tags=no-sanitizer
@test "without /proc: what the program has done is drawn, and it says so" {
	$OWN_MOUNTS true 2>/dev/null || skip 'needs its own mounts'
	# shellcheck disable=SC2086 # several words
	capture $OWN_MOUNTS sh -c 'mount -t tmpfs tmpfs /proc && LC_ALL=C exec fig3_20_descriptors'
	assert_equal "$status" 0
	whole figure | sed 's/^after .*/& (no \/proc here: this is what should be)/; s/^pipe [0-9]*/the pipe/; s/^pipe/the pipe/' |
		LC_ALL=C.UTF-8 in_ascii | diff - "$OUT"
	# shellcheck disable=SC2086 # several words
	capture $OWN_MOUNTS sh -c 'mount -t tmpfs tmpfs /proc && exec fig3_20_descriptors --pid=1'
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line 'fig3_20_descriptors: --pid: this system has no /proc that could be asked'
}
