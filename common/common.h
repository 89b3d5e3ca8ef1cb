/*
 * What every program of the toolkit shares: options, narration, errors, and
 * whole reads and writes. The mechanisms themselves are not here: each program
 * shows its own.
 */
#ifndef COMMON_COMMON_H
#define COMMON_COMMON_H

#include "common/error.h"
#include "common/io.h"
#include "common/narrate.h"
#include "common/options.h"

#endif
