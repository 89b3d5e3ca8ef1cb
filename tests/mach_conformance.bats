# bats file_tags=mach
# shellcheck disable=SC2154 # capture, in helper.bash, sets stderr
# Mach IPC for Linux answers as a real Mach kernel does, and outlives its tasks'
# deaths.

load helper

test_setup() {
	with_own_mach
	export CAPTURE_LIMIT=100 # sanitizers and other work on the machine take their time
}

@test "every fact: what a real Mach kernel answered, and what macOS says" {
	capture mach_conformance
	assert_equal "$status" 0
	assert_equal "$(grep -c '^ok' <<<"$output")" "$(sed -n 's/^1\.\.//p' <<<"$output")"
	assert_equal "$stderr" ''
}

# The transcript's lines, "NAME VALUE": the first of what is behind the "=".
transcript() {
	awk '$1 == "@" { print $2, $4 }' tests/mach_transcript.txt
}

# Whether 0xNUMBER is what the transcript has, which doesn't always say that a
# number is hexadecimal. What isn't a number is said by further facts.
is_value() {
	local got=$1 there=$2
	case $there in
	id | name_is_send_right | remote | header) return 0 ;;
	1a) there=1 ;;  # of port a
	B) there=42 ;; # the letter
	esac
	((got == 16#${there#0x})) || { [[ $there =~ ^[0-9]+$ ]] && ((got == 10#$there)); }
}

@test "every line of the transcript is a fact, in its place and with its value" {
	local name value count=0
	capture mach_conformance
	exec 5<"$BATS_TEST_TMPDIR/stdout"
	while read -r name value; do
		fact_of "$name"
		[[ $FACT == *'# differs:'* ]] || is_value "$GOT" "$value"
		count=$((count + 1))
	done < <(transcript)
	exec 5<&-
	assert_equal "$count" 122
}

# The next fact of that name: FACT, and what was got.
fact_of() {
	while read -r -u 5 FACT; do
		[[ $FACT =~ ^ok\ [0-9]+\ -\ $1(,?\ .*)?\ =\ (0x[0-9a-f]+) ]] || continue
		GOT=${BASH_REMATCH[2]}
		return
	done
	fail "the transcript's line $1 has no fact"
}

@test "each difference says why" {
	capture mach_conformance
	assert_equal "$(grep -c 'GNU Mach:' <<<"$output")" \
		"$(grep -c '# differs: ....' <<<"$output")"
}
