/*
 * Text that is drawn again in place, from the top of the terminal.
 */
#ifndef LSMP_SCREEN_H
#define LSMP_SCREEN_H

/* Takes the terminal of standard output, where it is one, until the process
 * ends: no cursor, nothing typed is shown. */
void screen_begin(void);

/*
 * Shows TEXT, lines that end with a newline, if it or the terminal's size has
 * changed: from the top, what is too wide or too long cut. Where there is no
 * terminal, prints it and an empty line.
 */
void screen_draw(const char *text);

#endif
