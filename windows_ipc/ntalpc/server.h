/*
 * The server's side: a connection port, and for each client a server
 * communication port. Everything is locked by the connection port's lock; what
 * is called "locked" below wants it held.
 */
#ifndef NTALPC_SERVER_H
#define NTALPC_SERVER_H

#include "windows_ipc/ntalpc/message.h"
#include "windows_ipc/ntalpc/name.h"
#include "windows_ipc/ntalpc/object.h"

#include <pthread.h>

/*
 * A message's id is its connection's number and one of the client's own, so
 * that a server knows every request by its id alone. A connection has no more
 * than OUTSTANDING unanswered requests; a message's place is its number modulo
 * that.
 */
enum {
	NUMBER_SHIFT = 20,
	OWN_MASK = (1 << NUMBER_SHIFT) - 1,
	OUTSTANDING = 256,
	MOST_NUMBERS = 4096,
	MOST_CLIENTS = 512,
	MOST_OF_ONE_PROCESS = 128,
	MOST_UNSENT = 8 * 1024 * 1024, /* bytes */
	MOST_QUEUED = 1024
};

/* A message that has come and may be answered. */
struct request {
	uint32_t id;
	bool open;        /* not answered yet */
	bool waited;      /* the client waits for the answer */
	bool cancelled;   /* it has given up */
	unsigned copying; /* direct reads and writes that are under way */
	int count;        /* of entries */
	PORT_DATA_ENTRY *entries;
};

/* What couldn't be sent yet, since the client doesn't read. */
struct unsent {
	struct unsent *next;
	struct packet packet;
	int fd;
	unsigned char data[];
};

/* A server thread that waits for the answer to its callback. */
struct callback {
	struct callback *next;
	uint32_t id;
	const struct receiver *receiver;
	NTSTATUS status; /* STATUS_PENDING while it waits */
};

struct connection_port;

struct server_port {
	struct object object;
	struct connection_port *parent; /* keeps it */
	uint32_t number;
	enum {
		PORT_NEW,    /* connected, and has said nothing */
		PORT_ASKING, /* wants to be accepted */
		PORT_CONNECTED,
		PORT_LOST
	} state;
	bool disconnected; /* by NtAlpcDisconnectPort */
	int socket;
	int process; /* pidfd */
	pid_t pid;   /* by SO_PEERCRED */
	PVOID context;
	struct exchange exchange;
	struct request requests[OUTSTANDING];
	struct unsent *first_unsent, *last_unsent;
	size_t unsent_bytes, queued;
	uint32_t last_callback;
	struct callback *callbacks;
	int callback_wake; /* eventfd, -1 before the first callback */
};

struct connection_port {
	struct object object;
	pthread_mutex_t lock;
	pthread_cond_t idle;   /* a request's copying has become 0 */
	struct port_name name; /* "": none */
	struct limits limits;
	bool closed, woken; /* WOKEN: wake can be read */
	int listener, epoll, wake, spare;
	struct sections sections;
	struct server_port *ports[MOST_NUMBERS]; /* by number */
	size_t port_count;
	uint32_t last_number;
	struct queue queue;
	unsigned char scratch[LONGEST_DATA];
};

/* ---- connection_port.c --------------------------------------------------- */

/* Receives the next message of any client's. */
NTSTATUS connection_port_receive(struct connection_port *port,
    const struct receiver *receiver, const struct deadline *deadline);

/* The object that HANDLE names, locked: a connection port, and the server
 * communication port in *PORT if it is one of those, else null. */
NTSTATUS server_lock(
    HANDLE handle, struct connection_port **parent, struct server_port **port);
void server_unlock(struct connection_port *parent, struct server_port *port);

/* Ends it: nobody can connect, clients are disconnected, who receives returns.
 * Locked. */
void connection_port_close(struct connection_port *port);

/* Puts a message into the queue and wakes who receives. Locked. */
void connection_port_queue(
    struct connection_port *port, struct queued *message);

/* ---- server_port.c ------------------------------------------------------- */

/* Takes a client that has connected SOCKET; it is closed if that can't be.
 * Locked. */
void server_port_new(struct connection_port *parent, int socket);

enum pumped { PUMPED_NOTHING, PUMPED, PUMPED_DELIVERED };

/*
 * Takes a packet from the client, if there is one. A message goes to RECEIVER,
 * with the result in STATUS, or into the queue if that is null. Locked.
 */
enum pumped server_port_pump(struct server_port *port,
    const struct receiver *receiver, NTSTATUS *status);

/* Sends to the client, now or, when it doesn't read, later.
 * STATUS_PORT_DISCONNECTED. Locked. */
NTSTATUS server_port_post(
    struct server_port *port, const struct outgoing *outgoing);

/* Sends what couldn't be sent before. Locked. */
void server_port_flush(struct server_port *port);

/* Ends the connection; an accepted client's end is told as LPC_PORT_CLOSED if
 * TELL. Locked. */
void server_port_lose(struct server_port *port, bool tell);

/* ---- request.c ----------------------------------------------------------- */

/* A message that may be answered has come; false when it can't be one. Locked.
 */
bool request_begin(struct server_port *port, const struct packet *packet,
    const unsigned char *data);

/* The request of that id that isn't answered, of PORT or, if that is null, of
 * any client's. STATUS_MESSAGE_NOT_FOUND, STATUS_REQUEST_CANCELED. Locked. */
NTSTATUS request_find(struct connection_port *parent, uint32_t id,
    struct server_port **port, struct request **request);

/* Ends it, once nobody copies any more; false when somebody else has. Locked.
 */
bool request_end(struct server_port *port, struct request *request);

void requests_free(struct server_port *port);

/* ---- callback.c ---------------------------------------------------------- */

/* Asks the client back about REQUEST, and waits. Locked, but while it waits. */
NTSTATUS callback_ask(struct server_port *port, uint32_t request,
    struct outgoing *outgoing, const struct receiver *receiver,
    const struct deadline *deadline);

/* An answer has come. Locked. */
void callback_answer(struct server_port *port, const struct parcel *parcel);

/* The client has gone. Locked. */
void callbacks_end(struct server_port *port);

#endif
