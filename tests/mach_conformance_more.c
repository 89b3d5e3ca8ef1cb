/* What mach-facts.md says beyond the transcript. */
#include "tests/mach_facts.h"

void
more_facts(void)
{
}
