# bats file_tags=windows, launcher
# Each test is a process of its own, and capture (helper.bash) sets stderr; the
# scripts in single quotes are other programs; a backslash before a quote is itself;
# ls is what a person would look with.
# shellcheck disable=SC1003,SC2012,SC2016,SC2030,SC2031,SC2154
# build/NAME, the script that starts a Windows program: arguments, streams and
# status pass through it, and Wine gets a prefix of its own.

load helper

test_setup() {
	OUT=$BATS_TEST_TMPDIR/stdout
	SAID=$BATS_TEST_TMPDIR/said
	IN=$BATS_TEST_TMPDIR/in
	HERE=$BATS_TEST_TMPDIR/here
	BIN=$BATS_TEST_TMPDIR/bin
	HOME=$BATS_TEST_TMPDIR/home
	mkdir "$HOME"
	export HOME
}

test_teardown() {
	[ -z "$(ls -A "$HOME")" ] || fail "in HOME: $(ls -A "$HOME")"
}

# ---- other surroundings --------------------------------------------------------

# The launcher as $HERE/program, whose Windows program is this script; the
# launcher's fixed paths lie in $HERE/root, where nothing is.
launcher_of() {
	mkdir -p "$HERE/windows" "$HERE/root" "$BIN"
	sed "s,/usr/lib/wine/,'$HERE/root/wine/',; s,/proc/sys/,'$HERE/root/sys/'," \
		windows_ipc/launcher.sh >"$HERE/program"
	chmod +x "$HERE/program"
	printf '#!/bin/sh\n%s\n' "$1" >"$HERE/windows/program.exe"
	chmod +x "$HERE/windows/program.exe"
}

# What a program was given, a line each.
SHOW='for a; do printf "<%s>\n" "$a"; done; cat; echo said >&2; exit 7'

# A PATH with a few tools and what the test puts there; no Wine.
bare_path() {
	local tool
	for tool in basename cat dirname ln mkdir mv printf readlink rm sh uname; do
		[ -e "$BIN/$tool" ] || ln -s "$(type -P $tool)" "$BIN/$tool"
	done
}

# A program in $BIN.
stub() {
	mkdir -p "$BIN"
	rm -f "$BIN/$1"
	printf '#!/bin/sh\n%s\n' "$2" >"$BIN/$1"
	chmod +x "$BIN/$1"
}

# A Wine whose programs are shell scripts, and a system directory for it. It
# writes down what it was asked. `wine cmd` ends with $1, `wine wineboot` with $2.
wine_stub() {
	mkdir -p "$BATS_TEST_TMPDIR/lib/wine/x86_64-windows"
	: >"$BATS_TEST_TMPDIR/lib/wine/x86_64-windows/kernel32.dll"
	: >"$BATS_TEST_TMPDIR/asked"
	stub wine '
		echo "${1##*/} $WINEPREFIX" >>"'"$BATS_TEST_TMPDIR/asked"'"
		case $1 in
		cmd) exit '"$1"' ;;
		wineboot)
			echo chatter
			mkdir -p "$WINEPREFIX/drive_c/made-by-wineboot"
			exit '"$2"'
			;;
		esac
		[ -d "$WINEPREFIX/drive_c" ] || { echo "no $WINEPREFIX"; exit 9; }
		exec sh "$@"'
	export PATH=$BIN:$PATH
}

@test "no Wine: one line that names make setup" {
	launcher_of 'echo wrong'
	bare_path
	capture env PATH="$BIN" "$HERE/program" x
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line 'program: Wine is not installed; it runs the Windows programs: make setup'
	assert_not_exist "$HERE/wine"
	cp "$HERE/program" "$HERE/launcher.sh"
	capture env PATH="$BIN" sh "$HERE/launcher.sh"
	assert_equal "$status" 0
	assert_stdout_bytes ''
}

