/*
 * What the Mach conformance program is written with: facts, which are TAP
 * lines, and small messages.
 */
#ifndef TESTS_MACH_FACTS_H
#define TESTS_MACH_FACTS_H

#include <mach/mach.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/common.h"

/* ---- facts --------------------------------------------------------------- */

/* One TAP line: whether GOT is what a real kernel answered. */
void fact(const char *name, uint32_t got, uint32_t expected);

/* The same where this kernel is to differ from the one of the transcript, with
 * why: GOT has to be EXPECTED here, THERE it was another. */
void differs(const char *name, uint32_t got, uint32_t expected,
    const char *there, const char *why);

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

/* Sends a plain message with this id; OPTION on top of MACH_SEND_MSG. */
mach_msg_return_t send_to(mach_port_t port, mach_msg_type_name_t disposition,
    mach_msg_id_t id, mach_msg_option_t option, mach_msg_timeout_t timeout);

/* The same by COPY_SEND, not waiting. */
mach_msg_return_t send_now(mach_port_t port, mach_msg_id_t id);

/* Receives, waiting at most that long; the trailer has a sequence number. */
mach_msg_return_t receive(
    mach_port_t port, union message *message, mach_msg_timeout_t timeout);

/* The trailer behind a received message. */
const mach_msg_max_trailer_t *trailer_of(const union message *message);

/* How many messages there are; takes them out. */
unsigned drain(mach_port_t port);

/* ---- threads ------------------------------------------------------------- */

/* A thread that sends a message, waiting for room, and ends. */
struct sender;
struct sender *sender_start(mach_port_t port, mach_msg_id_t id);
mach_msg_return_t sender_join(struct sender *sender);

double seconds_now(void);

/* ---- the parts of the transcript ------------------------------------------
 */

void queue_facts(void);  /* q_limits, fifo */
void right_facts(void);  /* rights, large, portset */
void moving_facts(void); /* move_receive, ool, died */
void task_facts(void);   /* tasks */
void figure_facts(void); /* six senders, figure 3.18 */
void more_facts(void);   /* what mach-facts.md says beyond the transcript */

#endif
