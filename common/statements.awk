# Prints, as C, the table of statements that a program's step() calls announce
# (common/narrate.h): for each call the lines that it covers, and the statement
# that follows it, put on one line. Run over the program's sources.
#
# It reads the house style, not all of C: a call to step() begins a line and ends
# with ");" at the end of one; a statement ends a line with ";" or "{", or is a
# condition whose parentheses are closed there.

BEGIN {
	print "#include \"common/narrate.h\""
	print ""
	print "const struct statement statements[] = {"
}

FNR == 1 { where = "outside" }

where == "outside" && /^[ \t]*step\(/ {
	where = "step"
	first = FNR
}

where == "step" {
	if (/\);[ \t]*$/) {
		where = "before"
		last = FNR
		statement = ""
		depth = 0
	}
	next
}

# What limits or takes the statement's time, or goes on meanwhile, is not the
# statement (it is set behind the step, which may wait for Enter), nor is a comment.
where == "before" && /^[ \t]*((deadline_set|meanwhile|clock_start)\(|\/?\*)/ {
	next
}

where == "before" && /[^ \t]/ {
	where = "statement"
	line = FNR
}

where == "statement" {
	text = $0
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	if (statement != "" && statement !~ /\($/)
		statement = statement " "
	statement = statement text

	# strings and characters may hold parentheses that close nothing
	code = text
	gsub(/\\./, "", code)
	gsub(/"[^"]*"|'[^']*'/, "", code)
	depth += gsub(/\(/, "", code) - gsub(/\)/, "", code)

	if (depth == 0 && (text ~ /[;{]$/ || statement ~ /^(if|while|for|switch) ?\(/)) {
		where = "outside"
		sub(/ *\{$/, "", statement)
		# "&&" and "\\042" are read alike by every awk; "\\\\" is not
		gsub(/\\/, "&&", statement)
		gsub(/"/, "\\042", statement)
		printf "\t{\"%s\", %d, %d, %d, \"%s\"},\n", FILENAME, first, last, line, statement
	}
}

END {
	print "\t{0, 0, 0, 0, 0},"
	print "};"
}
