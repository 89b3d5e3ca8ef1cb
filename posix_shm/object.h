/*
 * A shared-memory object seen from outside: its name, whose it is, and that no
 * half-made one is left behind. The calls that figures 3.16 and 3.17 teach
 * (shm_open, ftruncate, mmap, shm_unlink) are in the figures, not here.
 */
#ifndef POSIX_SHM_OBJECT_H
#define POSIX_SHM_OBJECT_H

#include <stddef.h>

/*
 * Checks a name against the portable rules of shm_open(3): one leading slash,
 * at least one more byte, no other slash, not "/." or "/..", at most 255 bytes
 * behind the slash (31 in all on macOS). Returns it; a bad one is a usage
 * error.
 */
const char *parse_object_name(const char *name);

/*
 * The size in bytes of the object open as FD, as fstat(2) tells it (macOS
 * rounds it up to whole pages). An object that belongs to another user than the
 * process's effective one ends the program: what it holds is not to be trusted.
 */
size_t own_object_size(int fd, const char *name);

/* What to do about an object that can't be opened (EACCES), for die_next. */
const char *advice_on_access(void);

/*
 * Removes the object that an earlier run of the same user left under NAME, if
 * there is one. Another user's ends the program.
 */
void remove_stale_object(const char *name);

/*
 * From here until object_finished(), NAME is unlinked if the program ends: by
 * exit, SIGHUP, SIGINT or SIGTERM. One object at a time; NAME is not copied.
 * With FD, a descriptor of the object, it is left alone once the object has
 * lost its name (Linux tells): by then NAME may be another's. FD -1: not known.
 */
void object_unfinished(const char *name, int fd);
void object_finished(void);

/*
 * From here on, touching a page of a mapping that the object has no memory for
 * (SIGBUS) is an error message about NAME and exit 1, not a crash.
 */
void explain_bus_error(const char *name);

/* A name that no object has, and one of an object without a size, made here and
 * removed when the program ends: what a consumer meets that comes too early. */
const char *name_of_no_object(void);
const char *name_of_sizeless_object(void);

#endif
