#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "tests/alpc_facts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* ---- sections ----------------------------------------------------------- */

static void
creation_facts(HANDLE port)
{
	static const SIZE_T sizes[] = {1, 0x1000, 0x1001, 0x1234, 0x10000};
	ALPC_HANDLE section;
	SIZE_T actual;
	ALPC_DATA_VIEW_ATTR view = {.ViewSize = 1};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		need(NtAlpcCreatePortSection(
			 port, 0, NULL, sizes[i], &section, &actual),
		    "NtAlpcCreatePortSection");
		fact("a section is rounded up to 64 KiB", actual, 0x10000);
		need(NtAlpcDeletePortSection(port, 0, section),
		    "NtAlpcDeletePortSection");
	}
	need(NtAlpcCreatePortSection(port, 0, NULL, 0x10001, &section, &actual),
	    "NtAlpcCreatePortSection");
	fact("also beyond it", actual, 0x20000);
	need(NtAlpcDeletePortSection(port, 0, section), "delete");
	fact("deleted already",
	    (uint32_t)NtAlpcDeletePortSection(port, 0, section),
	    (uint32_t)STATUS_INVALID_HANDLE);
	fact("a section of nothing",
	    (uint32_t)NtAlpcCreatePortSection(
		port, 0, NULL, 0, &section, &actual),
	    (uint32_t)STATUS_INVALID_PARAMETER);
	fact("of more than there may be",
	    (uint32_t)NtAlpcCreatePortSection(
		port, 0, NULL, (SIZE_T)1 << 41, &section, &actual),
	    (uint32_t)STATUS_SECTION_TOO_BIG);
	fact("of another's section",
	    (uint32_t)NtAlpcCreatePortSection(
		port, 0, port, 1, &section, &actual),
	    (uint32_t)STATUS_NOT_SUPPORTED);
	fact("flags",
	    (uint32_t)NtAlpcCreatePortSection(
		port, 1, NULL, 1, &section, &actual),
	    (uint32_t)STATUS_INVALID_PARAMETER);
	fact("a view of nothing",
	    (uint32_t)NtAlpcCreateSectionView(port, 0, &view),
	    (uint32_t)STATUS_INVALID_HANDLE);
	fact("to give back what is no view",
	    (uint32_t)NtAlpcDeleteSectionView(port, 0, &view),
	    (uint32_t)STATUS_NOT_MAPPED_VIEW);
}

/* No more address space than there is now. */
static void
scarcity_facts(HANDLE port)
{
	struct rlimit before, little = {0};
	ALPC_HANDLE sections[65];
	SIZE_T actual;
	NTSTATUS status = STATUS_SUCCESS;
	int count = 0;

	getrlimit(RLIMIT_AS, &before);
	little = before;
	little.rlim_cur = 1 << 20;
	setrlimit(RLIMIT_AS, &little);
	status = NtAlpcCreatePortSection(
	    port, 0, NULL, 1 << 24, &sections[0], &actual);
	setrlimit(RLIMIT_AS, &before);
	fact("no memory", (uint32_t)status, (uint32_t)STATUS_NO_MEMORY);
	while (count < 65 && (status = NtAlpcCreatePortSection(port, 0, NULL, 1,
				  &sections[count], &actual)) == 0)
		count++;
	fact("65 sections", (uint32_t)status,
	    (uint32_t)STATUS_INSUFFICIENT_RESOURCES);
	while (count > 0)
		need(NtAlpcDeletePortSection(port, 0, sections[--count]),
		    "NtAlpcDeletePortSection");
}

static void
view_facts(HANDLE port)
{
	ALPC_DATA_VIEW_ATTR first = {.ViewSize = 0x8000}, second, third;
	SIZE_T actual;

	need(NtAlpcCreatePortSection(
		 port, 0, NULL, 0x10000, &first.SectionHandle, &actual),
	    "NtAlpcCreatePortSection");
	second = third = first;
	need(NtAlpcCreateSectionView(port, 0, &first), "the first view");
	second.ViewSize = 0x7001;
	need(NtAlpcCreateSectionView(port, 0, &second), "the second view");
	fact("two views lie apart",
	    (uint64_t)((char *)second.ViewBase - (char *)first.ViewBase),
	    0x8000);
	fact("a view is rounded up to pages", second.ViewSize, 0x8000);
	third.ViewSize = 1;
	fact("no room for a third",
	    (uint32_t)NtAlpcCreateSectionView(port, 0, &third),
	    (uint32_t)STATUS_INVALID_VIEW_SIZE);
	need(NtAlpcDeleteSectionView(port, 0, first.ViewBase), "its end");
	fact("now there is", (uint32_t)NtAlpcCreateSectionView(port, 0, &third),
	    0);
	third.ViewSize = 0x10001;
	fact("larger than the section",
	    (uint32_t)NtAlpcCreateSectionView(port, 0, &third),
	    (uint32_t)STATUS_INVALID_VIEW_SIZE);
	need(NtAlpcDeletePortSection(port, 0, first.SectionHandle), "delete");
}

