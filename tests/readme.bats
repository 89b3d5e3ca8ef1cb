# bats file_tags=readme
# Every command in a README is run, and every output shown is what appears.

load helper

# Where READMEs run their commands: nothing may be installed here, and /OS may be
# another user's, so each gets an empty /dev/shm.
readme_holds() {
	requires script
	local tools=$BATS_TEST_TMPDIR/tools tool
	mkdir "$tools"
	for tool in apt-get dnf brew sudo; do
		printf '#!/bin/sh\necho "%s must not be called here" >&2\nexit 1\n' "$tool" >"$tools/$tool"
		chmod +x "$tools/$tool"
	done
	PATH=$tools:$PATH bounded 300 \
		bash -c "$(declare -p OWN_MOUNTS); $(declare -f with_own_shm); with_own_shm bash tests/readme.sh '$1'" \
		>"$BATS_TEST_TMPDIR/now" 2>"$BATS_TEST_TMPDIR/failed" \
		3>&- 4>&- 5>&- 6>&- # bats' own: a pipe shall get the first free ones
	diff -u "$1" "$BATS_TEST_TMPDIR/now"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/failed")" ''
}

# Windows programs write into the READMEs that show them.
windows_readme_holds() {
	requires_wine
	readme_holds "$1"
}

@test "README.md" {
	readme_holds README.md
}

@test "posix_shm/README.md" {
	readme_holds posix_shm/README.md
}

@test "posix_shm/fig3_16/README.md" {
	readme_holds posix_shm/fig3_16/README.md
}

@test "posix_shm/fig3_17/README.md" {
	readme_holds posix_shm/fig3_17/README.md
}

@test "posix_shm/bounded_buffer/README.md" {
	readme_holds posix_shm/bounded_buffer/README.md
}

@test "pipes/README.md" {
	windows_readme_holds pipes/README.md
}

@test "pipes/fig3_20/README.md" {
	readme_holds pipes/fig3_20/README.md
}

@test "pipes/fig3_21/README.md" {
	readme_holds pipes/fig3_21/README.md
}

@test "pipes/two_way_pipes/README.md" {
	readme_holds pipes/two_way_pipes/README.md
}

@test "pipes/fifo/README.md" {
	readme_holds pipes/fifo/README.md
}

@test "pipes/four_questions/README.md" {
	windows_readme_holds pipes/four_questions/README.md
}

@test "mach_msg/README.md" {
	readme_holds mach_msg/README.md
}

@test "mach_msg/task_ports/README.md" {
	readme_holds mach_msg/task_ports/README.md
}

@test "mach_msg/lsmp/README.md" {
	[ "$(uname -s)" = Linux ] || skip 'macOS has its own lsmp'
	readme_holds mach_msg/lsmp/README.md
}

@test "mach_msg/fig3_18/README.md" {
	readme_holds mach_msg/fig3_18/README.md
}

@test "mach_msg/full_queue/README.md" {
	readme_holds mach_msg/full_queue/README.md
}

@test "mach_msg/dead_names/README.md" {
	readme_holds mach_msg/dead_names/README.md
}

@test "mach_msg/send_rights/README.md" {
	readme_holds mach_msg/send_rights/README.md
}

@test "mach_msg/port_sets/README.md" {
	readme_holds mach_msg/port_sets/README.md
}

@test "mach_msg/fifo_order/README.md" {
	readme_holds mach_msg/fifo_order/README.md
}

@test "mach_msg/out_of_line/README.md" {
	readme_holds mach_msg/out_of_line/README.md
}

@test "windows_ipc/README.md" {
	windows_readme_holds windows_ipc/README.md
}

@test "windows_ipc/fig3_19/README.md" {
	readme_holds windows_ipc/fig3_19/README.md
}

@test "windows_ipc/ntalpc/README.md" {
	readme_holds windows_ipc/ntalpc/README.md
}

@test "windows_ipc/fig3_23/README.md" {
	windows_readme_holds windows_ipc/fig3_23/README.md
}

@test "windows_ipc/fig3_25/README.md" {
	windows_readme_holds windows_ipc/fig3_25/README.md
}

@test "windows_ipc/named_pipes/README.md" {
	windows_readme_holds windows_ipc/named_pipes/README.md
}

@test "windows_ipc/rpc/README.md" {
	windows_readme_holds windows_ipc/rpc/README.md
}

@test "windows_ipc/four_questions/README.md" {
	windows_readme_holds windows_ipc/four_questions/README.md
}

@test "every README there is has its test, and every link in it leads somewhere" {
	local readme link
	while IFS= read -r readme; do
		grep -qF "readme_holds $readme" tests/readme.bats || fail "$readme has no test"
		while IFS= read -r link; do
			assert_exist "$(dirname "$readme")/${link%%#*}"
		done < <(grep -oE '\]\([^)]+\)' "$readme" | sed 's/^](//; s/)$//' | grep -vE '^(https?:|#)')
	done < <(find . -name README.md -not -path './build/*' | sed 's|^\./||')
}

@test "every defect stands in a README, and every one that stands there exists" {
	local program defect
	for program in "$BUILD"/*; do
		[ -f "$program" ] && [ -x "$program" ] || continue
		program=${program##*/}
		[ ! -e "tests/$program.c" ] || continue
		while read -r defect _; do
			grep -qF -- "$program --break=$defect" README.md ||
				fail "README.md doesn't show $program --break=$defect"
		done < <("$program" --break=list)
	done
	while read -r program defect; do
		if ! [ -x "$BUILD/$program" ] && compgen -G "windows_ipc/*/$program.c" >/dev/null; then
			continue # Windows programs aren't built everywhere
		fi
		"$program" --break=list | grep -q "^$defect " ||
			fail "$program has no defect $defect"
	done < <(grep -oE '[a-z0-9_]+ --break=[a-z0-9-]+' README.md |
		sed 's/--break=//' | grep -v ' list$')
}