@test "Wine where PATH has none: /usr/lib/wine/wine64" {
	launcher_of "$SHOW"
	wine_stub 0 0
	bare_path
	mkdir "$HERE/root/wine"
	mv "$BIN/wine" "$HERE/root/wine/wine64"
	capture env PATH="$BIN" "$HERE/program" x </dev/null
	assert_equal "$status" 7
	assert_stdout_bytes '<x>\n'
	cp "$HERE/program" "$HERE/launcher.sh"
	capture env PATH="$BIN" sh "$HERE/launcher.sh"
	assert_equal "$status" 0
	assert_equal "$output" "$HERE/root/wine/wine64"
}

# On Windows, and under WSL, which Windows' programs run in by themselves.
@test "Windows and WSL: the program itself is started, without Wine" {
	local system way
	launcher_of "$SHOW"
	cp "$HERE/program" "$HERE/launcher.sh"
	stub wine 'echo wrong'
	for system in MINGW64_NT-10.0 MSYS_NT-10.0 CYGWIN_NT-10.0 Linux; do
		stub uname "echo $system"
		way=native
		if [ $system = Linux ]; then
			way=WSL
			mkdir -p "$HERE/root/sys/fs/binfmt_misc"
			: >"$HERE/root/sys/fs/binfmt_misc/WSLInterop"
		fi
		printf 'a\0b' >"$IN"
		capture env PATH="$BIN:$PATH" "$HERE/program" 'two words' '' '"q" ü\' <"$IN"
		assert_equal "$status" 7
		assert_stdout_bytes '<two words>\n<>\n<"q" ü\\>\na\0b'
		assert_stderr_line said
		capture env PATH="$BIN:$PATH" sh "$HERE/launcher.sh"
		assert_equal "$output" $way
	done
	assert_not_exist "$HERE/wine"
}

@test "Wine: arguments, input, output and status, to the byte" {
	launcher_of "$SHOW"
	wine_stub 0 0
	printf 'a\0b' >"$IN"
	capture "$HERE/program" 'two words' '' '"q" ü\' $'a\nb' '*' <"$IN"
	assert_equal "$status" 7
	assert_stdout_bytes '<two words>\n<>\n<"q" ü\\>\n<a\nb>\n<*>\na\0b'
	assert_stderr_line said
}

# With a display Wine would look for it, and start more of itself.
@test "Wine is told nothing of the user's display and architecture" {
	launcher_of 'echo "${DISPLAY-none} ${WAYLAND_DISPLAY-none} $WINEARCH"'
	wine_stub 0 0
	capture env DISPLAY=:99 WAYLAND_DISPLAY=wayland-0 WINEARCH=win32 "$HERE/program"
	assert_equal "$status" 0
	assert_stdout_bytes 'none none win64\n'
}

@test "a prefix that Wine can't use as it is: wineboot makes one, once, and that is said" {
	launcher_of "$SHOW"
	wine_stub 1 0
	capture "$HERE/program" x </dev/null
	assert_equal "$status" 7
	assert_stdout_bytes '<x>\n'
	assert_equal "$stderr" "making a Wine prefix, once (10 seconds, 700 MB): $HERE/wine ... done
said"
	assert_exist "$HERE/wine/drive_c/made-by-wineboot"
	assert_equal "$(ls -A "$HERE")" $'program\nroot\nwindows\nwine'
	capture "$HERE/program" x </dev/null
	assert_equal "$status" 7
	assert_stderr_line said
	assert_equal "$(cut -d' ' -f1 "$BATS_TEST_TMPDIR/asked" | paste -sd' ')" \
		'cmd wineboot program.exe program.exe'
}

@test "a Wine whose system directory isn't found: wineboot makes the prefix" {
	launcher_of "$SHOW"
	wine_stub 0 0
	rm -r "${BATS_TEST_TMPDIR:?}/lib"
	capture "$HERE/program" x </dev/null
	assert_equal "$status" 7
	assert_regex "$stderr" '^making a Wine prefix, once '
	assert_equal "$(cut -d' ' -f1 "$BATS_TEST_TMPDIR/asked" | paste -sd' ')" \
		'wineboot program.exe'
}