/* Sends a view of SIZE bytes 'x' from OFFSET of the section's view; the sum
 * that comes back, or the status. */
static uint64_t
sum_of(HANDLE port, const ALPC_DATA_VIEW_ATTR *view, size_t offset, size_t size)
{
	struct attributes attributes;
	union message answer;
	struct ask ask;
	NTSTATUS status;

	attributes_begin(&attributes);
	attributes.view = *view;
	attributes.view.ViewBase = (char *)view->ViewBase + offset;
	attributes.view.ViewSize = size;
	attributes.head.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
	ask_begin(&ask, SUM, sizeof ask);
	status = ask_for(port, &ask, &attributes, &answer);
	return status == STATUS_SUCCESS ? answer.ask.value : (uint32_t)status;
}

static void
sending_facts(HANDLE port)
{
	static const size_t sizes[] = {
	    1, 255, 256, 257, 65279, 65535, 1 << 20, 1 << 24};
	ALPC_DATA_VIEW_ATTR view = {.ViewSize = 1 << 24};
	SIZE_T actual;

	need(NtAlpcCreatePortSection(
		 port, 0, NULL, 1 << 24, &view.SectionHandle, &actual),
	    "NtAlpcCreatePortSection");
	need(NtAlpcCreateSectionView(port, 0, &view), "the view");
	memset(view.ViewBase, 'x', 1 << 24);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		fact("the server reads so many bytes",
		    sum_of(port, &view, 0, sizes[i]), 'x' * sizes[i]);
	fact("from any place", sum_of(port, &view, 4711, 10), 'x' * 10);
	fact("to the end", sum_of(port, &view, (1 << 24) - 1, 1), 'x');
	fact("and not past it", sum_of(port, &view, (1 << 24) - 1, 2),
	    (uint32_t)STATUS_INVALID_PARAMETER);
	fact("nor nothing", sum_of(port, &view, 0, 0),
	    (uint32_t)STATUS_INVALID_PARAMETER);
	*(char *)view.ViewBase = 'y';
	fact("what is written later is seen", sum_of(port, &view, 0, 1), 'y');
	need(NtAlpcDeletePortSection(port, 0, view.SectionHandle), "delete");
	fact("a section that is gone", sum_of(port, &view, 0, 1),
	    (uint32_t)STATUS_INVALID_PARAMETER);
	for (int i = 0; i < 200; i++) { /* more than may be at once */
		view.ViewSize = 1;
		need(NtAlpcCreatePortSection(
			 port, 0, NULL, 1, &view.SectionHandle, &actual),
		    "one of many");
		need(NtAlpcCreateSectionView(port, 0, &view), "its view");
		memset(view.ViewBase, 1, 1);
		if (sum_of(port, &view, 0, 1) != 1)
			fatal("section %d was not read", i);
		need(NtAlpcDeletePortSection(port, 0, view.SectionHandle),
		    "its end");
	}
	fact("200 sections, one after the other", 200, 200);
}

/* The server's answer is in a section of its own. */
static void
answer_facts(HANDLE port)
{
	struct attributes attributes;
	union message answer;
	struct ask ask;
	const char *bytes;

	attributes_begin(&attributes);
	ask_begin(&ask, VIEW_BACK, sizeof ask);
	ask.value = 100000;
	need(ask_for(port, &ask, &attributes, &answer), "VIEW_BACK");
	fact("an answer in a section",
	    attributes.head.ValidAttributes & ALPC_MESSAGE_VIEW_ATTRIBUTE,
	    ALPC_MESSAGE_VIEW_ATTRIBUTE);
	fact("of so many bytes", attributes.view.ViewSize, 100000);
	bytes = attributes.view.ViewBase;
	ask_value(port, TELL, 0); /* by now its section is deleted there */
	fact("they are there", bytes[0] == 'v' && bytes[99999] == 'v', 1);
	need(NtAlpcDeleteSectionView(port, 0, attributes.view.ViewBase),
	    "the view's end");
	fact("given back already",
	    (uint32_t)NtAlpcDeleteSectionView(
		port, 0, attributes.view.ViewBase),
	    (uint32_t)STATUS_NOT_MAPPED_VIEW);
	ask_begin(&ask, VIEW_BACK, sizeof ask);
	ask.value = 1;
	fact("who takes no view gets the message",
	    (uint32_t)ask_for(port, &ask, NULL, &answer), 0);
}

