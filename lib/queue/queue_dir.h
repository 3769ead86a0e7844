/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_DIR_H
#define QUEUE_DIR_H

#include <sys/stat.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

/*
 * The queue's directories: maildrop incoming active deferred hold corrupt defer bounce trace flush,
 * those in hash_queue_names with hash_queue_depth levels of one character each: the digits of the
 * microseconds in hexadecimal, with which short IDs begin and which are taken out of long ones.
 *
 * A process opens the queue once, before its sandbox; everything is relative to descriptors.
 */
struct queue;

struct queue *queue_open(
    const char *queue_directory, const char *hash_names, int hash_depth, struct err *err) MUST_USE;
void queue_close(struct queue **queue);

/*
 * "deferred/A/A1B2C3" below the queue directory, in the arena; NULL when id is not a valid queue
 * ID.
 */
const char *queue_path(
    const struct queue *queue, const char *name, struct span id, struct arena *arena) MUST_USE;

/* The queue directory itself; the queue owns it. */
int queue_fd(const struct queue *queue);

/*
 * openat(2) by queue name and ID; flags of open(2), without following symbolic links, and only of
 * regular files. With O_CREAT hash directories are made where needed. err->errnum is errno.
 */
MUST_USE bool queue_open_file(struct queue *queue, const char *name, struct span id, int flags,
    unsigned mode, int *fd_out, struct err *err);

/*
 * lstat(2) by queue name and ID, only of regular files: what a mode or a time decides needs no open
 * file. err->errnum is errno; of something else EINVAL.
 */
MUST_USE bool queue_stat_file(struct queue *queue, const char *name, struct span id, struct stat *st_out,
    struct err *err);

/* Read such a file whole, at most max bytes, into the arena. err->errnum as file_read's. */
MUST_USE bool queue_read_file(struct queue *queue, const char *name, struct span id, size_t max,
    struct arena *arena, struct span *text_out, struct err *err);

/* rename(2), making hash directories where needed; remove. Nothing there: errnum ENOENT. */
MUST_USE bool queue_move(
    struct queue *queue, const char *from, const char *to, struct span id, struct err *err);
MUST_USE bool queue_remove(struct queue *queue, const char *name, struct span id, struct err *err);

/*
 * A descriptor of the directory that holds this ID's file in that queue (to make a new name
 * durable); -1 with *err. The queue keeps and owns it.
 */
int queue_dir_fd(struct queue *queue, const char *name, struct span id, struct err *err) MUST_USE;

/* Flushing a file of this queue also makes its name durable (durable_names_are_ordered). */
bool queue_names_are_ordered(const struct queue *queue) MUST_USE;

/*
 * Walk over a queue's files in directory order, through hash levels; a file that comes or goes
 * meanwhile may be seen or not.
 */
struct queue_scan;
struct queue_scan *queue_scan_open(struct queue *queue, const char *name, struct err *err) MUST_USE;
void queue_scan_close(struct queue_scan **scan);

/*
 * The next valid ID (spans live until the next call); false at the end. Names that are no queue IDs
 * are skipped.
 */
bool queue_scan_next(struct queue_scan *scan, struct span *id_out);

/* No directory so far was impossible to read. */
bool queue_scan_is_whole(const struct queue_scan *scan) MUST_USE;

#endif
