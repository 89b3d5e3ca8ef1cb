/*
 * What a parent has to do with its child at the end.
 */
#ifndef PIPES_CHILD_H
#define PIPES_CHILD_H

#include <stdbool.h>

/*
 * Whether a wait status (waitpid(2)) says that the child did its work: it
 * exited with 0. A child that exited otherwise has said why on stderr; for one
 * that a signal ended, a line says which.
 */
bool child_succeeded(int status);

#endif
