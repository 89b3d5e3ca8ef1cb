/*
 * The client's side: a client communication port. What is called "locked" below
 * wants its lock held.
 *
 * Any number of threads may wait for replies. One of them reads for all.
 */
#ifndef NTALPC_CLIENT_H
#define NTALPC_CLIENT_H

#include "windows_ipc/ntalpc/message.h"
#include "windows_ipc/ntalpc/name.h"
#include "windows_ipc/ntalpc/object.h"
#include "windows_ipc/ntalpc/server.h"

/* Microseconds that a read waits at the socket before it waits at WAKE too. */
enum { SOCKET_WAITS = 20 * 1000 };

/* A thread that waits: for the reply to message ID, or, if that is 0, for the
 * next message that is no reply. */
struct waiter {
	struct waiter *next;
	uint32_t id;
	const struct receiver *receiver;
	NTSTATUS status; /* STATUS_PENDING while it waits */
	PVOID context;   /* its MessageContext */
};

struct client_port {
	struct object object;
	pthread_mutex_t lock;
	pthread_cond_t change; /* of a waiter's status, or of READING */
	struct port_name name;
	struct limits limits;
	int socket, wake; /* eventfd: who reads shall look again */
	pid_t server;
	uint32_t number, last; /* the connection's, and of the last message */
	uint32_t held[OUTSTANDING]; /* that place's unanswered request, or 0 */
	bool disconnected;          /* by this side */
	bool lost;                  /* by the other */
	bool reading;               /* a thread does */
	bool woken;                 /* WAKE can be read */
	struct waiter *waiters;
	struct queue inbox;
	size_t queued;
	struct sections sections;
	struct exchange exchange;
	unsigned char scratch[LONGEST_DATA];
};

/* ---- client_port.c ------------------------------------------------------- */

/* A port for a connected socket, which it closes; null without memory. */
struct client_port *client_port_new(
    int socket, const struct port_name *name, const struct limits *limits);

NTSTATUS client_lock(HANDLE handle, struct client_port **port);
void client_unlock(struct client_port *port);

/* As STATUS_PORT_DISCONNECTED or STATUS_SUCCESS. Locked. */
NTSTATUS client_state(const struct client_port *port);

/* Who reads looks at its waiter again. Locked. */
void client_wake(struct client_port *port);

/* The port ends: by this side, or by the other. Locked. */
void client_end(struct client_port *port, bool by_us);

/* ---- client_wait.c ------------------------------------------------------- */

/* Waits until WAITER has its message. STATUS_TIMEOUT. Locked, but while it
 * waits. */
NTSTATUS client_wait(struct client_port *port, struct waiter *waiter,
    const struct deadline *deadline);

/* Hands out a message that was in the inbox. Locked. */
NTSTATUS client_take(struct client_port *port, struct queued *message,
    const struct receiver *receiver);

/* Receives the next message that is no reply to a synchronous request. */
NTSTATUS client_receive(struct client_port *port,
    const struct receiver *receiver, const struct deadline *deadline);

/* ---- client_send.c ------------------------------------------------------- */

/* Sends a packet, waiting for room. Locked, but while it waits. */
NTSTATUS client_post(struct client_port *port, const struct outgoing *outgoing,
    const struct deadline *deadline);

/* As NtAlpcSendWaitReceivePort at a client's port. Locked. */
NTSTATUS client_call(struct client_port *port, ULONG flags, PPORT_MESSAGE send,
    PALPC_MESSAGE_ATTRIBUTES attributes, const struct receiver *receiver,
    const struct deadline *deadline);

/* As NtAlpcCancelMessage there. Locked. */
NTSTATUS client_cancel(struct client_port *port, uint32_t id);

#endif
