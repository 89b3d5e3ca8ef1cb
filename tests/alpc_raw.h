/*
 * What the hostile client is written with: packets as they go over the wire,
 * and what must hold of the server.
 */
#ifndef TESTS_ALPC_RAW_H
#define TESTS_ALPC_RAW_H

#include "tests/alpc_facts.h"
#include "windows_ipc/ntalpc/wire.h"

/* The server's name, and its process. */
extern const char *name;
extern size_t server;

/* Sends SIZE bytes, and COUNT descriptors with them. What the server has closed
 * can't be sent to: false. */
bool send_raw(
    int socket, const void *bytes, size_t size, const int *fds, size_t count);

int connect_raw(void);

/* Connects and is accepted; NUMBER gets the connection's. */
int connect_accepted(uint32_t *number);

/* A memory file with these seals; FILLED: its memory is there. */
int memory(size_t size, bool filled, int seals);

/* A well-behaved client's request is answered. */
void check_service(void);

/* How many descriptors the server has. */
size_t count_descriptors(void);

/* How many of its mappings are of memory files. */
size_t count_mappings(void);

/* The server has served, and has nothing left of anybody. It closes what a
 * client had when it receives next. */
void check_server(const char *attack, size_t descriptors);

/* ---- attacks ------------------------------------------------------------- */

/* In alpc_hostile_sections.c */
void send_sections(void);
void shrink_section(void);
void send_many_descriptors(void);

/* Connects COUNT times and sends packets with random mistakes. */
void fuzz(size_t count, uint64_t seed);

/* Has this process's clients connect COUNT times to a server that sends such.
 */
void fuzz_client(size_t count, uint64_t seed);

#endif
