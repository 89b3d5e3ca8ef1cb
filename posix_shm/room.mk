# POSIX shared memory: 3.16, 3.17, the bounded buffer

$(call program,posix_shm,fig3_16/fig3_16_producer,posix_shm/message.c posix_shm/object.c)
$(call demo,posix_shm,3.16,3.16,fig3_16)

$(call program,posix_shm,fig3_17/fig3_17_consumer,posix_shm/message.c posix_shm/object.c)
$(call demo,posix_shm,3.17,3.17,fig3_17)

# The bounded buffer's semaphores lie in shared memory: macOS has none such.
ifneq ($(SYSTEM),Darwin)
$(call program,posix_shm,bounded_buffer/bounded_buffer,posix_shm/object.c \
	$(addprefix posix_shm/bounded_buffer/,meeting.c no_sync.c ring.c))
endif
$(call demo,posix_shm,3.17.1,bounded-buffer,bounded_buffer, \
	$(if $(filter Darwin,$(SYSTEM)),macOS has no process-shared semaphores: run it on Linux))

lecture_panes := fig3_16_producer --step --name=$$OBJECT | \
	fig3_17_consumer --step --wait=3600 --name=$$OBJECT | watch-shm $$OBJECT
$(call lecture,3.16,$(lecture_panes))
$(call lecture,3.17,$(lecture_panes))

$(call room,posix_shm,shm)
