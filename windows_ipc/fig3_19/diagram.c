#include "windows_ipc/fig3_19/diagram.h"

#include <string.h>

/* A line of the picture: what the client has, what lies between, and what the
 * server has. */
static void
line(FILE *file, const char *client, const char *between, const char *server)
{
	fprintf(
	    file, "|%-20.20s|%-32.32s|%-22.22s|\n", client, between, server);
}

static void
rule(FILE *file)
{
	fprintf(file,
	    "+--------------------+--------------------------------+-----------"
	    "-----------+\n");
}

/* TEXT in the middle of an arrow of 32 columns. */
static const char *
arrow(const char *text, char left, char right)
{
	static char result[33];
	size_t length = strlen(text), from = (sizeof result - 1 - length) / 2;

	memset(result, '-', sizeof result - 1);
	result[0] = left;
	result[sizeof result - 2] = right;
	for (size_t i = 0; i < length; i++)
		result[from + i] = text[i];
	return result;
}

static void
draw_section(FILE *file, const struct diagram *diagram)
{
	bool used = diagram->technique == SECTION;
	char here[32], between[48], there[32];

	if (!diagram->section)
		return;
	line(file, "", "", "");
	snprintf(between, sizeof between, "  shared section, handle 0x%x",
	    number_of(diagram->section));
	line(file, "", between, "");
	snprintf(here, sizeof here, " %p", diagram->view);
	snprintf(there, sizeof there, used ? " 0x%llx" : " (not sent)",
	    (unsigned long long)diagram->reply->view);
	snprintf(between, sizeof between, " %zu bytes ", diagram->section_size);
	line(file, here, arrow(between, '<', used ? '>' : '-'), there);
}

void
diagram_print(FILE *file, const struct diagram *diagram)
{
	const struct reply *reply = diagram->reply;
	char here[32], there[32], between[64];

	snprintf(here, sizeof here, " client %-7lu",
	    (unsigned long)GetCurrentProcessId());
	snprintf(there, sizeof there, " server %-7u", reply->process);
	rule(file);
	line(file, here, "", there);
	rule(file);
	snprintf(there, sizeof there, " handle 0x%x", reply->connection_port);
	line(file, "", arrow(" connection request ", '-', '>'),
	    " connection port");
	snprintf(between, sizeof between, " %s%s", DIRECTORY, diagram->name);
	line(file, "", between, there);
	line(file, "", "", "");
	snprintf(here, sizeof here, " handle 0x%x", number_of(diagram->port));
	snprintf(there, sizeof there, " handle 0x%x", reply->server_port);
	line(file, " client", "", " server");
	line(file, " communication port",
	    arrow(diagram->technique == QUEUE ? " messages, copied "
					      : " messages ",
		'<', '>'),
	    " communication port");
	line(file, here, "", there);
	draw_section(file, diagram);
	if (diagram->technique == DIRECT) {
		line(file, "", "", "");
		line(file, " its own memory",
		    arrow(" NtReadRequestData ", '-', '>'), "");
	}
	rule(file);
}
