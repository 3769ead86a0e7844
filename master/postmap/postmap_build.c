/* SPDX-License-Identifier: ISC */
/*
 * Making an index. It grows under a temporary name beside the index and takes its name when it is
 * complete and on stable storage, so a reader sees all of the old or all of the new. The directory
 * is locked meanwhile: one postmap at a time. Root becomes the owner of the source first, so a user
 * who owns a table cannot use root's postmap to write elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/panic.h"
#include "lib/base/path.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/lock.h"
#include "lib/sys/log.h"
#include "lib/table/text_entry.h"
#include "master/postmap/postmap_int.h"

#define TEMPORARY_SUFFIX ".tmp"

struct build {
	struct postmap *postmap;
	const struct table_kind *kind;
	const char *source; /* path of the text */
	const char *index, *temporary, *directory;
	int lock;       /* of the directory */
	bool was_root;  /* and is the owner of the source for now */
	struct stat st; /* of the source, or for -i and -d without one, of the index */
	struct table *table;
};

/* Take over the rights of the owner of a file, in everything the kernel checks for files. */
static void
become_owner(struct build *build)
{
	if (geteuid() != 0 || build->postmap->keeps_root || build->st.st_uid == 0)
		return;
	if (setgroups(1, &build->st.st_gid) != 0 || setegid(build->st.st_gid) != 0 ||
	    seteuid(build->st.st_uid) != 0)
		fatal_errno("become user ID %ld", (long) build->st.st_uid);
	build->was_root = true;
}

static void
become_root_again(struct build *build)
{
	if (!build->was_root)
		return;
	if (seteuid(0) != 0 || setegid(getgid()) != 0)
		fatal_errno("become root again");
	build->was_root = false;
}

/* A table of root where somebody else may rename files is a way to become root. */
static void
warn_of_root_file(const struct build *build, const char *path, const struct stat *st)
{
	struct stat dir;

	if (st->st_uid == 0 && stat(build->directory, &dir) == 0 && dir.st_uid != 0)
		log_warn("file %s is owned by root, but its directory %s is owned by user ID %ld",
		    path, build->directory, (long) dir.st_uid);
}

static void
set_names(struct build *build, const char *spec)
{
	struct arena *arena = build->postmap->arena;
	struct err err = { 0 };

	build->kind = table_spec_kind(&build->postmap->env, spec, &build->source, &err);
	if (build->kind == NULL)
		fatal("%s", err.text);
	if (build->kind->suffix == NULL) {
		if (build->postmap->mode == POSTMAP_DELETE)
			fatal("%s map requires O_RDONLY access mode", spec);
		fatal("unsupported dictionary type: %s does not support bulk-mode creation.",
		    build->kind->name);
	}
	build->index = arena_printf(arena, "%s%s", build->source, build->kind->suffix);
	build->temporary = arena_printf(arena, "%s%s", build->index, TEMPORARY_SUFFIX);
	build->directory = dirname(arena_strdup(arena, build->source));
}

