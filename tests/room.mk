# Programs that only tests and benchmarks run

$(call program,tests,common_probe)
ifneq ($(SYSTEM),Darwin)
$(call program,tests,ring_threads,posix_shm/bounded_buffer/ring.c)
endif