@test "wineboot fails: that is said, and nothing is left" {
	launcher_of 'echo wrong'
	wine_stub 1 5
	capture "$HERE/program" x </dev/null
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_stderr_line "making a Wine prefix, once (10 seconds, 700 MB): $HERE/wine ... failed"
	assert_equal "$(ls -A "$HERE")" $'program\nroot\nwindows'
}

@test "a prefix that can't be made: one line, and status 1" {
	launcher_of 'echo wrong'
	wine_stub 0 0
	: >"$BATS_TEST_TMPDIR/file"
	FIGURES_WINEPREFIX=$BATS_TEST_TMPDIR/file/wine capture "$HERE/program"
	unset FIGURES_WINEPREFIX
	assert_equal "$status" 1
	assert_stdout_bytes ''
	assert_equal "$(wc -l <<<"$stderr")" 1
	assert_regex "$stderr" "$BATS_TEST_TMPDIR/file"
}

# Ways to write the same directory. Wine itself takes absolute paths only.
@test "FIGURES_WINEPREFIX: relative, with a slash at its end, or an empty directory" {
	local prefix
	launcher_of "$SHOW"
	wine_stub 0 0
	mkdir "$BATS_TEST_TMPDIR/empty"
	cd "$BATS_TEST_TMPDIR"
	for prefix in relative "$PWD/slash/" "$PWD/empty"; do
		: >asked
		capture env FIGURES_WINEPREFIX="$prefix" "$HERE/program" x </dev/null
		assert_equal "$status" 7
		assert_stdout_bytes '<x>\n'
		assert_stderr_line said
		prefix=${prefix#"$PWD/"}
		prefix=${prefix%/}
		assert_regex "$(tail -n 1 asked)" "^program.exe $PWD/$prefix/?\$"
		assert_equal "$(ls -A "$prefix" | paste -sd' ')" '.update-timestamp drive_c ready'
	done
	assert_not_exist "$HERE/wine"
}

@test "twenty at once on a fresh prefix of any name: one prefix, nothing else" {
	local i pids=()
	launcher_of "$SHOW"
	wine_stub 0 0
	mkdir "$BATS_TEST_TMPDIR/own"
	for i in {1..20}; do
		start env FIGURES_WINEPREFIX="$BATS_TEST_TMPDIR/own/mine" "$HERE/program" "$i" \
			>"$OUT.$i" 2>"$SAID.$i" </dev/null
		pids+=("$!")
	done
	for i in "${pids[@]}"; do
		ended "$i"
		assert_equal "$status" 7
	done
	for i in {1..20}; do
		assert_equal "$(<"$OUT.$i")" "<$i>"
		assert_equal "$(<"$SAID.$i")" said
	done
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/own")" mine
	assert_equal "$(ls -A "$BATS_TEST_TMPDIR/own/mine" | paste -sd' ')" \
		'.update-timestamp drive_c ready'
}

# ---- with Wine itself ------------------------------------------------------------

@test "status, input and output pass through Wine" {
	local size
	with_own_wine
	for size in 0 1 100000; do
		head -c "$size" /dev/urandom >"$IN"
		capture fig3_25_pipe_child <"$IN"
		assert_equal "$status" 0
		assert_equal "$stderr" ''
		(printf 'child read '; cat "$IN"; echo) | cmp - "$OUT"
	done
	printf '\0\r\n\x1a\xff\0' >"$IN"
	capture fig3_25_pipe_child <"$IN"
	assert_stdout_bytes 'child read \0\r\n\x1a\xff\0\n'
	capture rpc_client
	assert_equal "$status" 1
	capture fig3_25_pipe_child --unknown
	assert_equal "$status" 2
	assert_stdout_bytes ''
	assert_regex "$stderr" '^fig3_25_pipe_child: option .* see fig3_25_pipe_child --help$'
}

@test "arguments pass through Wine: blanks, quotes, backslashes and UTF-8, in any locale" {
	local text locale
	with_own_wine
	for text in 'a b' '"q"' '\"x\\' 'a\' '*' '%PATH% $HOME' $'a\nb\tc' -x; do
		capture fig3_23_pipe_parent --message "$text"
		assert_equal "$status" 0
		printf 'child read %s\n' "$text" | cmp - "$OUT"
	done
	capture fig3_23_pipe_parent --message ''
	assert_equal "$status" 0
	assert_stdout_bytes 'child read \n'
	for locale in C POSIX xx_XX C.UTF-8; do
		capture env LC_ALL=$locale fig3_23_pipe_parent --message='grüße ☃ 😀'
		assert_equal "$status" 0
		assert_stdout_bytes 'child read grüße ☃ 😀\n'
	done
	capture env -u LC_ALL -u LC_CTYPE LANG=C fig3_23_pipe_parent 'ü "ö'
	assert_equal "$status" 2
	assert_stderr_line "fig3_23_pipe_parent: unexpected operand 'ü \"ö'; see fig3_23_pipe_parent --help"
}

@test "a UTF-8 locale that this host hasn't: UTF-8 all the same" {
	with_own_wine
	capture env LC_ALL=xx_XX.UTF-8 fig3_23_pipe_parent --message='grüße'
	assert_equal "$status" 0
	assert_stdout_bytes 'child read grüße\n'
}

# test_teardown sees that HOME stays empty.
@test "the user's own Wine settings are neither used nor touched" {
	with_own_wine
	printf abc >"$IN"
	capture env WINEPREFIX="$BATS_TEST_TMPDIR/user" WINEARCH=win32 WINEDEBUG=+relay \
		WINEDLLOVERRIDES='kernel32,ucrtbase,msvcrt=' DISPLAY=:99 WAYLAND_DISPLAY=none \
		fig3_25_pipe_child <"$IN"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_stdout_bytes 'child read abc\n'
	assert_not_exist "$BATS_TEST_TMPDIR/user"
	assert_exist "$FIGURES_WINEPREFIX/drive_c"
	capture env -u HOME fig3_25_pipe_child <"$IN"
	assert_equal "$status" 0
	assert_stdout_bytes 'child read abc\n'
}

@test "the prefix lies beside the program, also where there is a blank in its path" {
	local there="$BATS_TEST_TMPDIR/a place"
	with_own_wine
	mkdir "$there"
	cp "$BUILD/fig3_23_pipe_parent" "$there"
	mkdir "$there/windows"
	cp "$BUILD"/windows/fig3_2*.exe "$there/windows"
	FIGURES_WINEPREFIX=$there/wine # for teardown
	capture env -u FIGURES_WINEPREFIX "$there/fig3_23_pipe_parent"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_stdout_bytes 'child read Greetings\n'
	assert_equal "$(ls -A "$there" | paste -sd' ')" 'fig3_23_pipe_parent windows wine'
	cd "$there"
	capture env -u FIGURES_WINEPREFIX CDPATH=/tmp ./fig3_23_pipe_parent
	assert_equal "$status" 0
	assert_stdout_bytes 'child read Greetings\n'
}

@test "ten at once on a fresh prefix: all run, and one prefix is there" {
	local i pids=()
	with_own_wine
	FIGURES_WINEPREFIX=$BATS_TEST_TMPDIR/own/wine
	for i in {1..10}; do
		start fig3_25_pipe_child <<<"$i" >"$OUT.$i" 2>"$SAID.$i"
		pids+=("$!")
	done
	all_succeed "${pids[@]}"
	for i in {1..10}; do
		assert_equal "$(<"$OUT.$i")" "child read $i"
		assert_equal "$(<"$SAID.$i")" ''
	done
	assert_equal "$(ls "$BATS_TEST_TMPDIR/own")" wine
	# nothing but what Wine puts into one
	assert_equal "$(find "$FIGURES_WINEPREFIX" -mindepth 1 -maxdepth 1 -type d ! -name 'wine-*' -printf '%f\n' | sort | paste -sd' ')" \
		'dosdevices drive_c'
	# its system directory isn't a copy of Wine's
	[ -L "$FIGURES_WINEPREFIX/drive_c/windows/system32" ]
}

# ---- on a terminal -----------------------------------------------------------------

# Runs the command line on a terminal of 100 columns; what it shows is in $OUT.
on_terminal() {
	command -v script >/dev/null || skip 'needs script'
	status=0
	TERM=xterm bounded 20 script -qec "stty cols 100 rows 30; $1" /dev/null \
		</dev/null 3>&- >"$OUT.raw" || status=$?
	tr -d '\r' <"$OUT.raw" >"$OUT"
	cat -v "$OUT"
}

without_colours() {
	sed $'s/\033\\[[0-9;]*m//g' "$1"
}

@test "on a terminal: colours and nothing else, both outputs in order, and the status" {
	local end=$'\n''child[N]   -> 0 bytes: end-of-file'$'\n''child read abc'
	with_own_wine
	on_terminal 'printf abc | fig3_25_pipe_child --explain'
	assert_equal "$status" 0
	grep -q $'\033\\[2mchild' "$OUT"
	without_colours "$OUT" >"$SAID"
	refute grep -q $'\033' "$SAID"
	assert_equal "$(head -n 1 "$SAID" | sed 's/\[[0-9]*\] [0-9]*/[N]/')" \
		'child[N]: HANDLE ReadHandle = GetStdHandle(STD_INPUT_HANDLE);'
	assert_equal $'\n'"$(tail -n 2 "$SAID" | sed 's/\[[0-9]*\]/[N]/')" "$end"
	# it knows how wide the terminal is: on one of 80 columns these are two lines
	grep -q '  Read what is there, at most 4096 bytes; wait while there is nothing\.$' "$SAID"

	on_terminal 'printf abc | NO_COLOR=1 fig3_25_pipe_child --explain'
	assert_equal "$status" 0
	sed 's/\[[0-9]*\]//' "$SAID" | diff - <(sed 's/\[[0-9]*\]//' "$OUT")
}

@test "on a terminal: the status" {
	with_own_wine
	on_terminal 'fig3_25_pipe_child --unknown'
	assert_equal "$status" 2
	assert_regex "$(<"$OUT")" '^fig3_25_pipe_child: option .*unknown.* see fig3_25_pipe_child --help$'
	on_terminal 'rpc_client'
	assert_equal "$status" 1
	assert_regex "$(<"$OUT")" '^rpc_client: echo at ipc-figures: error 1722 '
}

@test "one of the outputs on a terminal: the other goes where it was sent" {
	with_own_wine
	on_terminal "printf abc | fig3_25_pipe_child --explain 2>'$SAID'"
	assert_equal "$status" 0
	assert_stdout_bytes 'child read abc\n'
	grep -q 'end-of-file$' "$SAID"
	refute grep -q $'\033' "$SAID"

	printf 'a\0\r\nb' >"$IN"
	on_terminal "fig3_25_pipe_child --explain <'$IN' >'$SAID'"
	assert_equal "$status" 0
	printf 'child read a\0\r\nb\n' | cmp - "$SAID"
	grep -q 'end-of-file' "$OUT"
	refute grep -q 'child read' "$OUT"

	on_terminal "fig3_25_pipe_child --unknown >'$SAID'; exit \$?"
	assert_equal "$status" 2
	on_terminal "fig3_25_pipe_child --unknown 2>'$SAID'; exit \$?"
	assert_equal "$status" 2
	assert_stdout_bytes ''
}

# ---- make ----------------------------------------------------------------------------

# A copy of the project, with what is built.
in_a_copy() {
	mkdir "$HERE"
	(cd "$ROOT" && tar cf - --exclude ./.git --exclude ./build/wine --exclude ./build/zig .) | tar xf - -C "$HERE"
	cd "$HERE" || return
}

SKIPPED='skipped: needs Wine and MinGW-w64 (wine64 wine gcc-mingw-w64-x86-64-win32 mingw-w64-tools): make setup'

@test "MinGW or Wine isn't there: each demo is skipped with what to do, and nothing fails" {
	local lacking demo
	in_a_copy
	cp windows_ipc/launcher.sh launcher.whole
	for lacking in WINDOWS_CC=nonexistent WINDOWS_WIDL=nonexistent wine; do
		if [ $lacking = wine ]; then
			sed 's,has wine$,false,; s,has wine;,false;,; s,/usr/lib/wine/,/nonexistent/,' \
				launcher.whole >windows_ipc/launcher.sh
			lacking=X=
		fi
		for demo in 3.23 3.25 named-pipes rpc; do
			capture make "run-$demo" $lacking
			assert_equal "$status" 0
			assert_equal "$output" "$demo $SKIPPED"
			assert_equal "$stderr" ''
		done
		capture make run-3.24 $lacking
		assert_equal "$status" 0
		assert_equal "$output" "3.23 $SKIPPED"
		capture make run-windows $lacking
		assert_equal "$status" 0
		# 3.19 needs neither: it tells its steps and draws its picture
		assert_equal "$(grep -vE '^client\[[0-9]+\] |^[+|]' <<<"$stderr")" ''
		assert_equal "$(tail -n 1 "$OUT")" '1 ran, 4 skipped, 0 failed'
		assert_equal "$(grep -c " $SKIPPED\$" "$OUT")" 4
	done
}

@test "MinGW isn't there: the other rooms are built, nothing for Windows is" {
	in_a_copy
	rm build/fig3_21_ordinary_pipe build/fig3_25_pipe_child build/windows/*
	capture make WINDOWS_CC=nonexistent
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	assert_exist build/fig3_21_ordinary_pipe
	assert_not_exist build/fig3_25_pipe_child
	assert_equal "$(ls build/windows)" ''
}

@test "what make install installs works there, and leaves nothing beside it" {
	local program there=$BATS_TEST_TMPDIR/there
	with_own_wine
	in_a_copy
	make install DESTDIR="$there" PREFIX=/usr >/dev/null
	ls "$there/usr/bin" >"$BATS_TEST_TMPDIR/installed"
	while read -r program; do
		capture "$there/usr/bin/$program" --version
		assert_equal "$status" 0
		assert_regex "$output" "^$program [0-9]"
	done <"$BATS_TEST_TMPDIR/installed"
	capture "$there/usr/bin/four_questions"
	assert_equal "$status" 0
	assert_equal "$stderr" ''
	ls "$there/usr/bin" | diff "$BATS_TEST_TMPDIR/installed" -
}

# ---- make setup -----------------------------------------------------------------------

@test "make setup says how large the Windows room is, and how to leave it out" {
	local tool
	in_a_copy
	mkdir "$BIN"
	for tool in awk cat dirname env grep mktemp rm sed sh tail tr true; do
		ln -s "$(type -P $tool)" "$BIN/$tool"
	done
	stub uname 'echo Linux'
	stub id 'echo 0'
	stub cc 'cat >/dev/null'
	stub dpkg-query :
	stub apt-get 'echo "$*" >>"'"$BATS_TEST_TMPDIR/asked"'"
		echo "After this operation, 1 MB will be used."'
	capture env PATH="$BIN" sh .make/setup.sh
	assert_equal "$status" 0
	assert_regex "$output" $'\n''setup: windows_ipc: [^'$'\n'']*Wine[^'$'\n'']*[0-9.]+ GB on disk[^'$'\n'']*make setup ROOMS="posix_shm mach_msg pipes"'$'\n'
	grep -q ' install .*gcc-mingw-w64-x86-64-win32 .*wine64' "$BATS_TEST_TMPDIR/asked"
	# as it says
	rm "$BATS_TEST_TMPDIR/asked"
	capture env PATH="$BIN" sh .make/setup.sh posix_shm pipes
	assert_equal "$status" 0
	refute_regex "$output" '[Ww]ine|mingw'
	refute grep -qE 'wine|mingw' "$BATS_TEST_TMPDIR/asked"
}
