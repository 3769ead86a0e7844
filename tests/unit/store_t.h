/* SPDX-License-Identifier: ISC */
#ifndef STORE_T_H
#define STORE_T_H

/* What tests of deliveries share: a directory of their own and a message in a file like the queue's. */

#include "t.h"

#include "lib/store/store_content.h"
#include "lib/sys/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

struct t_store {
	char dir[64];
	struct store_content content;
	struct err err;
};

UNUSED static const char *
t_store_path3(struct t *t, const char *a, const char *b, const char *c)
{
	size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
	char *path = t_own(t, malloc(size));

	snprintf(path, size, "%s%s%s", a, b, c);
	return path;
}

UNUSED static const char *
t_store_path(struct t *t, const struct t_store *x, const char *name)
{
	return t_store_path3(t, x->dir, "/", name);
}

UNUSED static const char *
t_store_write(struct t *t, const struct t_store *x, const char *name, const char *text)
{
	const char *path = t_store_path(t, x, name);
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
	return path;
}

/* As in a queue file: something, the body, the header block, something. */
UNUSED static void
t_store_begin(struct t *t, struct t_store *x, const char *header, const char *body)
{
	memset(x, 0, sizeof(*x));
	snprintf(x->dir, sizeof(x->dir), "/tmp/t-store-XXXXXX");
	if (mkdtemp(x->dir) == NULL)
		abort();
	FILE *file = fopen(t_store_path(t, x, "queue-file"), "w+");
	if (file == NULL || fprintf(file, "PREAMBLE%s%s", body, header) < 0 || fflush(file) != 0)
		abort();
	x->content = (struct store_content){
		.fd = dup(fileno(file)),
		.body_offset = 8, .body_bytes = (int64_t) strlen(body),
		.header_offset = 8 + (int64_t) strlen(body), .header_bytes = (int64_t) strlen(header),
		.prefix = SPAN("Return-Path: <>\n"),
	};
	fclose(file);
}

UNUSED static void
t_store_end(struct t_store *x)
{
	char command[100];

	fd_close(&x->content.fd);
	snprintf(command, sizeof(command), "rm -rf %s", x->dir);
	if (system(command) != 0)
		abort();
}

UNUSED static const char *
t_store_read(struct t *t, const char *path)
{
	FILE *file = fopen(path, "r");
	char *text;
	long size;

	if (file == NULL)
		return NULL;
	if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
		abort();
	rewind(file);
	text = t_own(t, calloc(1, (size_t) size + 1));
	if (fread(text, 1, (size_t) size, file) != (size_t) size)
		abort();
	fclose(file);
	return text;
}

/* Files in a directory; -1 when there is none. */
UNUSED static int
t_store_count(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	if (dir == NULL)
		return -1;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

#endif
