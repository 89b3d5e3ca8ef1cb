# Mach messages: 3.18
#
# On macOS with its own Mach, on Linux with the one in linux/.

ifneq ($(SYSTEM),Darwin)
MACH_LIBRARY := $(wildcard mach_msg/linux/lib/*.c)

# What includes <mach/mach.h>: this room, and what tests it.
$(OBJ)/mach_msg/%.o $(OBJ)/tests/mach_%.o $(OBJ)/tests/bench_mach.o: COMPILE += -Imach_msg/linux/include

$(call program,mach_msg,linux/kernel/mach_kernel, \
	$(filter-out %/mach_kernel.c,$(wildcard mach_msg/linux/kernel/*.c)))
endif

$(call program,mach_msg,bootstrap_server/bootstrap_server, \
	mach_msg/mach_result.c $(MACH_LIBRARY))
ifeq ($(SYSTEM),Darwin)
# There launchd is the bootstrap server.
NOT_INSTALLED += $(BUILD)/bootstrap_server
endif

$(call program,mach_msg,fig3_18/fig3_18_server,mach_msg/mach_result.c $(MACH_LIBRARY))
$(call program,mach_msg,fig3_18/fig3_18_client,mach_msg/mach_result.c $(MACH_LIBRARY))
$(call demo,mach_msg,3.18,3.18,fig3_18)

$(call room,mach_msg,mach)