static void
lock_directory(struct build *build)
{
	struct err err = { 0 };

	build->lock = open(build->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (build->lock < 0)
		fatal_errno("open directory %s", build->directory);
	if (!lock_fd(build->lock, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE, CLOCK_NEVER, &err))
		fatal("lock %s: %s", build->directory, err.text);
}

/* An empty file that nobody put there for us. */
static int
make_temporary(const struct build *build)
{
	int fd;

	(void) unlink(build->temporary);
	fd = open(build->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		fatal_errno("open database %s", build->temporary);
	return fd;
}

/* Give up: nothing of this build stays. */
NORETURN static void
abandon(const struct build *build, const char *text)
{
	(void) unlink(build->temporary);
	fatal("%s", text);
}

static void
open_table(struct build *build)
{
	unsigned flags = build->postmap->flags & ~(unsigned) TABLE_FILE_VALUES;
	struct err err = { 0 };

	build->table = table_open_index(&build->postmap->env, build->kind, build->temporary, 0600,
	    flags | TABLE_CREATE | TABLE_BULK, &err);
	if (build->table == NULL)
		abandon(build, err.text);
}

/* -i and -d begin with what is there. */
static void
copy_index(const struct build *build)
{
	struct err err = { 0 };

	if (!table_copy_index(build->table, build->index, &err))
		abandon(build, err.text);
}

/*
 * An existing index keeps its mode and owner; a new one has those bits for group and others that
 * the source has.
 */
static void
set_mode_and_owner(const struct build *build, int fd)
{
	struct stat old;
	mode_t mode = build->postmap->has_default_mode ? 0644 : 0600 | (build->st.st_mode & 044);

	if (stat(build->index, &old) == 0) {
		mode = old.st_mode & 0777;
		if (geteuid() == 0 && (old.st_uid != 0 || old.st_gid != 0) &&
		    fchown(fd, old.st_uid, old.st_gid) != 0)
			log_warn_errno("change owner of %s", build->temporary);
	}
	if (fchmod(fd, mode) != 0)
		log_warn_errno("change mode of %s", build->temporary);
}

/* Flush, close, and put the new index in its place. */
static void
finish(struct build *build, int fd)
{
	struct err err = { 0 };

	if (!table_sync(build->table, &err))
		abandon(build, err.text);
	table_close(&build->table);
	set_mode_and_owner(build, fd);
	if (fsync(fd) != 0 || rename(build->temporary, build->index) != 0 ||
	    fsync(build->lock) != 0)
		abandon(build,
		    arena_printf(build->postmap->arena, "rename %s to %s: %s", build->temporary,
			build->index, strerror(errno)));
}

static void
add_entry(struct build *build, struct span key, struct span value,
    enum postmap_duplicates duplicates)
{
	struct err err = { 0 };

	switch (table_put(build->table, key, value, duplicates == POSTMAP_REPLACE, &err)) {
	case TABLE_PUT_DONE:
		break;
	case TABLE_PUT_EXISTS:
		if (duplicates == POSTMAP_WARN)
			log_warn("%s: duplicate entry: \"%.*s\"", build->index, SPAN_ARG(key));
		break;
	case TABLE_PUT_FAILED:
		abandon(build, err.text);
	}
}

static void
add_text(struct build *build, struct text_source *source)
{
	struct postmap *postmap = build->postmap;
	struct text_entries entries;
	struct err err = { 0 };
	struct span key, value;
	int line;

	text_entries_init(&entries, source,
	    postmap->flags | (postmap->kind->is_alias ? TABLE_ALIAS_KEYS : 0));
	while (text_entries_next(&entries, &key, &value, &line, &err))
		add_entry(build, key, value, postmap->duplicates);
	text_entries_fini(&entries);
	if (err.class != ERR_NONE)
		abandon(build, err.text);
	/* For other programs that read alias databases: this file is an alias database. */
	if (postmap->kind->is_alias)
		add_entry(build, SPAN("@"), SPAN("@"), POSTMAP_REPLACE);
}

/* The text, and whose rights its index is made with. */
static void
open_source(struct build *build, struct text_source *source)
{
	bool is_increment = build->postmap->mode == POSTMAP_INCREMENT;
	struct err err = { 0 };

	if (!text_source_open(source, is_increment ? "-" : build->source, &err))
		fatal("%s", err.text);
	if (is_increment) {
		source->name = "stdin";
		if (stat(build->source, &build->st) != 0 && stat(build->index, &build->st) != 0)
			build->st = (struct stat){
				.st_uid = geteuid(), .st_gid = getegid(), .st_mode = 0644
			};
		return;
	}
	if (fstat(fileno(source->file), &build->st) != 0 || S_ISDIR(build->st.st_mode))
		fatal("open %s: not a regular file", build->source);
	warn_of_root_file(build, build->source, &build->st);
}

void
postmap_build(struct postmap *postmap, const char *spec)
{
	struct build build = { .postmap = postmap, .lock = -1 };
	struct text_source source;
	int fd CLEANUP(fd_close) = -1;

	set_names(&build, spec);
	open_source(&build, &source);
	become_owner(&build);
	lock_directory(&build);
	fd = make_temporary(&build);
	open_table(&build);
	if (postmap->mode == POSTMAP_INCREMENT && (access(build.index, F_OK) == 0 || errno != ENOENT))
		copy_index(&build);
	add_text(&build, &source);
	finish(&build, fd);
	text_source_close(&source);
	fd_close(&build.lock);
	become_root_again(&build);
}

bool
postmap_delete(struct postmap *postmap, const char *spec, const struct span *keys, size_t count)
{
	struct build build = { .postmap = postmap, .lock = -1 };
	int fd CLEANUP(fd_close) = -1;
	bool is_found = false;
	struct err err = { 0 };

	set_names(&build, spec);
	if (stat(build.index, &build.st) != 0)
		fatal_errno("open database %s", build.index);
	warn_of_root_file(&build, build.index, &build.st);
	become_owner(&build);
	lock_directory(&build);
	fd = make_temporary(&build);
	open_table(&build);
	copy_index(&build);
	for (size_t i = 0; i < count; i++) {
		enum lookup removed = table_remove(build.table, keys[i], &err);

		if (removed == LOOKUP_TEMP || removed == LOOKUP_CONFIG)
			abandon(&build, err.text);
		is_found = is_found || removed == LOOKUP_FOUND;
	}
	finish(&build, fd);
	fd_close(&build.lock);
	become_root_again(&build);
	return is_found;
}
