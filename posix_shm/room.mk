# POSIX shared memory: figures 3.16 and 3.17, and the bounded buffer.

$(call program,posix_shm,fig3_16/fig3_16_producer,message.c object.c)
$(call program,posix_shm,fig3_17/fig3_17_consumer,message.c object.c)
$(call room,posix_shm,shm)
