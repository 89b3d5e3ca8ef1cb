# Mach messages: 3.18, rights, queues, deaths, memory
#
# On macOS with its own Mach, on Linux with the one in linux/.

ifneq ($(SYSTEM),Darwin)
MACH_LIBRARY := $(wildcard mach_msg/linux/lib/*.c)

# What includes <mach/mach.h>: this room, and what tests it.
$(OBJ)/mach_msg/%.o $(OBJ)/tests/mach_%.o $(OBJ)/tests/bench_mach.o \
	$(OBJ)/tests/bench_mach_memory.o: COMPILE += -Imach_msg/linux/include

$(call program,mach_msg,linux/kernel/mach_kernel, \
	$(filter-out %/mach_kernel.c,$(wildcard mach_msg/linux/kernel/*.c)))
$(call program,mach_msg,lsmp/lsmp, \
	$(addprefix mach_msg/linux/lib/,connection.c launch.c) \
	$(addprefix mach_msg/lsmp/,screen.c snapshot.c table.c))
$(call demo,mach_msg,3.18.7,lsmp,lsmp)
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

# What the programs that the text has, and no figure, share.
MACH_SHARED := $(addprefix mach_msg/,mach_result.c name_space.c ports.c \
	tasks.c) $(MACH_LIBRARY)

$(call program,mach_msg,task_ports/task_ports,$(MACH_SHARED))
$(call demo,mach_msg,3.17.2,task-ports,task_ports)

$(call program,mach_msg,send_rights/send_rights, \
	mach_msg/send_rights/server.c $(MACH_SHARED))
$(call demo,mach_msg,3.18.1,send-rights,send_rights)

$(call program,mach_msg,dead_names/dead_names, \
	mach_msg/dead_names/server.c $(MACH_SHARED))
$(call demo,mach_msg,3.18.2,dead-names,dead_names)

$(call program,mach_msg,fifo_order/fifo_order,mach_msg/clock.c \
	mach_msg/fifo_order/sender.c $(MACH_SHARED))
$(call demo,mach_msg,3.18.3,fifo-order,fifo_order)

$(call program,mach_msg,full_queue/full_queue, \
	mach_msg/full_queue/meanwhile.c $(MACH_SHARED))
$(call demo,mach_msg,3.18.4,full-queue,full_queue)

$(call program,mach_msg,out_of_line/out_of_line,mach_msg/clock.c \
	$(addprefix mach_msg/out_of_line/,memory.c pages.c receiver.c) \
	$(MACH_SHARED))
$(call demo,mach_msg,3.18.5,out-of-line,out_of_line)

$(call program,mach_msg,port_sets/port_sets,mach_msg/port_sets/client.c \
	$(MACH_SHARED))
$(call demo,mach_msg,3.18.6,port-sets,port_sets)

# $(call mach_lecture,FIGURE,COMMANDS,ROWS AND OPTIONS OF LSMP)
#	macOS has an lsmp of its own, which isn't live.
mach_lecture = $(call lecture,$(1),$(2) $(if $(filter Darwin,$(SYSTEM)),,| watch-lsmp $(3)))
$(call mach_lecture,3.18,serve fig3_18_server --step --name=$$SERVICE | \
	fig3_18_client --step --wait=3600 --name=$$SERVICE,8 --brief)
$(call mach_lecture,task-ports,task_ports --step,7)
$(call mach_lecture,send-rights,send_rights --step $$QUIET,13 --brief)
$(call mach_lecture,dead-names,dead_names --step $$QUIET,13 --brief)
$(call mach_lecture,fifo-order,fifo_order --step --count=6,13 --brief)
$(call mach_lecture,full-queue,full_queue --step --limit=2 --milliseconds=3000,4 --brief)
$(call mach_lecture,out-of-line,out_of_line --step,9 --brief)
$(call mach_lecture,port-sets,port_sets --step --ports=2,13 --brief)

$(call room,mach_msg,mach)
