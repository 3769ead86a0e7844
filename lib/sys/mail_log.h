/* SPDX-License-Identifier: ISC */
#ifndef MAIL_LOG_H
#define MAIL_LOG_H

#include "lib/sys/log.h"
#include "lib/sys/mail_conf.h"

/*
 * Where a program's log lines go, by the configuration: the tag "postfix/PROGRAM", the host's first
 * label, postlogd or the system's log. Strings live in the arena.
 */
struct log_setup mail_log_setup(const struct mail_conf *mail, const char *program, struct arena *arena);

#endif
