/*
 * The bootstrap server: the registry of names by which tasks find each other's
 * ports. It is a task like any other and does all by messages; on macOS launchd
 * does this.
 *
 * The Mach kernel starts it when somebody first sends to the bootstrap port,
 * and gives it that port's receive right. It ends with the kernel.
 *
 * Partner: mach_msg/linux/lib/bootstrap.c, the calls that send it messages.
 */
#include <mach/mach.h>
#include <servers/bootstrap.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mach_msg/linux/bootstrap_protocol.h"
#include "mach_msg/mach_result.h"

static const struct choice options[] = {{0, NULL, NULL, NULL}};

static const struct program program = {
    .figure = "3.18",
    .role = "bootstrap",
    .purpose = "The registry of names by which Mach tasks find each other's "
	       "ports. The\nMach kernel starts it when it is needed.",
    .example = "fig3_18_server --explain",
    .options = options,
};

/* A name and the port that it stands for, by a send right. */
struct service {
	struct service *next;
	mach_port_t port;
	bool checked_in; /* a server has its receive right from here */
	char name[BOOTSTRAP_MAX_NAME_LEN];
};

/* What may come: a request, or a notification. */
union incoming {
	mach_msg_header_t header;
	bootstrap_request_t request;
	mach_dead_name_notification_t dead_name;
	char room[sizeof(bootstrap_request_t) + MAX_TRAILER_SIZE];
};

static struct service *services;
static mach_port_t own_port; /* the bootstrap port */

static struct service *
find(const char *name)
{
	struct service *service = services;

	while (service && strcmp(service->name, name) != 0)
		service = service->next;
	return service;
}

/* Notes the name and asks to be told when the port dies. The send right PORT is
 * the service's from here on unless this fails. */
static kern_return_t
add(const char *name, mach_port_t port, bool checked_in)
{
	struct service *service = calloc(1, sizeof *service);
	mach_port_t previous;
	kern_return_t result;

	if (!service)
		return BOOTSTRAP_NO_MEMORY;
	result = mach_port_request_notification(mach_task_self(), port,
	    MACH_NOTIFY_DEAD_NAME, true, own_port, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous);
	if (result != KERN_SUCCESS) {
		free(service);
		return result;
	}
	/* the same port may have several names: one request serves them all */
	if (previous != MACH_PORT_NULL)
		mach_port_mod_refs(
		    mach_task_self(), previous, MACH_PORT_RIGHT_SEND_ONCE, -1);
	memcpy(service->name, name, sizeof service->name);
	service->port = port;
	service->checked_in = checked_in;
	service->next = services;
	services = service;
	return KERN_SUCCESS;
}

/* Frees every name of the port, or only NAME if that isn't null. */
static void
forget(mach_port_t port, const char *name)
{
	struct service **place = &services;

	while (*place) {
		struct service *service = *place;
		if (service->port != port ||
		    (name && strcmp(service->name, name) != 0)) {
			place = &service->next;
			continue;
		}
		*place = service->next;
		mach_port_deallocate(mach_task_self(), service->port);
		free(service);
	}
}

/* ---- the three calls ----------------------------------------------------- */

/* Makes a port for the name; the receive right goes with the reply. */
static kern_return_t
check_in(const char *name, mach_msg_port_descriptor_t *reply)
{
	const struct service *service = find(name);
	mach_port_t task = mach_task_self(), port;
	kern_return_t result;

	if (service)
		return service->checked_in ? BOOTSTRAP_SERVICE_ACTIVE
					   : BOOTSTRAP_NAME_IN_USE;
	result = mach_port_allocate(task, MACH_PORT_RIGHT_RECEIVE, &port);
	if (result != KERN_SUCCESS)
		return result;
	result =
	    mach_port_insert_right(task, port, port, MACH_MSG_TYPE_MAKE_SEND);
	if (result == KERN_SUCCESS)
		result = add(name, port, true);
	if (result != KERN_SUCCESS) {
		mach_port_destroy(task, port);
		return result;
	}
	reply->name = port;
	reply->disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
	return KERN_SUCCESS;
}

