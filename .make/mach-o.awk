# Says what of a program is not as macOS needs it, from its bytes as numbers
# (mach-o.sh): nothing, and exit status 0, where all is.
#
# A Mach-O file begins with a header and load commands; they tell the libraries
# that it needs, and where the symbols are. An undefined symbol has the number of
# the library that it is to come from. Source: <mach-o/loader.h>, <mach-o/nlist.h>.

{ for (i = 1; i <= NF; i++) byte[size++] = $i }

function u32(at) {
	return byte[at] + 256 * (byte[at + 1] + 256 * (byte[at + 2] + 256 * byte[at + 3]))
}

function string(at, text) {
	while (at < size && byte[at] != 0)
		text = text sprintf("%c", byte[at++])
	return text
}

function wrong(what) {
	print program ": " what
	failed = 1
}

# A library's number is its place among the load commands.
function take_library(name) {
	library[++libraries] = name
	if (name != "/usr/lib/libSystem.B.dylib")
		wrong("needs " name)
}

function take_command(at) {
	command = u32(at)
	if (command == LC_LOAD_DYLIB || command == LC_LOAD_WEAK_DYLIB ||
	    command == LC_REEXPORT_DYLIB)
		take_library(string(at + u32(at + 8)))
	else if (command == LC_SYMTAB) {
		symbols = u32(at + 8)
		count = u32(at + 12)
		strings = u32(at + 16)
	} else if (command == LC_BUILD_VERSION)
		platform = u32(at + 8)
}

# Only external symbols are bound: zig leaves a local one of _main.
function take_symbol(at) {
	type = byte[at + 4]
	if (type >= N_STAB || int(type / 2) % 8 != N_UNDF || type % 2 != N_EXT)
		return
	undefined++
	if (!(byte[at + 7] in library))
		wrong("nothing has " string(strings + u32(at)))
}

END {
	MH_MAGIC_64 = 4277009103
	MH_EXECUTE = 2
	CPU_TYPE["x86_64"] = 16777223
	CPU_TYPE["arm64"] = 16777228
	LC_SYMTAB = 2
	LC_LOAD_DYLIB = 12
	LC_BUILD_VERSION = 50
	LC_LOAD_WEAK_DYLIB = 2147483672
	LC_REEXPORT_DYLIB = 2147483679
	PLATFORM_MACOS = 1
	N_STAB = 32
	N_UNDF = 0
	N_EXT = 1

	if (u32(0) != MH_MAGIC_64 || u32(12) != MH_EXECUTE) {
		wrong("is no Mach-O executable")
		exit 1
	}
	if (u32(4) != CPU_TYPE[architecture])
		wrong("is not for " architecture)
	at = 32
	for (left = u32(16); left > 0; left--) {
		take_command(at)
		at += u32(at + 4)
	}
	if (platform != PLATFORM_MACOS)
		wrong("is not for macOS")
	for (i = 0; i < count; i++)
		take_symbol(symbols + 16 * i)
	# every program calls something
	if (undefined == 0)
		wrong("has no undefined symbols")
	exit failed
}
