# Windows: 3.19, 3.23-3.25, named pipes, RPC

# Programs for Windows lie in build/windows; build/NAME starts NAME.exe there,
# which takes Wine where the system isn't Windows (windows_ipc/launcher.sh).
WINDOWS_CC   := $(if $(filter MINGW% MSYS%,$(SYSTEM)),gcc,x86_64-w64-mingw32-gcc)
WINDOWS_WIDL := $(if $(filter MINGW% MSYS%,$(SYSTEM)),widl,x86_64-w64-mingw32-widl)

# 0x0601: Windows 7 and later
WINDOWS_COMPILE = $(WINDOWS_CC) -std=c11 -D_WIN32_WINNT=0x0601 -DUNICODE \
	-DWIN32_LEAN_AND_MEAN -D__USE_MINGW_ANSI_STDIO=1 $(WARNINGS) $(CFLAGS) \
	-I. -I$(WINDOWS_OBJ) -DVERSION='"$(VERSION)"'
WINDOWS_LINK = $(WINDOWS_CC) -municode $(CFLAGS)

WINDOWS_OBJ    := $(BUILD)/obj-windows
WINDOWS_COMMON := $(patsubst %.c,$(WINDOWS_OBJ)/%.o,$(wildcard common/*.c) \
	windows_ipc/command_line.c)

# Why this host can't build or run them, if it can't. The redirections make make
# ask a shell.
windows_why_not := $(if $(and $(shell sh windows_ipc/launcher.sh), \
	$(shell command -v $(WINDOWS_CC) 2>/dev/null), \
	$(shell command -v $(WINDOWS_WIDL) 2>/dev/null)),,$(strip \
	needs Wine and MinGW-w64 (wine64 wine gcc-mingw-w64-x86-64-win32 \
	mingw-w64-tools): make setup))

# $(call windows_exe,ROOM,DIRECTORY/NAME,OTHER SOURCES,OBJECTS,LIBRARIES)
#	build/windows/NAME.exe as $(call program) has it.
define windows_exe_rule
$(BUILD)/windows/$(notdir $(2)).exe: $(WINDOWS_OBJ)/$(1)/$(2).statements.o \
		$(patsubst %.c,$(WINDOWS_OBJ)/%.o,$(1)/$(2).c $(3)) \
		$(4) $(WINDOWS_COMMON)
	@mkdir -p $$(@D)
	$$(call SHOW,LINK  $$@) $$(WINDOWS_LINK) -o $$@ $$^ $(5)
$(WINDOWS_OBJ)/$(1)/$(2).statements.c: $(1)/$(2).c $(3) common/statements.awk
	@mkdir -p $$(@D)
	@awk -f common/statements.awk $(1)/$(2).c $(3) > $$@
endef
windows_exe = $(eval $(call windows_exe_rule,$(1),$(2),$(3),$(4),$(5)))

# $(call windows_program,...)
#	The same, and build/NAME, which starts it.
define windows_program_rule
ifeq ($(windows_why_not),)
PROGRAMS += $(BUILD)/$(notdir $(2))
NOT_INSTALLED += $(BUILD)/$(notdir $(2))
$(1)_PROGRAMS += $(BUILD)/$(notdir $(2))
endif
$(call windows_exe_rule,$(1),$(2),$(3),$(4),$(5))
$(BUILD)/$(notdir $(2)): $(BUILD)/windows/$(notdir $(2)).exe
$(BUILD)/$(notdir $(2)): windows_ipc/launcher.sh
	@install -m 755 windows_ipc/launcher.sh $$@
endef
windows_program = $(eval $(call windows_program_rule,$(1),$(2),$(3),$(4),$(5)))

$(WINDOWS_OBJ)/%.o: %.c $(WINDOWS_OBJ)/flags
	@mkdir -p $(@D)
	$(call SHOW,CC    $< for Windows) $(WINDOWS_COMPILE) -MMD -MP -c -o $@ $<

$(WINDOWS_OBJ)/%.o: $(WINDOWS_OBJ)/%.c $(WINDOWS_OBJ)/flags
	@mkdir -p $(@D)
	$(call SHOW,CC    $< for Windows) $(WINDOWS_COMPILE) -MMD -MP -c -o $@ $<

$(call flags_file,$(WINDOWS_OBJ),$$(WINDOWS_COMPILE) / $$(WINDOWS_LINK))

-include $(shell find $(WINDOWS_OBJ) -name '*.d' 2>/dev/null)

windows_demo = $(eval $(call demo_rule,windows_ipc,$(strip $(1)),$(strip $(2)),$(strip $(3)),$(windows_why_not)))

# ALPC: ntdll has it on Windows, Wine's hasn't, and on Linux there is a layer of
# our own: there the programs are Linux' own. For Windows they are linked only.
FIG3_19 := fig3_19/fig3_19_alpc_server fig3_19/fig3_19_alpc_client
FIG3_19_SOURCES := $(addprefix windows_ipc/fig3_19/,figure.c status.c \
	payload.c diagram.c)
ALPC_INCLUDES := -Iwindows_ipc/ntalpc/include -Iwindows_ipc/ntalpc/include/linux
alpc_why_not := $(if $(filter Linux,$(SYSTEM)),,runs on Linux alone)

$(OBJ)/windows_ipc/%.o $(OBJ)/tests/alpc_%.o $(OBJ)/tests/bench_alpc.o: \
	COMPILE += $(ALPC_INCLUDES)
$(WINDOWS_OBJ)/windows_ipc/fig3_19/%.o: \
	WINDOWS_COMPILE += -Iwindows_ipc/ntalpc/include

$(foreach figure,$(FIG3_19),$(call windows_exe,windows_ipc,$(figure), \
	$(FIG3_19_SOURCES),,-lntdll))
ifeq ($(SYSTEM),Linux)
$(foreach figure,$(FIG3_19),$(call program,windows_ipc,$(figure), \
	$(FIG3_19_SOURCES) $(ALPC_SOURCES)))
endif
$(call demo,windows_ipc,3.19,3.19,fig3_19,$(alpc_why_not))

ifeq ($(SYSTEM),Linux)
$(call lecture,3.19,serve fig3_19_alpc_server --step --clients=1 --name=$$PORT | \
	fig3_19_alpc_client --step --size=4KiB --wait=3600 --name=$$PORT $$DRAW | \
	watch-alpc $$PORT)
endif

.PHONY: run-alpc check-windows-link
run-alpc: run-3.19
check-windows-link: $(foreach figure,$(FIG3_19), \
		$(BUILD)/windows/$(notdir $(figure)).exe)
	@echo "linked with ntdll: $(notdir $^)"

$(call windows_program,windows_ipc,fig3_23/fig3_23_pipe_parent, \
	windows_ipc/message.c)
$(call windows_demo,3.23,3.23,fig3_23)
$(call continued,3.24,3.23)

$(call windows_program,windows_ipc,fig3_25/fig3_25_pipe_child, \
	windows_ipc/deadline.c)
$(call windows_demo,3.25,3.25,fig3_25)

$(call windows_program,windows_ipc,named_pipes/named_pipe_server, \
	windows_ipc/named_pipes/pipe_name.c)
$(call windows_program,windows_ipc,named_pipes/named_pipe_client, \
	windows_ipc/message.c windows_ipc/named_pipes/pipe_name.c)
$(call windows_demo,3.25.1,named-pipes,named_pipes)

# The stubs: what the compiler makes of them is theirs to answer for.
RPC := $(WINDOWS_OBJ)/windows_ipc/rpc
WINDOWS_STUBS = $(WINDOWS_WIDL) -m64 -Oicf $(if $(filter callback,$*),-DCALLBACK)
$(RPC)/%.h $(RPC)/%_c.c $(RPC)/%_s.c: windows_ipc/rpc/figures.idl
	@mkdir -p $(@D)
	$(call SHOW,WIDL  $< for $*) $(WINDOWS_STUBS) -h -H $(RPC)/$*.h $< && \
		$(WINDOWS_STUBS) -H $*.h -c -o $(RPC)/$*_c.c $< && \
		$(WINDOWS_STUBS) -H $*.h -s -o $(RPC)/$*_s.c $<
$(RPC)/figures_c.o $(RPC)/figures_s.o $(RPC)/callback_c.o \
	$(RPC)/callback_s.o: WARNINGS := -w
$(RPC)/rpc_server.o $(RPC)/rpc_client.o: $(RPC)/figures.h $(RPC)/callback.h
ifeq ($(windows_why_not),)
lint: $(RPC)/figures.h $(RPC)/callback.h
endif
.PRECIOUS: $(RPC)/%.h $(RPC)/%_c.c $(RPC)/%_s.c

$(call windows_program,windows_ipc,rpc/rpc_server,windows_ipc/rpc/ncalrpc.c, \
	$(RPC)/figures_s.o $(RPC)/callback_c.o,-lrpcrt4)
$(call windows_program,windows_ipc,rpc/rpc_client,windows_ipc/message.c \
	windows_ipc/rpc/ncalrpc.c,$(RPC)/figures_c.o $(RPC)/callback_s.o, \
	-lrpcrt4)
$(call windows_demo,3.19.1,rpc,rpc)

# Its rows belong to the table of the UNIX pipes' demo.
$(call windows_program,windows_ipc,four_questions/four_questions_windows, \
	windows_ipc/deadline.c)
run-four-questions: windows_ipc-programs

$(call lecture,3.23,fig3_23_pipe_parent --step)
$(call lecture,3.24,fig3_23_pipe_parent --step)
$(call lecture,3.25,fig3_23_pipe_parent --step)

$(call room,windows_ipc,windows)

# What only tests run, which needs the rules above.
$(call windows_program,tests,arguments_probe)
$(call windows_program,tests,pipe_relay)
