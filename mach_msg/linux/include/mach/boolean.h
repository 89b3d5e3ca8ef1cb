/*
 * Mach's truth values. boolean_t is an int, as on macOS for ARM; in messages it
 * is four bytes.
 */
#ifndef MACH_BOOLEAN_H
#define MACH_BOOLEAN_H

typedef int boolean_t;

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

#endif
