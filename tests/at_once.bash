#!/bin/bash
# Runs test files at the same time, each with a bats of its own.
#
#	bash tests/at_once.bash JOBS DIRECTORY FILE.bats...
#
# What they report is printed as one report, in the order of the files; it is in
# DIRECTORY/report.tap in the end. SIGINT, SIGTERM and SIGHUP go on to all that was
# started, which has ended when this does.

set -u

jobs=$1 directory=$2
shift 2
files=("$@")

# What takes longest is begun first: nobody shall wait for it in the end.
long='toolchain readme front_door front_lecture'

# ---- running ----------------------------------------------------------------

# The files' numbers, in the order in which they are begun.
in_order() {
	local i
	for i in "${!files[@]}"; do
		case " $long " in
		*" $(basename "${files[i]}" .bats) "*) echo "0 $i" ;;
		*) echo "1 $i" ;;
		esac
	done | sort -n | cut -d ' ' -f 2
}

# Runs those of the files that nobody else has taken.
work() {
	local i
	for i; do
		[ ! -e "$directory/stop" ] || return
		mkdir "$directory/$i" 2>/dev/null || continue
		bats --formatter tap "${files[i]}" >"$directory/$i/tap" 2>&1
		echo $? >"$directory/$i/status"
	done
}

# The processes that this one has started, and those that they have.
descendants() {
	ps -A -o pid= -o ppid= | awk -v root=$$ '
		{ parent[$1] = $2 }
		END {
			ours[root] = 1
			do {
				more = 0
				for (pid in parent)
					if (!(pid in ours) && parent[pid] in ours)
						more = ours[pid] = 1
			} while (more)
			delete ours[root]
			for (pid in ours) print pid
		}'
}

send() {
	# shellcheck disable=SC2046 # numbers
	kill -s "$1" $(descendants) 2>/dev/null
}

# Begins nothing more. What runs gets the signal, and eight seconds to clean up.
stop() {
	: >"$directory/stop"
	send "$1"
	end=$((SECONDS + 8))
}

# ---- reporting --------------------------------------------------------------

# Prints file $1's report, its tests' numbers counted on from $tests.
report() {
	local tap=$directory/$1/tap status='' planned=''
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
	tests=$((tests + planned))
}

# ---- all of it --------------------------------------------------------------

end='' next=0 tests=0 failed=''
trap 'stop INT' INT
trap 'stop TERM' TERM HUP

# shellcheck disable=SC2046 # numbers
set -- $(in_order)
# With job control they don't ignore SIGINT, as what runs in the background does.
set -m
for ((i = 0; i < jobs; i++)); do work "$@" & done
set +m

while [ -n "$(jobs -r)" ]; do
	[ -z "$end" ] || [ $SECONDS -lt "$end" ] || send KILL
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
[ -z "$failed$end" ]
