/*
 * How a machine writes numbers and characters: eight bytes in messages between
 * machines, and in notifications, where they are of no use but have their
 * place.
 */
#ifndef MACH_NDR_H
#define MACH_NDR_H

#include <stdint.h>

typedef struct {
	uint8_t mig_vers;
	uint8_t if_vers;
	uint8_t reserved1;
	uint8_t mig_encoding; /* NDR_PROTOCOL_2_0 */
	uint8_t int_rep;      /* NDR_INT_* */
	uint8_t char_rep;     /* NDR_CHAR_* */
	uint8_t float_rep;    /* NDR_FLOAT_* */
	uint8_t reserved2;
} NDR_record_t;

#define NDR_PROTOCOL_2_0 0

#define NDR_INT_BIG_ENDIAN 0
#define NDR_INT_LITTLE_ENDIAN 1

#define NDR_CHAR_ASCII 0
#define NDR_CHAR_EBCDIC 1

#define NDR_FLOAT_IEEE 0
#define NDR_FLOAT_VAX 1
#define NDR_FLOAT_CRAY 2
#define NDR_FLOAT_IBM 3

/* This machine's. */
extern NDR_record_t NDR_record;

#endif
