/*
 * What the Mach conformance program is written with: facts, which are TAP
 * lines, and small messages.
 */
#ifndef TESTS_MACH_FACTS_H
#define TESTS_MACH_FACTS_H

#include <mach/mach.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/common.h"

/* ---- facts --------------------------------------------------------------- */

/* One TAP line: whether GOT is what a real kernel answered. */
void fact(const char *name, uint32_t got, uint32_t expected);

/* The same where this kernel is to differ from the one of the transcript, with
 * why: GOT has to be EXPECTED here, THERE it was another. */
void differs(const char *name, uint32_t got, uint32_t expected,
    const char *there, const char *why);

/* The reason for one of them. */
extern const char blocked_order[];

/* Ends the report: prints the plan, returns the exit status. */
int facts_end(void);

/* Something that a fact needs failed: ends the program. */
void need(kern_return_t result, const char *what);

/* ---- ports --------------------------------------------------------------- */

/* A new port; with SENDS references to a send right. */
mach_port_t new_port(int sends);

mach_port_type_t type_of(mach_port_t name);
mach_port_urefs_t refs_of(mach_port_t name, mach_port_right_t right);
mach_port_status_t status_of(mach_port_t name);
/* Gives the receive right up. */
void drop_receive(mach_port_t name);
kern_return_t set_limit(mach_port_t name, mach_port_msgcount_t limit);

/* ---- messages ------------------------------------------------------------ */

/* A message of 32 bytes, or one with a descriptor, with room for any trailer.
 */
union message {
	mach_msg_header_t header;
	struct {
		mach_msg_header_t header;
		int data[2];
	} plain;
	struct {
		mach_msg_header_t header;
		mach_msg_body_t body;
		mach_msg_port_descriptor_t port;
	} right;
	struct {
		mach_msg_header_t header;
		mach_msg_body_t body;
		mach_msg_ool_descriptor_t memory;
	} memory;
	mach_dead_name_notification_t dead_name;
	mach_no_senders_notification_t no_senders;
	char room[4096];
};

/* Fills in the header of a plain message to PORT, and empties the rest of it.
 */
void address_to(union message *message, mach_port_t port,
    mach_msg_type_name_t disposition, mach_msg_id_t id);

/* Makes it one with a descriptor: a right, memory, or an array of rights. */
void carry_right(union message *message, mach_port_t right,
    mach_msg_type_name_t disposition);
void carry_memory(union message *message, void *address, mach_msg_size_t size,
    bool deallocate);
void carry_rights(union message *message, mach_port_t *rights,
    mach_msg_size_t count, mach_msg_type_name_t disposition);

/* Sends it; with MACH_SEND_TIMEOUT it doesn't wait. */
mach_msg_return_t send_message(
    union message *message, mach_msg_option_t option);

/* Sends a plain message with this id; OPTION on top of MACH_SEND_MSG. */
mach_msg_return_t send_to(mach_port_t port, mach_msg_type_name_t disposition,
    mach_msg_id_t id, mach_msg_option_t option, mach_msg_timeout_t timeout);

/* The same by COPY_SEND, not waiting. */
mach_msg_return_t send_now(mach_port_t port, mach_msg_id_t id);

/* The same by COPY_SEND, kept if the queue is full; NOTIFY is told then. */
mach_msg_return_t send_kept(mach_port_t port, mach_msg_id_t id,
    mach_msg_option_t option, mach_msg_timeout_t timeout, mach_port_t notify);

/* Sends a right in a message's body, not waiting. */
mach_msg_return_t send_right(
    mach_port_t to, mach_port_t right, mach_msg_type_name_t disposition);

/* Sends a right in the place of the reply port. */
mach_msg_return_t send_reply_right(mach_port_t to, mach_msg_id_t id,
    mach_port_t reply, mach_msg_type_name_t disposition);

/* Sends SIZE bytes that are out of line. */
mach_msg_return_t send_memory(
    mach_port_t to, void *address, mach_msg_size_t size, bool deallocate);

/* Receives, waiting at most that long; the trailer has a sequence number. */
mach_msg_return_t receive(
    mach_port_t port, union message *message, mach_msg_timeout_t timeout);

/* The trailer behind a received message. */
const mach_msg_max_trailer_t *trailer_of(const union message *message);

/* How many messages there are; takes them out. */
unsigned drain(mach_port_t port);

/* ---- threads ------------------------------------------------------------- */

/* A thread that makes one call. */
struct caller;

/* Starts it, and waits until it is blocked in the call, or has returned. */
struct caller *caller_start(
    mach_msg_return_t (*call)(mach_port_t port, mach_msg_id_t id),
    mach_port_t port, mach_msg_id_t id);

/* Whether the call hasn't returned yet. */
bool caller_is_blocked(struct caller *caller);

/* Waits for its end; returns what the call did. */
mach_msg_return_t caller_join(struct caller *caller);

/* Sends it a signal whose handler does nothing. */
void caller_interrupt(struct caller *caller);

/* Calls to make: send by COPY_SEND, and receive, waiting for ever. */
mach_msg_return_t call_send(mach_port_t port, mach_msg_id_t id);
mach_msg_return_t call_receive(mach_port_t port, mach_msg_id_t id);

double seconds_now(void);

/* ---- tasks --------------------------------------------------------------- */

/* Forks a task that runs ACT, with PORT as its bootstrap port, and then waits
 * to be killed. */
pid_t task_start(void (*act)(void), mach_port_t port);

/* Kills it, and unsets the bootstrap port. */
void task_end(pid_t pid);

/* The process of the bootstrap server, as its answer's trailer has it; 0 when
 * there was no answer. */
pid_t bootstrap_server_process(void);

/* ---- the parts of the transcript ---------------------------------------- */

void queue_facts(void);  /* q_limits, fifo */
void right_facts(void);  /* rights, large, portset */
void moving_facts(void); /* move_receive, ool, died */
void task_facts(void);   /* tasks */
void figure_facts(void); /* six senders, figure 3.18 */

/* ---- what macOS does beyond it ------------------------------------------ */

void message_facts(void);      /* headers, sizes, trailers, bodies */
void address_facts(void);      /* memory that isn't there */
void carried_facts(void);      /* rights in messages */
void limit_facts(void);        /* full queues, the four choices */
void notification_facts(void); /* all of them */
void death_facts(void);        /* of a task that is killed */
void name_facts(void);         /* names and their rights */
void call_facts(void);         /* the other calls */
void bootstrap_facts(void);
void mapped_facts(void);   /* large memory, which isn't copied */
void much_facts(void);     /* much of it */
void shortage_facts(void); /* the limits of what a task may have */

#endif
