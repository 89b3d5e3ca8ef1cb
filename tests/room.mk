# Programs that only tests and benchmarks run

$(call program,tests,common_probe)
$(call program,tests,mach_abi)

ifneq ($(SYSTEM),Darwin)
$(call program,tests,ring_threads,posix_shm/bounded_buffer/ring.c)
$(call program,tests,bench_shm,posix_shm/bounded_buffer/ring.c tests/bench.c)

.PHONY: bench-shm
bench-shm: $(BUILD)/bench_shm posix_shm-programs
	@PATH='$(abspath $(BUILD))':"$$PATH" bench_shm
endif

$(call program,tests,bench_pipes,tests/bench.c)

.PHONY: bench-pipes
bench-pipes: $(BUILD)/bench_pipes pipes-programs
	@PATH='$(abspath $(BUILD))':"$$PATH" bench_pipes

ifeq ($(SYSTEM),Linux)
$(call program,tests,mach_conformance,$(MACH_LIBRARY) tests/mach_facts.c \
	$(wildcard tests/mach_conformance_*.c))
$(call program,tests,mach_rounds,$(MACH_LIBRARY) tests/mach_facts.c)
$(call program,tests,mach_lsmp_probe,$(MACH_LIBRARY) tests/mach_facts.c)
$(call program,tests,mach_load,$(MACH_LIBRARY) tests/mach_facts.c)
$(call program,tests,mach_deaths,$(MACH_LIBRARY) tests/mach_facts.c)
$(call program,tests,mach_hostile,$(MACH_LIBRARY) tests/mach_facts.c \
	$(addprefix tests/mach_hostile_,task.c calls.c files.c times.c))
$(call program,tests,mach_waits,$(MACH_LIBRARY) tests/mach_facts.c)
$(call program,tests,bench_mach,$(MACH_LIBRARY) tests/mach_facts.c tests/bench.c)

.PHONY: bench-mach
bench-mach: $(BUILD)/bench_mach mach_msg-programs
	@PATH='$(abspath $(BUILD))':"$$PATH" bench_mach

# The fuzzer is clang's; the kernel in it asks Linux for nothing
# (tests/mach_fuzz_linux.c), which may also refuse it memory.
FUZZ_OBJ    := $(OBJ)/fuzz
FUZZ_KERNEL := $(filter-out %/mach_kernel.c %/linux_process.c, \
	$(wildcard mach_msg/linux/kernel/*.c))
FUZZ_SANITIZE := address,undefined -fno-sanitize-recover=undefined
FUZZ_COMPILE = clang $(STANDARD) $(WARNINGS) -O1 -g -I. \
	-Imach_msg/linux/include -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,$(FUZZ_SANITIZE)
SECONDS := 0

$(FUZZ_OBJ)/mach_msg/%.o: FUZZ_COMPILE += -Dcalloc=fuzz_calloc \
	-Dmalloc=fuzz_malloc -Drealloc=fuzz_realloc
$(FUZZ_OBJ)/%.o: %.c $(FUZZ_OBJ)/flags
	@mkdir -p $(@D)
	$(call SHOW,CC    $<) $(FUZZ_COMPILE) -MMD -MP -c -o $@ $<
$(BUILD)/mach_fuzz: $(patsubst %.c,$(FUZZ_OBJ)/%.o,$(FUZZ_KERNEL) \
		$(wildcard tests/mach_fuzz*.c))
	$(call SHOW,LINK  $@) clang -fsanitize=fuzzer,$(FUZZ_SANITIZE) -o $@ $^
$(call flags_file,$(FUZZ_OBJ),$$(FUZZ_COMPILE))

# Goes on for SECONDS, 0 is for good, or until there is a finding: a file that is
# to be kept in tests/fuzz/mach, once the kernel stands it. What it learns about
# the kernel is in build/fuzz-mach, for the next time.
.PHONY: fuzz-mach
fuzz-mach: $(BUILD)/mach_fuzz
	@mkdir -p $(BUILD)/fuzz-mach
	$(BUILD)/mach_fuzz -max_len=2048 -max_total_time=$(SECONDS) \
		-artifact_prefix=$(BUILD)/finding- $(BUILD)/fuzz-mach tests/fuzz/mach

# windows_ipc/room.mk comes later
ALPC_SOURCES := $(wildcard windows_ipc/ntalpc/*.c)
$(call program,tests,bench_alpc,$(ALPC_SOURCES) tests/bench.c)
$(call program,tests,alpc_conformance,$(ALPC_SOURCES) tests/alpc_facts.c \
	tests/alpc_server.c $(wildcard tests/alpc_conformance_*.c))
$(call program,tests,alpc_hostile,$(ALPC_SOURCES) tests/alpc_facts.c \
	tests/alpc_raw.c $(wildcard tests/alpc_hostile_*.c))
$(call program,tests,alpc_rounds,$(ALPC_SOURCES) tests/alpc_facts.c \
	tests/alpc_server.c)

.PHONY: bench-alpc
bench-alpc: $(BUILD)/bench_alpc
	@$(BUILD)/bench_alpc
endif
