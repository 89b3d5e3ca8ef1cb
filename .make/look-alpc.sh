#!/bin/sh
# Draws figure 3.19 as it is now: the ALPC ports and the section of
# fig3_19_alpc_client and fig3_19_alpc_server, in seven rows of 80 columns.
#
#	sh .make/look-alpc.sh NAME
#
# NAME is the connection port's. On Linux a port is a socket and a section a
# memory file (windows_ipc/ntalpc/README.md): this reads what /proc and ss(8) say
# of them, and changes nothing.
set -u

name=$1

# The process that runs fig3_19_alpc_$1, whose name has 15 bytes in /proc, and
# was given the port's name; or nothing.
process_of() {
	# shellcheck disable=SC2013 # a name of /proc is one word
	for comm in $(grep -lsx "fig3_19_alpc_$1" /proc/[0-9]*/comm); do
		process=${comm%/comm}
		if tr '\0' '\n' 2>/dev/null <"$process/cmdline" |
			grep -qxF -e "--name=$name"; then
			echo "${process#/proc/}"
			return
		fi
	done
}

# What /proc says of the process $2, a fact a line: its number, its sockets, its
# section and where that is mapped.
facts_of() {
	[ -n "$2" ] || return
	echo "process $1 $2"
	# shellcheck disable=SC2012 # no names: numbers, and where they lead
	ls -l "/proc/$2/fd" 2>/dev/null |
		sed -n "s/.* \([0-9]*\) -> socket:\[\([0-9]*\)\]$/socket $1 \1 \2/p"
	sed -n "s/^\([0-9a-f]*\)-.*memfd:alpc-section.*/map $1 \1/p" "/proc/$2/maps" 2>/dev/null
}

# The size of the client's section, and its first bytes.
section_of() {
	[ -n "$1" ] || return
	# shellcheck disable=SC2012
	fd=$(ls -l "/proc/$1/fd" 2>/dev/null |
		sed -n 's/.* \([0-9]*\) -> .memfd:alpc-section.*/\1/p' | head -n 1)
	[ -n "$fd" ] || return
	stat -L -c 'size %s' "/proc/$1/fd/$fd" 2>/dev/null
	od -A n -t x1 -N 6 "/proc/$1/fd/$fd" 2>/dev/null | sed 's/^/bytes/'
}

server=$(process_of se)
client=$(process_of cl)
if [ -z "$server$client" ]; then
	echo '(neither server nor client now)'
	exit
fi
{
	facts_of server "$server"
	facts_of client "$client"
	section_of "$client"
	sed 's/^/unix /' /proc/net/unix
	ss -xan 2>/dev/null | sed 's/^/ss /'
} | awk -v name="RPC Control%5C$name" '
	# As many dashes around the text as make an arrow of 24 columns.
	function arrow(from, text, to) {
		while (length(text) < 22)
			text = length(text) % 2 ? text "-" : "-" text
		return from text to
	}
	function put(line, left, middle, right) {
		text[line] = sprintf("%-27.27s %-24.24s  %-26.26s", left, middle, right)
	}
	function head(who) {
		return who in process ? who " " process[who] : "(no " who " now)"
	}
	function has(who) { return "communication port, fd " fd[who, port[who]] }
	function waits(who) {
		return port[who] in queue ? \
			(queue[port[who]] ? "  a message waits" : "  no message") : ""
	}

	$1 == "process" { process[$2] = $3 }
	$1 == "socket" { fd[$2, $4] = $3 }
	$1 == "map" && !($2 in at) { at[$2] = "  at 0x" $3 }
	$1 == "size" { size = $2 }
	$1 == "bytes" { bytes = substr($0, 6) }
	$1 == "ss" { queue[$(NF - 2)] = $4 }
	# its type is SEQPACKET; the path, where it has one, has a space
	$1 == "unix" && $6 == "0005" {
		from = index($0, name)
		if (NF == 8 && ("client", $8) in fd)
			port["client"] = $8
		else if (!from || substr($0, from) != name)
			next
		else if ($5 == "00010000")
			connection = $8
		else if ($8 == 0)
			requests++
		else
			port["server"] = $8
	}
	END {
		put(1, head("client"), "", head("server"))
		if (connection)
			put(2, "", requests ? arrow("-", " connection request ", ">") : "", \
				"connection port, fd " fd["server", connection])
		if (connection)
			put(3, "", "", requests ? "  a request waits" : "  no request")
		if ("server" in port && "client" in port) {
			put(4, has("client"), arrow("<", "", ">"), has("server"))
			put(5, waits("client"), "", waits("server"))
		}
		if (size)
			put(6, "section of " size " bytes", " " bytes " ...", "")
		if ("client" in at)
			put(7, at["client"], "server" in at ? \
				arrow("<", " both have it ", ">") : "", at["server"])
		for (line = 1; line <= 7; line++) {
			sub(/ +$/, "", text[line])
			print text[line]
		}
	}'
