/*
 * What happens to lines that are longer than PIPE_BUF when two processes write
 * into one FIFO at once.
 */
#ifndef FIFO_INTERLEAVE_H
#define FIFO_INTERLEAVE_H

/* Lets two writers write lines of PIPE_BUF bytes, and then longer ones, through
 * a FIFO named like PATH with this process's number behind it; tells how many
 * arrived torn. Returns the program's exit status. */
int run_interleave(const char *path);

#endif
