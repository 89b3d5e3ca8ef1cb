#!/bin/bash
# Prints a README with the output of its commands as it is now: readme.sh FILE.
#
# The commands run on a terminal of 80 columns without colours, so that what is
# shown is what a reader sees. In a block of ```console each line that begins with
# "$ " is run, from the top of the checkout, and what stood below it is replaced by
# what it prints. A block of ```sh is run too; it shows no output. A command that fails is named on
# stderr, unless its output is shown. Process numbers, addresses and users are
# always the same ones, so that a README needs no change when nothing changed.
# The command that runs these tests is not run from among them.
set -u

# The first address in what a command prints is always this one, and another one
# that.
same_addresses() {
	awk '{
		line = ""
		while (match($0, /0x[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]+/)) {
			address = substr($0, RSTART, RLENGTH)
			if (!(address in shown))
				shown[address] = count++ ? "0x7fa9e4617000" : "0x7f1c52a3d000"
			line = line substr($0, 1, RSTART - 1) shown[address]
			$0 = substr($0, RSTART + RLENGTH)
		}
		print line $0
	}'
}

same_numbers() {
	same_addresses | sed -E -e 's/^([a-z]+)\[[0-9]+\]/\1[4711]/' \
		-e 's|/(OS-none)-[0-9]+|/\1-4711|g' \
		-e 's|/(OS-empty)-[0-9]+|/\1-4711|g' \
		-e "s#/(OS|bounded_buffer)-$(id -u)(-[0-9]+)?#/\\1-1000\\2#g" \
		-e 's#/(OS|bounded_buffer)-1000-[0-9]+#/\1-1000-4711#g' \
		-e 's/\(process [0-9]+\)/(process 4711)/g' \
		-e 's/-> [0-9]+, a file descriptor/-> 3, a file descriptor/' \
		-e 's/^child\[4711\]/child[4712]/' \
		-e 's/-> [0-9]+, the child/-> 4712, the child/' \
		-e 's/-> process [0-9]+/-> process 4712/; s/^client [0-9]+:/client 4711:/' \
		-e 's/demo-[0-9]+/demo-4711/g; /^(client|server)/s/KERN_SUCCESS, port 0x[0-9a-f]+/KERN_SUCCESS, port 0x403/' \
		-e 's/port 0x[0-9a-f]{3,5}( is nothing|:)/port 0x10403\1/' \
		-e 's/(fig3_18_server|task_ports)\[[0-9]+\]/\1[4711]/; s/fig3_18_client\[[0-9]+\]/fig3_18_client[4712]/' \
		-e 's/bootstrap_server\[[0-9]+\]/bootstrap_server[4713]/; s#runs in /[^ ;]*;#runs in /tmp/mach-1000;#' \
		-e 's/read handle 0x[0-9a-f]+, write handle 0x[0-9a-f]+/read handle 0x40, write handle 0x44/' \
		-e 's/-> handle 0x[0-9a-f]+/-> handle 0x40/' \
		-e 's/^\| client [0-9][0-9 ]{6}/| client 4711   /; s/\| server [0-9][0-9 ]{6}/| server 4712   /' \
		-e 's/(Control.)demo-[0-9]+ *\|/\1demo-4711         |/' \
		-e 's/from process [0-9]+$/from process 4711/' \
		-e 's/parent [0-9 ]{7}/parent 4711   /; s/child [0-9 ]{7}/child 4712   /' \
		-e 's/child [0-9]+$/child 4712/; s/parent [0-9]+$/parent 4711/' \
		-e 's/pipe [0-9]+( *)/pipe 812345\1/' \
		-e "s#/fifo-$(id -u)(-[0-9]+)?#/fifo-1000\1#g; s#/fifo-1000-[0-9]+#/fifo-1000-4711#g" \
		-e 's/^([-p][rw-]{9} 1) [^ ]+ [^ ]+ +([0-9]+) .* (\/(dev|tmp).*)/\1 alice alice \2 Sep  1 10:15 \3/'
}

# Gives a last line without its end one.
add_newline() {
	awk '{ print }'
}

# What lsmp shows depends on what the Mach kernel has done before: a new one has
# the same numbers each time.
await_new_kernel() {
	local directory=${MACH_RUN_DIR:-${XDG_RUNTIME_DIR:+$XDG_RUNTIME_DIR/mach}} i
	directory=${directory:-/tmp/mach-$(id -u)}
	for ((i = 0; i < 100; i++)); do
		[ -e "$directory/kernel" ] || return
		sleep 0.1
	done
}

run_command() {
	case $1 in *lsmp*) await_new_kernel ;; esac
	NO_COLOR=1 TERM=xterm script -qec "$1" /dev/null </dev/null | tr -d '\r'
}

kind=''
while IFS= read -r line || [ -n "$line" ]; do
	case $line in
	'```console') kind=console ;;
	'```sh') kind='sh' ;;
	'```'*) if [ -n "$kind" ]; then kind=''; else kind=other; fi ;;
	esac
	case $kind:$line in
	*:'```'* | other:* | :*)
		printf '%s\n' "$line"
		[ "$kind:$line" != 'other:```' ] || kind=''
		;;
	console:'$ '*)
		printf '%s\n' "$line"
		run_command "${line#\$ }" | same_numbers | add_newline
		;;
	console:*) ;; # the output as it was
	'sh:make setup test') printf '%s\n' "$line" ;;
	sh:*)
		printf '%s\n' "$line"
		bash -c "$line" >/dev/null 2>&1 </dev/null ||
			printf 'failed: %s\n' "$line" >&2
		;;
	esac
done <"$1"
