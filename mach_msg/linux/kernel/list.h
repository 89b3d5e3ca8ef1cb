/*
 * A doubly linked list whose links lie in its elements: an element knows its
 * place, so that taking it out costs nothing.
 */
#ifndef KERNEL_LIST_H
#define KERNEL_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A place in a list, or the list itself. Empty, or in no list: points to
 * itself. */
struct link {
	struct link *previous, *next;
};

/* The element of TYPE whose MEMBER the link is. */
#define list_element(link, type, member) \
	((type *)(void *)((char *)(link)-offsetof(type, member)))

/* NOLINTBEGIN(bugprone-macro-parentheses): PLACE is declared here */
#define list_for_each(place, list)                               \
	for (struct link *place = (list)->next; place != (list); \
	     place = place->next)
/* NOLINTEND(bugprone-macro-parentheses) */

static inline void
list_init(struct link *link)
{
	link->previous = link->next = link;
}

static inline bool
list_empty(const struct link *list)
{
	return list->next == list;
}

/* Puts LINK, which is in no list, before PLACE: the list itself is the place
 * behind its last element. */
static inline void
list_insert(struct link *place, struct link *link)
{
	link->previous = place->previous;
	link->next = place;
	place->previous->next = link;
	place->previous = link;
}

/* Takes it out; does nothing to one that is in no list. */
static inline void
list_remove(struct link *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	list_init(link);
}

#endif
