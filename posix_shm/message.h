/*
 * A message in a shared-memory object, as figures 3.16 and 3.17 share it.
 *
 * The text stands at offset 0, so that `cat /dev/shm/OS` shows it; zeros
 * follow. The book's consumer can't know whether the producer has finished, nor
 * how many zeros are the text's own, so the object's last aligned 4 bytes tell
 * it:
 *
 *     offset 0                                        capacity     size
 *     | H e l l o   W o r l d ! 0 0 0 ...           0 | state 4 B |
 *
 * state is 0 in a new object, MESSAGE_UNFINISHED while the text is written, and
 * 1 + the number of zeros that the text ends with when it is complete: one
 * atomic store publishes all of it. (Its bytes are ones that a terminal passes
 * over: a length of 12 would be a form feed to cat's reader.)
 *
 * A producer that knows nothing of this (the book's) leaves state 0: its text
 * is taken to end before the first zero, and may be half written.
 */
#ifndef POSIX_SHM_MESSAGE_H
#define POSIX_SHM_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes of text an object of SIZE bytes can hold. */
size_t message_capacity(size_t size);

/*
 * The bytes to send: TEXT, or all of standard input when TEXT is "-"; their
 * number in *LENGTH. Ends the program when they don't fit into an object of
 * SIZE bytes, before anything is created. The bytes live as long as the
 * program.
 */
const char *message_to_send(const char *text, size_t size, size_t *length);

/* Marks the new object mapped at OBJECT as unfinished. */
void message_begin(void *object, size_t size);

/* Makes the LENGTH bytes of text at OBJECT visible as complete; behind them the
 * object is still as ftruncate made it. */
void message_publish(void *object, size_t size, size_t length);

/* Whether there is a complete message in the object mapped at OBJECT, and its
 * length. An object that is too small to be one has none. */
bool message_published(const void *object, size_t size, size_t *length);

/* Waits until a process of the same user has published a message under NAME, at
 * most that long; returns whether it has. */
bool message_wait(const char *name, double seconds);

#endif
