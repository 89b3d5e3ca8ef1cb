#!/bin/bash
# Runs test files at the same time, each with a bats of its own.
#
#	bash tests/at_once.bash JOBS DIRECTORY FILE.bats...
#
# What they report is printed as one report, in the order of the files; it is in
# DIRECTORY/report.tap in the end. SIGINT, SIGTERM and SIGHUP go on to all that was
# started, which has ended when this does.
#
# No file needs the machine for itself: a test's objects have its $TAG, its kernels
# run directories of their own, its Wine programs a prefix, and what has one name
# for all is used through with_own_shm (helper.bash). A make in the checkout finds
# everything built.

set -u

jobs=$1 directory=$2
shift 2
files=("$@")

# What takes longest is begun first: nobody shall wait for it in the end.
long='toolchain sanitizers front_door readme front_lecture'

# ---- running ----------------------------------------------------------------

# The files' numbers in the order in which they are begun; a number that comes
# again is one that somebody has taken.
in_order() {
	local name i
	for name in $long '*'; do
		for i in "${!files[@]}"; do
			# shellcheck disable=SC2053 # a pattern
			[[ ${files[i]##*/} != $name.bats ]] || echo "$i"
		done
	done
}

# Runs those of the files that nobody else has taken.
work() {
	local i
	for i; do
		[ ! -e "$directory/stop" ] || return
		mkdir "$directory/$i" 2>/dev/null || continue
		bats --formatter tap "${files[i]}" >"$directory/$i/tap" 2>"$directory/$i/said"
		echo $? >"$directory/$i/status"
	done
}

# The processes of the numbers given, and all that they have started.
with_descendants() {
	ps -A -o pid= -o ppid= | awk -v roots="$*" '
		{ parent[$1] = $2 }
		END {
			n = split(roots, root)
			for (i = 1; i <= n; i++) ours[root[i]] = 1
			do {
				more = 0
				for (pid in parent)
					if (!(pid in ours) && parent[pid] in ours)
						more = ours[pid] = 1
			} while (more)
			for (pid in ours) print pid
		}'
}

# Begins nothing more. What runs gets the signal, and five seconds to clean up;
# whose parent ends before it does is known by its number.
# shellcheck disable=SC2317 # traps call it
stop() {
	: >"$directory/stop"
	# shellcheck disable=SC2046 # numbers
	started="$started $(with_descendants $(jobs -p))"
	# shellcheck disable=SC2086 # numbers
	kill -s "$1" $started 2>/dev/null
	: "${end:=$((SECONDS + 5))}"
}

# Whether there is something to wait for.
# shellcheck disable=SC2046,SC2086 # numbers
running() {
	if [ -z "$end" ]; then
		[ -n "$(jobs -r)" ]
	elif [ $SECONDS -lt "$end" ]; then
		kill -0 $started 2>/dev/null
	else
		kill -KILL $(with_descendants $started) 2>/dev/null && [ $SECONDS -lt $((end + 2)) ]
	fi
}

# ---- reporting --------------------------------------------------------------

# Prints file $1's report, its tests' numbers counted on from $tests.
report() {
	local tap=$directory/$1/tap status='' planned=''
	mkdir -p "$directory/$1" # it may not have been begun
	read -r status 2>/dev/null <"$directory/$1/status"
	[ "$status" = 0 ] || failed=yes
	[ ! -e "$tap" ] || planned=$(sed -n 's/^1\.\.\([0-9][0-9]*\)$/\1/p' "$tap")
	if [ -z "$planned" ]; then
		planned=1
		echo "not ok 1 ${files[$1]} was not run" >>"$tap"
	fi
	awk -v before="$tests" '
		/^1\.\.[0-9]+$/ { next }
		/^(not )?ok [0-9]+ / {
			match($0, /[0-9]+/)
			$0 = substr($0, 1, RSTART - 1) \
				substr($0, RSTART, RLENGTH) + before \
				substr($0, RSTART + RLENGTH)
		}
		{ print }' "$tap" | tee -a "$directory/all"
	[ ! -s "$directory/$1/said" ] || cat "$directory/$1/said" >&2
	tests=$((tests + planned))
}

# ---- all of it --------------------------------------------------------------

started='' end='' next=0 tests=0 failed=''

# A function is read as a whole: this file may change while the tests run.
main() {
	local i
	trap 'stop INT' INT
	trap 'stop TERM' TERM HUP
	# With job control nothing in the background ignores SIGINT.
	set -m
	for ((i = 0; i < jobs; i++)); do work "$@" & done
	set +m
	while running; do
		sleep 0.2
		while [ -e "$directory/$next/status" ]; do
			report "$next"
			next=$((next + 1))
		done
	done
	# The last ones; without a status there are some when it was stopped.
	for ((; next < ${#files[@]}; next++)); do report "$next"; done
	echo "1..$tests"
	{
		echo "1..$tests"
		cat "$directory/all"
	} >"$directory/report.tap"
	[ -z "$failed$started" ]
}

# shellcheck disable=SC2046 # numbers
main $(in_order); exit
