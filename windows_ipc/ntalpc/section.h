/*
 * Sections: shared memory that travels by descriptor. A section is a memory
 * file that can neither shrink nor grow; its views are parts of it.
 *
 * A peer gets a section's descriptor before the first message with a view of
 * it, maps it and keeps it: later messages carry an offset and a size.
 */
#ifndef NTALPC_SECTION_H
#define NTALPC_SECTION_H

#include "windows_ipc/ntalpc/wire.h"

enum { MOST_SECTIONS = 64, MOST_VIEWS = 256 };

/* A section that this process created. */
struct section {
	uint32_t number; /* no other of this process has it */
	int fd;
	unsigned char *base;
	size_t size;
	struct view {
		size_t offset, size;
	} views[MOST_VIEWS]; /* by offset */
	size_t view_count;
};

/* A port's own sections. Its user locks them. */
struct sections {
	struct section *section[MOST_SECTIONS];
	size_t count, total; /* and their bytes */
};

/* A port's limits, in bytes, for its own sections and its peer's. */
struct section_limits {
	size_t section, total, view;
};

/* A peer's section, mapped here. */
struct import {
	uint32_t number;
	bool gone; /* the peer has deleted it */
	unsigned char *base;
	size_t size, views; /* how many were received and not given back */
};

/* What one end of a connection knows of the other's sections, and the other of
 * this one's. */
struct exchange {
	struct import import[MOST_SECTIONS];
	size_t import_count, total;
	uint32_t sent[MOST_SECTIONS]; /* numbers that the peer has */
	size_t sent_count;
};

/* ---- own sections -------------------------------------------------------- */

/* As NtAlpcCreatePortSection. */
NTSTATUS section_create(struct sections *sections,
    const struct section_limits *limits, size_t size, ALPC_HANDLE *handle,
    size_t *actual);

/* False when there is none. NUMBER gets what peers know it by. */
bool section_delete(
    struct sections *sections, ALPC_HANDLE handle, uint32_t *number);

void sections_free(struct sections *sections);

/* As NtAlpcCreateSectionView. */
NTSTATUS section_view(struct sections *sections,
    const struct section_limits *limits, ALPC_DATA_VIEW_ATTR *view);

/* False when no view begins there. */
bool section_unview(struct sections *sections, const void *base);

/* The section that the view to be sent is a part of, and where; null when it is
 * none of one view. */
const struct section *section_of(const struct sections *sections,
    const ALPC_DATA_VIEW_ATTR *view, uint64_t *offset);

/* ---- the peer's ---------------------------------------------------------- */

/* Maps a section that came, and closes FD. False when it isn't one that can be
 * trusted to stay, or is too large. */
bool import_add(struct exchange *exchange, const struct section_limits *limits,
    const struct packet *packet, int fd);

/* The peer has deleted it: unmapped with its last view. */
void import_gone(struct exchange *exchange, uint32_t number);

/* The view that PACKET tells of, counted as received; null when it is outside
 * of what there is. */
void *import_view(struct exchange *exchange, const struct packet *packet);

/* Gives a received view back; false when it is none. */
bool import_unview(struct exchange *exchange, const void *base);

void imports_free(struct exchange *exchange);

#endif
