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
	$(wildcard tests/mach_hostile_*.c))
$(call program,tests,mach_waits,$(MACH_LIBRARY) tests/mach_facts.c)
$(call program,tests,bench_mach,$(MACH_LIBRARY) tests/mach_facts.c \
	tests/bench.c tests/bench_mach_memory.c)

.PHONY: bench-mach
bench-mach: $(BUILD)/bench_mach mach_msg-programs
	@PATH='$(abspath $(BUILD))':"$$PATH" bench_mach

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