void
section_facts(HANDLE port, bool process)
{
	creation_facts(port);
	if (process) /* the server's thread would be short of it too */
		scarcity_facts(port);
	view_facts(port);
	sending_facts(port);
	answer_facts(port);
}

/* ---- the client's own memory -------------------------------------------- */

/* Has the server read or write SIZE bytes of entry INDEX, of two: "first" and
 * what BASE says. */
static struct ask
copy(HANDLE port, uint32_t operation, void *base, ULONG declared,
    uint32_t index, size_t size)
{
	static char first[] = "first";
	union message answer;
	struct ask ask;

	ask_begin(&ask, operation, sizeof ask);
	ask.header.u2.s2.DataInfoOffset = offsetof(struct ask, where);
	ask.where.CountDataEntries = 2;
	ask.where.DataEntries[0] = (PORT_DATA_ENTRY){first, sizeof first};
	ask.more = (PORT_DATA_ENTRY){base, declared};
	ask.index = index;
	ask.value = size;
	need(ask_for(port, &ask, NULL, &answer), "a direct request");
	return answer.ask;
}

static void
bound_facts(HANDLE port)
{
	static char memory[300000];
	const uint32_t wrong = (uint32_t)STATUS_INVALID_PARAMETER;

	memset(memory, 'm', sizeof memory);
	fact("entry 0", copy(port, READ, memory, 10, 0, 6).value, 'f');
	fact("entry 1", copy(port, READ, memory, 10, 1, 10).value, 'm');
	fact("past its end", copy(port, READ, memory, 10, 1, 11).status, wrong);
	fact("entry 2", copy(port, READ, memory, 10, 2, 1).status, wrong);
	fact("nothing", copy(port, READ, memory, 0, 1, 0).status, 0);
	fact("of nothing", copy(port, READ, memory, 0, 1, 1).status, wrong);
	fact("so many bytes",
	    copy(port, READ, memory, sizeof memory, 1, sizeof memory).status,
	    0);
	fact("writing", copy(port, WRITE, memory, 10, 1, 9).value, 9);
	fact("writes that", memory[8] == 'w' && memory[9] == 'm', 1);
	fact("writing past the end",
	    copy(port, WRITE, memory, 10, 1, 11).status, wrong);
	fact("writes nothing", memory[9] == 'm', 1);
}

static void
nowhere_facts(HANDLE port)
{
	const uint32_t partial = (uint32_t)STATUS_PARTIAL_COPY;
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		die("mmap");
	munmap(pages + 4096, 4096);
	memset(pages, 'p', 4096);
	fact("an address outside",
	    copy(port, READ, (void *)(uintptr_t)16, 10, 1, 10).status, partial);
	fact("of the system",
	    copy(port, READ, (void *)(uintptr_t)0xffff800000000000, 10, 1, 10)
		.status,
	    partial);
	fact("half outside", copy(port, READ, pages, 8192, 1, 8192).status,
	    partial);
	mprotect(pages, 4096, PROT_READ);
	fact("memory that can't be written",
	    copy(port, WRITE, pages, 10, 1, 10).status, partial);
	munmap(pages, 4096);
}

static void
late_facts(const char *server, HANDLE port)
{
	char byte = 'l';
	HANDLE other = connect_to(server);

	copy(port, READ_LATE, &byte, 1, 0, 1);
	fact("after the reply", ask_value(other, TELL, 0),
	    (uint32_t)STATUS_MESSAGE_NOT_FOUND);
	need(NtClose(other), "NtClose");
}

static NTSTATUS
declare(HANDLE port, size_t offset, ULONG count)
{
	union message answer;
	struct ask ask;

	ask_begin(&ask, ECHO, sizeof ask);
	ask.header.u2.s2.DataInfoOffset = (CSHORT)offset;
	ask.where.CountDataEntries = count;
	return ask_for(port, &ask, NULL, &answer);
}

static void
declaration_facts(HANDLE port)
{
	const uint32_t wrong = (uint32_t)STATUS_INVALID_PARAMETER;
	size_t where = offsetof(struct ask, where);

	fact("two entries fit", (uint32_t)declare(port, where, 2), 0);
	fact("three don't", (uint32_t)declare(port, where, 3), wrong);
	fact("nor do 4 G", (uint32_t)declare(port, where, 0xffffffff), wrong);
	fact("in the header", (uint32_t)declare(port, 8, 0), wrong);
	fact("behind the end", (uint32_t)declare(port, sizeof(struct ask), 0),
	    wrong);
	fact("far behind it", (uint32_t)declare(port, 0xffff, 0), wrong);
}

void
direct_facts(const char *server, HANDLE port)
{
	bound_facts(port);
	nowhere_facts(port);
	late_facts(server, port);
	declaration_facts(port);
}
