/*
 * What the writer and the reader of a FIFO have in common, but for the calls
 * that they are about.
 *
 * Source: mkfifo(3), fifo(7). The book calls FIFOs the named pipes of UNIX.
 */
#ifndef FIFO_FIFO_H
#define FIFO_FIFO_H

/* The name where none is given: fifo-UID in $TMPDIR, or in /tmp. */
const char *default_fifo(void);

/* Ends the program with an error when FD, or what stands at PATH when FD is -1,
 * is no FIFO, or is another user's. */
void check_fifo(const char *path, int fd);

/* open() failed: ends the program with an error that says why. When that is the
 * deadline: that no OTHER ("reader") came within SECONDS. */
_Noreturn void open_failed(const char *path, const char *other, double seconds);

/* Takes PATH away when the program ends, also when a signal ends it. */
void remove_at_end(const char *path);

#endif
