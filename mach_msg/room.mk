# Mach messages: tasks and ports, 3.18, lsmp
#
# On macOS with its own Mach, on Linux with the one in linux/.

ifneq ($(SYSTEM),Darwin)
MACH_LIBRARY := $(wildcard mach_msg/linux/lib/*.c)

# What includes <mach/mach.h>: this room, and what tests it.
$(OBJ)/mach_msg/%.o $(OBJ)/tests/mach_%.o $(OBJ)/tests/bench_mach.o: COMPILE += -Imach_msg/linux/include

$(call program,mach_msg,linux/kernel/mach_kernel, \
	$(filter-out %/mach_kernel.c,$(wildcard mach_msg/linux/kernel/*.c)))
$(call program,mach_msg,bootstrap_server/bootstrap_server,$(MACH_LIBRARY))
$(call program,mach_msg,lsmp/lsmp,mach_msg/linux/lib/launch.c \
	$(addprefix mach_msg/lsmp/,screen.c snapshot.c table.c))
$(call demo,mach_msg,3.18.1,lsmp,lsmp)
endif

$(call program,mach_msg,task_ports/task_ports,mach_msg/mach_result.c \
	mach_msg/task_ports/name_space.c $(MACH_LIBRARY))
$(call demo,mach_msg,3.17.2,task-ports,task_ports)

$(call program,mach_msg,fig3_18/fig3_18_server,mach_msg/mach_result.c $(MACH_LIBRARY))
$(call program,mach_msg,fig3_18/fig3_18_client,mach_msg/mach_result.c $(MACH_LIBRARY))
$(call demo,mach_msg,3.18,3.18,fig3_18)

$(call lecture,3.18,serve fig3_18_server --step --name=$$SERVICE | \
	fig3_18_client --step --wait=3600 --name=$$SERVICE \
	$(if $(filter Darwin,$(SYSTEM)),,| watch-lsmp))

$(call room,mach_msg,mach)
