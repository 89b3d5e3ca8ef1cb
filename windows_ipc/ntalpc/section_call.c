/*
 * The calls for sections, at ports of both sides. A server's sections are its
 * connection port's, whichever of its ports they were created at.
 */
#include "windows_ipc/ntalpc/client.h"
#include "windows_ipc/ntalpc/server.h"

/* What a port of either side has of sections, locked. */
struct holder {
	struct client_port *client; /* or */
	struct connection_port *parent;
	struct server_port *server;
	struct sections *sections;
	const struct section_limits *limits;
};

static NTSTATUS
holder_lock(HANDLE handle, struct holder *holder)
{
	NTSTATUS status = client_lock(handle, &holder->client);

	if (status == STATUS_SUCCESS) {
		holder->sections = &holder->client->sections;
		holder->limits = &holder->client->limits.sections;
		return STATUS_SUCCESS;
	}
	holder->client = NULL;
	if (status != STATUS_OBJECT_TYPE_MISMATCH)
		return status;
	status = server_lock(handle, &holder->parent, &holder->server);
	if (status == STATUS_SUCCESS) {
		holder->sections = &holder->parent->sections;
		holder->limits = &holder->parent->limits.sections;
	}
	return status;
}

static void
holder_unlock(struct holder *holder)
{
	if (holder->client)
		client_unlock(holder->client);
	else
		server_unlock(holder->parent, holder->server);
}

NTSTATUS NTAPI
NtAlpcCreatePortSection(HANDLE port, ULONG flags, HANDLE handle, SIZE_T size,
    PALPC_HANDLE section, PSIZE_T actual)
{
	struct holder holder;
	NTSTATUS status;

	if (!section || !actual)
		return STATUS_ACCESS_VIOLATION;
	if (flags != 0)
		return STATUS_INVALID_PARAMETER;
	if (handle)
		return STATUS_NOT_SUPPORTED;
	status = holder_lock(port, &holder);
	if (status != STATUS_SUCCESS)
		return status;
	status = section_create(
	    holder.sections, holder.limits, size, section, actual);
	holder_unlock(&holder);
	return status;
}

/* Whether a peer had the section; it isn't known there any more. */
static bool
forget_sent(struct exchange *exchange, uint32_t number)
{
	for (size_t i = 0; i < exchange->sent_count; i++)
		if (exchange->sent[i] == number) {
			exchange->sent[i] =
			    exchange->sent[--exchange->sent_count];
			return true;
		}
	return false;
}

/* Tells who has the section that it is gone. */
static void
tell_peers(struct holder *holder, uint32_t number)
{
	static const struct deadline forever = {.forever = true};
	struct outgoing gone = {
	    .packet = {.kind = PACKET_SECTION_GONE, .section = number},
	    .data = ""};

	if (holder->client) {
		if (forget_sent(&holder->client->exchange, number))
			client_post(holder->client, &gone, &forever);
		return;
	}
	for (size_t i = 1; i < MOST_NUMBERS; i++) {
		struct server_port *port = holder->parent->ports[i];
		if (port && forget_sent(&port->exchange, number))
			server_port_post(port, &gone);
	}
}

NTSTATUS NTAPI
NtAlpcDeletePortSection(HANDLE port, ULONG flags, ALPC_HANDLE section)
{
	struct holder holder;
	uint32_t number;
	NTSTATUS status;

	if (flags != 0)
		return STATUS_INVALID_PARAMETER;
	status = holder_lock(port, &holder);
	if (status != STATUS_SUCCESS)
		return status;
	if (section_delete(holder.sections, section, &number))
		tell_peers(&holder, number);
	else
		status = STATUS_INVALID_HANDLE;
	holder_unlock(&holder);
	return status;
}

NTSTATUS NTAPI
NtAlpcCreateSectionView(HANDLE port, ULONG flags, PALPC_DATA_VIEW_ATTR view)
{
	struct holder holder;
	NTSTATUS status;

	if (!view)
		return STATUS_ACCESS_VIOLATION;
	if (flags != 0)
		return STATUS_INVALID_PARAMETER;
	status = holder_lock(port, &holder);
	if (status != STATUS_SUCCESS)
		return status;
	status = section_view(holder.sections, holder.limits, view);
	holder_unlock(&holder);
	return status;
}

/* Gives a received view back, whichever client it came from. */
static bool
unview_received(struct holder *holder, const void *base)
{
	if (holder->client)
		return import_unview(&holder->client->exchange, base);
	if (holder->server)
		return import_unview(&holder->server->exchange, base);
	for (size_t i = 1; i < MOST_NUMBERS; i++) {
		struct server_port *port = holder->parent->ports[i];
		if (port && import_unview(&port->exchange, base))
			return true;
	}
	return false;
}

NTSTATUS NTAPI
NtAlpcDeleteSectionView(HANDLE port, ULONG flags, PVOID base)
{
	struct holder holder;
	NTSTATUS status;

	if (flags != 0)
		return STATUS_INVALID_PARAMETER;
	status = holder_lock(port, &holder);
	if (status != STATUS_SUCCESS)
		return status;
	if (!section_unview(holder.sections, base) &&
	    !unview_received(&holder, base))
		status = STATUS_NOT_MAPPED_VIEW;
	holder_unlock(&holder);
	return status;
}
