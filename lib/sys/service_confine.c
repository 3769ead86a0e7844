/* SPDX-License-Identifier: ISC */
/*
 * From the privileges that master gave to those of the manifest. In this order, since each step
 * takes away what the earlier ones need: names are looked up and paths opened, root directory,
 * user or capabilities, limits, Landlock, system call filter.
 *
 * Run by an ordinary user there are no other users and no root directories to change to; the rest
 * holds. With `sandbox = no` only the user changes.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/priv.h"
#include "lib/sys/sandbox.h"
#include "lib/sys/service_int.h"

enum { PATHS_MAX = 32, FILES_DEFAULT = 4096 };

struct confinement {
	const char *user_name;          /* NULL: root */
	struct priv_user user;
	const char *root;               /* NULL: stays */
	struct sandbox_path paths[PATHS_MAX];
	size_t path_count;
};

/* Common limit of address space: far above what any daemon needs, far below what harms. */
static const size_t memory_default = (size_t) 2 << 30;

/* The manifest's user by the name that the configuration gives it. */
static const char *
user_name(const struct program *program)
{
	switch (program->service->manifest->user) {
	case RUN_AS_ROOT: return NULL;
	case RUN_AS_MAIL: return program->mail->mail_owner;
	case RUN_AS_NET: return program->mail->net_owner;
	case RUN_AS_AUTH: return program->mail->auth_owner;
	case RUN_AS_KEY: return program->mail->key_owner;
	}
	return NULL;
}

/* The manifest's root directory. */
static const char *
root_directory(const struct program *program)
{
	switch (program->service->manifest->root) {
	case ROOT_HOST: return NULL;
	case ROOT_QUEUE: return program->mail->queue_directory;
	case ROOT_EMPTY: return arena_printf(program->arena, "%s/empty", program->mail->queue_directory);
	}
	return NULL;
}

/* Where a path of the manifest lies. */
static const char *
path_of(const struct program *program, const struct manifest_path *path)
{
	switch (path->dir) {
	case DIR_END:
	case DIR_HOST: return path->sub;
	case DIR_QUEUE: return path_under(program->arena, program->mail->queue_directory, path->sub);
	case DIR_DATA: return path_under(program->arena, program->mail->data_directory, path->sub);
	case DIR_CONFIG: return path_under(program->arena, program->config_directory, path->sub);
	}
	return path->sub;
}

/* Open every path of the manifest for Landlock. One that does not exist gives no right. */
static bool
open_paths(struct program *program, struct confinement *to, struct err *err)
{
	const struct manifest_path *path = program->service->manifest->paths;

	for (; path != NULL && path->dir != DIR_END; path++) {
		const char *name = path_of(program, path);
		int fd = open(name, O_PATH | O_CLOEXEC);

		if (fd < 0) {
			log_debug("sandbox: %s is not there", name);
			continue;
		}
		if (to->path_count == PATHS_MAX) {
			close(fd);
			return err_temp(err, "manifest of %s has too many paths", program->service->manifest->program);
		}
		to->paths[to->path_count++] = (struct sandbox_path){ fd, path->rights };
	}
	return true;
}

/* Become the user, or shed capabilities. */
static bool
shed_privileges(struct program *program, const struct confinement *to, struct err *err)
{
	if (!priv_is_root())
		return true;
	if (to->root != NULL && program->mail->sandbox && !priv_enter_root(to->root, err))
		return false;
	if (to->user_name != NULL)
		return priv_become(&to->user, err);
	return !program->mail->sandbox || priv_keep_capabilities(program->service->manifest->caps, err);
}

/* Filter, Landlock, limits. */
static bool
enter_sandbox(struct program *program, const struct confinement *to, struct err *err)
{
	const struct manifest *manifest = program->service->manifest;
	unsigned wanted = SANDBOX_PART_FILTER | SANDBOX_PART_LANDLOCK;

	if (!sandbox_limit(manifest->memory_bytes ? manifest->memory_bytes : memory_default, FILES_DEFAULT, err)
	    || !sandbox_restrict_files(to->paths, to->path_count, manifest->sandbox, &program->sandbox_parts, err)
	    || !sandbox_filter_calls(manifest->sandbox, &program->sandbox_parts, err))
		return false;
	if ((program->sandbox_parts & wanted) != wanted)
		log_warn("sandbox: this kernel lacks%s%s; going on without",
		    program->sandbox_parts & SANDBOX_PART_FILTER ? "" : " system call filters",
		    program->sandbox_parts & SANDBOX_PART_LANDLOCK ? "" : " Landlock");
	return true;
}

/*
 * Nobody outlives master: an orphan that still serves its client would keep the listening sockets from
 * the next master. The kernel forgets this when ids change, so it is said after that.
 */
static bool
end_with_master(const struct program *program, struct err *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0)
		return err_temp_errno(err, "ask for a signal when master ends");
	if (getppid() != program->private->master_pid)
		return err_temp(err, "master has ended");
	return true;
}

/* All of it. */
bool
service_confine(struct program *program, struct err *err)
{
	const struct manifest *manifest = program->service->manifest;
	struct confinement to = { .user_name = user_name(program), .root = root_directory(program) };
	bool wants_sandbox = program->mail->sandbox && !(manifest->sandbox & SANDBOX_NONE);

	if (priv_is_root() && to.user_name != NULL && !priv_find_user(to.user_name, &to.user, err))
		return false;
	if (wants_sandbox && !open_paths(program, &to, err))
		return false;
	if (manifest->root == ROOT_QUEUE && chdir(program->mail->queue_directory) < 0)
		return err_temp_errno(err, "chdir to %s", program->mail->queue_directory);
	if (!shed_privileges(program, &to, err) || !end_with_master(program, err))
		return false;
	if (wants_sandbox && !enter_sandbox(program, &to, err))
		return false;
	for (size_t i = 0; i < to.path_count; i++)
		close(to.paths[i].fd);
	return true;
}
