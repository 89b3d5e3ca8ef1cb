# UNIX pipes: 3.20-3.22, two-way pipes, FIFOs

$(call program,pipes,fig3_20/fig3_20_descriptors, \
	$(addprefix pipes/,canvas.c child.c ends.c picture.c))
$(call demo,pipes,3.20,3.20,fig3_20)

$(call program,pipes,fig3_21/fig3_21_ordinary_pipe, \
	$(addprefix pipes/,child.c deadline.c message.c fig3_21/experiments.c))
$(call demo,pipes,3.21,3.21,fig3_21)
$(call continued,3.22,3.21)

$(call program,pipes,two_way_pipes/two_way_pipes, \
	$(addprefix pipes/,child.c deadline.c message.c))
$(call demo,pipes,3.22.1,two-way-pipes,two_way_pipes)

$(call program,pipes,fifo/fifo_writer,$(addprefix pipes/,child.c deadline.c \
	message.c fifo/fifo.c fifo/interleave.c))
$(call program,pipes,fifo/fifo_reader,pipes/deadline.c pipes/fifo/fifo.c)
$(call demo,pipes,3.22.2,fifo,fifo)

$(call program,pipes,four_questions/four_questions,$(addprefix pipes/,child.c \
	deadline.c fifo/fifo.c $(addprefix four_questions/,named_pipe.c \
	ordinary_pipe.c table.c)))
$(call demo,pipes,3.22.3,four-questions,four_questions)

$(call lecture,3.20,fig3_20_descriptors --step $$QUIET | watch-pipes)
$(call lecture,3.21,fig3_21_ordinary_pipe --step | watch-pipes)
$(call lecture,3.22,fig3_21_ordinary_pipe --step | watch-pipes)

$(call room,pipes,pipes)