/* Takes the request's send right for the name; null takes the name back. */
static kern_return_t
register_port(bootstrap_request_t *request)
{
	struct service *service = find(request->name);
	mach_port_t port = request->port.name;
	kern_return_t result;

	if (service && port == MACH_PORT_NULL) {
		if (service->checked_in)
			return BOOTSTRAP_NOT_PRIVILEGED;
		forget(service->port, request->name);
		return KERN_SUCCESS;
	}
	if (service)
		return service->checked_in ? BOOTSTRAP_SERVICE_ACTIVE
					   : BOOTSTRAP_NAME_IN_USE;
	if (!MACH_PORT_VALID(port))
		return BOOTSTRAP_UNKNOWN_SERVICE;
	result = add(request->name, port, false);
	if (result == KERN_SUCCESS)
		request->port.name = MACH_PORT_NULL; /* it is kept */
	return result;
}

static kern_return_t
look_up(const char *name, mach_msg_port_descriptor_t *reply)
{
	const struct service *service = find(name);

	if (!service)
		return BOOTSTRAP_UNKNOWN_SERVICE;
	reply->name = service->port;
	reply->disposition = MACH_MSG_TYPE_COPY_SEND;
	return KERN_SUCCESS;
}

/* ---- messages ------------------------------------------------------------ */

/* Whether it is what bootstrap_*() send, and its name ends within it. */
static bool
is_request(const bootstrap_request_t *request)
{
	return request->header.msgh_size == sizeof *request &&
	       (request->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) &&
	       request->body.msgh_descriptor_count == 1 &&
	       request->port.type == MACH_MSG_PORT_DESCRIPTOR &&
	       memchr(request->name, '\0', sizeof request->name);
}

static void
answer(bootstrap_request_t *request)
{
	bootstrap_reply_t reply = {.body = {1}};
	mach_msg_header_t *header = &reply.header;

	reply.port.type = MACH_MSG_PORT_DESCRIPTOR;
	reply.port.disposition = MACH_MSG_TYPE_COPY_SEND;
	if (!is_request(request))
		reply.result = MIG_BAD_ARGUMENTS;
	else if (request->header.msgh_id == BOOTSTRAP_CHECK_IN)
		reply.result = check_in(request->name, &reply.port);
	else if (request->header.msgh_id == BOOTSTRAP_REGISTER)
		reply.result = register_port(request);
	else if (request->header.msgh_id == BOOTSTRAP_LOOK_UP)
		reply.result = look_up(request->name, &reply.port);
	else
		reply.result = MIG_BAD_ID;

	header->msgh_bits =
	    MACH_MSGH_BITS_COMPLEX |
	    MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(request->header.msgh_bits), 0);
	header->msgh_size = sizeof reply;
	header->msgh_remote_port = request->header.msgh_remote_port;
	header->msgh_id = request->header.msgh_id + BOOTSTRAP_REPLY;
	/* whoever doesn't take its reply is not waited for */
	if (mach_msg(header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof reply, 0,
		MACH_PORT_NULL, 0, MACH_PORT_NULL) != MACH_MSG_SUCCESS)
		mach_msg_destroy(header);
	request->header.msgh_remote_port = MACH_PORT_NULL;
	mach_msg_destroy(&request->header);
}

/* A port has died: its names are free again. */
static void
take_notification(const mach_dead_name_notification_t *notification)
{
	if (notification->not_header.msgh_id != MACH_NOTIFY_DEAD_NAME)
		return;
	forget(notification->not_port, NULL);
	/* the notification brought a reference of its own */
	mach_port_deallocate(mach_task_self(), notification->not_port);
}

int
main(int argc, char *argv[])
{
	union incoming incoming;
	kern_return_t result;

	while (next_option(argc, argv, &program) != -1)
		; /* the shared ones are all it has */
	own_port = bootstrap_port;
	for (;;) {
		result =
		    mach_msg(&incoming.header, MACH_RCV_MSG, 0, sizeof incoming,
			own_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
		if (result == MACH_RCV_TOO_LARGE)
			continue; /* nothing for here; it is gone */
		if (result != MACH_MSG_SUCCESS)
			break;
		/* only the kernel has send-once rights to this port */
		if (MACH_MSGH_BITS_LOCAL(incoming.header.msgh_bits) ==
		    MACH_MSG_TYPE_MOVE_SEND_ONCE)
			take_notification(&incoming.dead_name);
		else
			answer(&incoming.request);
	}
	/* without a kernel that is the end, and nothing is wrong */
	if (result == MACH_RCV_PORT_DIED)
		return EXIT_SUCCESS;
	if (result == MACH_RCV_INVALID_NAME)
		mach_die_next(result,
		    "the Mach kernel starts it, with that port; macOS has "
		    "launchd in its place",
		    "mach_msg, to receive at the bootstrap port");
	mach_die(result, "mach_msg, to receive at the bootstrap port");
}
