/*
 * Which processes hold which ends of which pipes, as the kernel tells it now.
 *
 * Source: /proc/PID/fd and /proc/PID/stat (proc(5)). Systems without /proc
 * don't tell; there each function finds nothing, and ends_visible() is false.
 */
#ifndef PIPES_ENDS_H
#define PIPES_ENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A process's descriptor of a pipe or FIFO. */
struct end {
	pid_t pid;
	char process[32]; /* the program's name, or the process's part in it */
	int fd;
	bool reads, writes; /* a FIFO may be open for both */
	dev_t device;       /* these two are the pipe: ends of one */
	ino_t inode;        /* pipe have the same */
	char pipe[64];      /* "pipe 812345", or a FIFO's path */
};

struct ends {
	struct end *end; /* by process, then by descriptor */
	size_t count;
};

/* Whether this system tells. */
bool ends_visible(void);

/*
 * Appends the ends that PID holds. Returns false when PID's descriptors can't
 * be read, with errno set: ENOENT when there is no such process, EACCES when it
 * is another user's.
 */
bool ends_of_process(struct ends *ends, pid_t pid);

/* The same for PID and all its descendants, parents first. One that can't be
 * read is left out, PID itself excepted. */
bool ends_of_family(struct ends *ends, pid_t pid);

/* Ends of the same pipe? */
bool same_pipe(const struct end *a, const struct end *b);

/* Appends an end. */
void ends_add(struct ends *ends, const struct end *end);

/* Forgets them all and gives their memory back. */
void ends_free(struct ends *ends);

#endif
