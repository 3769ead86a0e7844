/* SPDX-License-Identifier: ISC */
#ifndef PATTERN_TEXT_H
#define PATTERN_TEXT_H

#include "lib/base/err.h"
#include "lib/base/span.h"

/*
 * Take "/expression/flags" off the start of *rest: any character that is not a letter, digit or
 * blank may stand for the slash; a backslash hides the next character and stays in the expression.
 * returns   false with *err: no expression here, or it does not end
 */
MUST_USE bool pattern_take_expression(struct span *rest, const char *title,
    struct span *expression_out, struct span *flags_out,
    struct err *err);

#endif
