/*
 * Reads and writes that finish what they begin.
 */
#ifndef COMMON_IO_H
#define COMMON_IO_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes all SIZE bytes to FD, going on after short writes and EINTR.
 * Returns false with errno set (write(2)) when it can't; some bytes may have
 * been written by then.
 */
bool write_all(int fd, const void *bytes, size_t size);

/*
 * Reads from FD until SIZE bytes are there or the input ends, going on after
 * short reads and EINTR. Returns how many it read, less than SIZE only at
 * end-of-file, or -1 with errno set (read(2)).
 */
long long read_all(int fd, void *bytes, size_t size);

/*
 * Copies TEXT to BUFFER of SIZE bytes with each control character as \xNN, so
 * that no name can break a line or speak to the terminal; what doesn't fit is
 * left out. Returns BUFFER.
 */
char *escape_controls(const char *text, char *buffer, size_t size);

#endif
