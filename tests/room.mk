# Programs that only tests and benchmarks run

$(call program,tests,common_probe)

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
$(call program,tests,mach_abi)
$(call program,tests,mach_conformance,$(MACH_LIBRARY) tests/mach_facts.c \
	$(wildcard tests/mach_conformance_*.c))
$(call program,tests,mach_rounds,$(MACH_LIBRARY) tests/mach_facts.c)
$(call program,tests,mach_load,$(MACH_LIBRARY) tests/mach_facts.c)
$(call program,tests,mach_deaths,$(MACH_LIBRARY) tests/mach_facts.c)
$(call program,tests,bench_mach,$(MACH_LIBRARY) tests/mach_facts.c)

.PHONY: bench-mach
bench-mach: $(BUILD)/bench_mach mach_msg-programs
	@PATH='$(abspath $(BUILD))':"$$PATH" bench_mach
endif
