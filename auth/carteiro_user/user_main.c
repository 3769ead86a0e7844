/* SPDX-License-Identifier: ISC */
/*
 * carteiro-user(8): the accounts in a passwd-file. carteiro(8) runs it as `carteiro user`. Passwords are
 * never arguments, since everybody can see these; they are asked for, or read from standard input.
 */
#include <getopt.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth/carteiro_user/user_int.h"
#include "lib/auth/app_password.h"
#include "lib/auth/auth_name.h"
#include "lib/auth/password.h"
#include "lib/auth/scram_keys.h"
#include "lib/sys/log.h"
#include "lib/sys/mail_log.h"
#include "lib/sys/main_cf.h"

enum { ARENA_BYTES = 1 << 30, SALT_BYTES = 16 };

/* ---- Making stored values ---- */

static bool
add_scram(struct span password, struct str *extra, struct err *err)
{
	CLEANUP(str_fini) struct str keys_text = { .max = 1000 }, before = { .max = PASSWD_LINE_MAX };
	struct scram_keys keys = { .rounds = SCRAM_ROUNDS_MIN, .salt_len = SALT_BYTES };

	if (getrandom(keys.salt, SALT_BYTES, 0) != SALT_BYTES ||
	    !scram_keys_derive(SCRAM_SHA256, password, &keys) || !scram_keys_print(&keys, &keys_text))
		return err_temp(err, "keys for SCRAM cannot be made");
	str_add(&before, str_span(extra));
	str_clear(extra);
	return passwd_extra_set(str_span(&before), SPAN("scram_sha_256"), str_span(&keys_text), extra);
}

/* Extra fields without keys of the password that is going. */
static bool
drop_keys(struct span fields, struct str *extra)
{
	CLEANUP(str_fini) struct str half = { .max = PASSWD_LINE_MAX };

	return passwd_extra_set(fields, SPAN("scram_sha_256"), (struct span){ 0 }, &half) &&
	    passwd_extra_set(str_span(&half), SPAN("scram_sha_1"), (struct span){ 0 }, extra);
}

/* The password field, and extra fields that go with it. */
static bool
make_stored(struct user_command *command, struct span user, struct span fields, struct str *stored,
    struct str *extra, struct err *err)
{
	CLEANUP(str_fini) struct str password = { .max = PASSWORD_MAX };
	bool is_made;

	if (!drop_keys(fields, extra))
		return err_config(err, "the fields are too long");
	if (command->no_password)
		return true;
	if (command->stored != NULL)
		return str_add_str(stored, command->stored);
	if (!user_ask_password("New password: ", true, &password, err))
		return false;
	is_made = password_make(command->scheme, user, str_span(&password), stored, err) &&
	    (!command->with_scram || add_scram(str_span(&password), extra, err));
	str_wipe(&password);
	return is_made;
}

/* ---- Changes of a line ---- */

static bool
change_add(struct user_command *command, struct span user, struct span old, struct str *line,
    struct err *err)
{
	CLEANUP(str_fini) struct str stored = { .max = PASSWORD_STORED_MAX }, extra = { .max = PASSWD_LINE_MAX };

	if (old.len > 0)
		return err_config(err, "%.*s is there already", SPAN_ARG(user));
	if (!make_stored(command, user, span_of(command->fields), &stored, &extra, err))
		return false;
	str_addf(line, "%.*s:%s:%s:%s::%s::%s", SPAN_ARG(user), str_cstr(&stored),
	    command->uid != NULL ? command->uid : "", command->gid != NULL ? command->gid : "",
	    command->home != NULL ? command->home : "", str_cstr(&extra));
	return true;
}

static struct span
extra_of(struct span line)
{
	struct span field = { 0 };

	for (unsigned i = PASSWD_USER; i < PASSWD_EXTRA; i++)
		(void) span_cut(&line, ':', &field);
	return line;
}

static bool
change_password(struct user_command *command, struct span user, struct span old, struct str *line,
    struct err *err)
{
	CLEANUP(str_fini) struct str stored = { .max = PASSWORD_STORED_MAX }, extra = { .max = PASSWD_LINE_MAX };
	CLEANUP(str_fini) struct str half = { .max = PASSWD_LINE_MAX };
	struct span value;

	if (old.len == 0)
		return err_config(err, "there is no %.*s", SPAN_ARG(user));
	for (struct span rest = extra_of(old), name; passwd_extra_next(&rest, &name, &value);)
		command->with_scram |= span_eq_str(name, "scram_sha_256");
	if (!make_stored(command, user, extra_of(old), &stored, &extra, err))
		return false;
	return passwd_line_set(old, PASSWD_PASSWORD, str_span(&stored), &half) &&
	    (extra.len > 0 || extra_of(old).len > 0
		    ? passwd_line_set(str_span(&half), PASSWD_EXTRA, str_span(&extra), line)
		    : str_add(line, str_span(&half)));
}

static bool
make_app_value(struct user_command *command, struct span user, struct str *value, struct err *err)
{
	CLEANUP(str_fini) struct str password = { .max = PASSWORD_MAX };
	bool is_made;

	if (command->until != NULL)
		str_addf(value, "%s,", command->until);
	is_made = user_make_password(&password, err) &&
	    password_make(command->scheme, user, str_span(&password), value, err);
	if (is_made)
		printf("%s\n", str_cstr(&password));
	str_wipe(&password);
	return is_made;
}

static bool
change_app_password(struct user_command *command, struct span user, struct span old, struct str *line,
    struct err *err)
{
	CLEANUP(str_fini) struct str value = { .max = PASSWORD_STORED_MAX }, extra = { .max = PASSWD_LINE_MAX };
	struct span name = span_of(arena_printf(command->arena, "app_password_%s", command->app_name));

	if (old.len == 0)
		return err_config(err, "there is no %.*s", SPAN_ARG(user));
	if (!command->removes && !make_app_value(command, user, &value, err))
		return false;
	return passwd_extra_set(extra_of(old), name, command->removes ? (struct span){ 0 } : str_span(&value), &extra) &&
	    passwd_line_set(old, PASSWD_EXTRA, str_span(&extra), line);
}

static bool
change_delete(struct user_command *command UNUSED, struct span user, struct span old,
    struct str *line UNUSED, struct err *err)
{
	return old.len > 0 || err_config(err, "there is no %.*s", SPAN_ARG(user));
}

/* ---- Sub-commands ---- */

static bool
run_add(struct user_command *command, struct span user, struct err *err)
{
	return user_file_edit(command, user, change_add, err);
}

static bool
run_passwd(struct user_command *command, struct span user, struct err *err)
{
	return user_file_edit(command, user, command->app_name != NULL ? change_app_password : change_password, err);
}

static bool
run_delete(struct user_command *command, struct span user, struct err *err)
{
	return user_file_edit(command, user, change_delete, err);
}

static struct span
scheme_of(struct span stored)
{
	if (stored.len == 0)
		return SPAN("none");
	return stored.p[0] == '{' ? span_slice(stored, 1, span_find(stored, '}')) : SPAN("CRYPT");
}

static bool
run_list(struct user_command *command, struct span user UNUSED, struct err *err)
{
	struct passwd_file *file;
	const struct passwd_entry *entry;

	if (!user_file_read(command, &file, err))
		return false;
	for (size_t i = 0; (entry = passwd_file_at(file, i)) != NULL; i++) {
		if (command->is_long)
			printf("%.*s\t%.*s\t%.*s\n", SPAN_ARG(entry->user), SPAN_ARG(scheme_of(entry->password)),
			    SPAN_ARG(entry->home));
		else
			printf("%.*s\n", SPAN_ARG(entry->user));
	}
	passwd_file_free(&file);
	return true;
}

static void
print_field(const char *name, struct span value)
{
	if (value.len > 0)
		printf("%s: %.*s\n", name, SPAN_ARG(value));
}

/* Everything but what passwords could be guessed from. */
static void
print_entry(const struct passwd_entry *entry)
{
	struct span rest = entry->extra, name, value;
	struct app_password app;

	print_field("user", entry->user);
	print_field("password", scheme_of(entry->password));
	print_field("uid", entry->uid);
	print_field("gid", entry->gid);
	print_field("home", entry->home);
	while (passwd_extra_next(&rest, &name, &value)) {
		if (span_starts_with(name, SPAN("app_password_")))
			continue;
		if (span_starts_with(name, SPAN("scram_")))
			value = SPAN("stored");
		printf("%.*s: %.*s\n", SPAN_ARG(name), SPAN_ARG(value));
	}
	for (rest = entry->extra; app_password_next(&rest, &app);)
		printf("application password: %.*s%s%.*s\n", SPAN_ARG(app.name), app.until.len > 0 ? " until " : "",
		    SPAN_ARG(app.until));
}

static bool
run_show(struct user_command *command, struct span user, struct err *err)
{
	struct passwd_file *file;
	const struct passwd_entry *entry;

	if (!user_file_read(command, &file, err))
		return false;
	entry = passwd_file_find(file, user);
	if (entry != NULL)
		print_entry(entry);
	passwd_file_free(&file);
	return entry != NULL || err_config(err, "there is no %.*s", SPAN_ARG(user));
}

/* ---- The command line ---- */

static const struct subcommand {
	const char *name, *options, *arguments, *doc;
	bool takes_user;
	bool (*run)(struct user_command *command, struct span user, struct err *err);
} subcommands[] = {
	{ "add", "f:s:e:nkU:G:H:x:", "[-kn] [-s scheme] [-e stored] [-U uid] [-G gid] [-H home] [-x fields] user",
	    "make an account; its password is asked for", true, run_add },
	{ "passwd", "f:s:e:nka:u:d", "[-kn] [-s scheme] [-e stored] [-a name [-d | -u date]] user",
	    "give it another password, or make (-a) or remove (-d) one for an application", true, run_passwd },
	{ "delete", "f:", "user", "take it out; mail stays", true, run_delete },
	{ "list", "f:l", "[-l]", "all accounts; with -l scheme and home", false, run_list },
	{ "show", "f:", "user", "what is stored, without passwords", true, run_show },
};

NORETURN static void
usage(void)
{
	fprintf(stderr, "usage: carteiro user command [-f file] ...\n");
	for (size_t i = 0; i < COUNT_OF(subcommands); i++)
		fprintf(stderr, "  %s %s\n      %s\n", subcommands[i].name, subcommands[i].arguments,
		    subcommands[i].doc);
	exit(1);
}

static const struct subcommand *
find_subcommand(const char *name)
{
	for (size_t i = 0; name != NULL && i < COUNT_OF(subcommands); i++)
		if (strcmp(subcommands[i].name, name) == 0)
			return &subcommands[i];
	usage();
}

static void
take_option(struct user_command *command, int c)
{
	switch (c) {
	case 'f': command->path = optarg; break;
	case 's': command->scheme = optarg; break;
	case 'e': command->stored = optarg; break;
	case 'n': command->no_password = true; break;
	case 'k': command->with_scram = true; break;
	case 'a': command->app_name = optarg; break;
	case 'u': command->until = optarg; break;
	case 'd': command->removes = true; break;
	case 'l': command->is_long = true; break;
	case 'U': command->uid = optarg; break;
	case 'G': command->gid = optarg; break;
	case 'H': command->home = optarg; break;
	case 'x': command->fields = optarg; break;
	default: usage();
	}
}

/* Every value that will stand in the file. */
static bool
check_values(const struct user_command *command, struct err *err)
{
	const char *const values[] = { command->stored, command->uid, command->gid, command->home };

	for (size_t i = 0; i < COUNT_OF(values); i++)
		if (!passwd_field_is_good(span_of(values[i])))
			return err_config(err, "\"%s\" cannot stand in the file: it has a colon or a control byte", values[i]);
	for (size_t i = 0; command->fields != NULL && command->fields[i] != '\0'; i++)
		if ((unsigned char) command->fields[i] < 0x20)
			return err_config(err, "the fields have a control byte");
	if (command->app_name != NULL && !app_password_is_name(span_of(command->app_name)))
		return err_config(err, "the name of an application has letters, digits, \"-\" and \"_\"");
	if (command->until != NULL && !app_password_is_date(span_of(command->until)))
		return err_config(err, "\"%s\" is not a date such as 2027-01-31", command->until);
	return command->app_name != NULL || (command->until == NULL && !command->removes) ||
	    err_config(err, "options -u and -d go with -a");
}

/* The first passwd-file of auth_passdbs. */
static bool
choose_file(struct user_command *command, struct err *err)
{
	struct auth_sources sources;

	if (command->path != NULL)
		return true;
	if (!auth_sources_open(command->auth.passdbs, "auth_passdbs", command->arena, &sources, err))
		return false;
	for (size_t i = 0; i < sources.count && command->path == NULL; i++)
		if (sources.v[i].kind == &auth_source_passwd_file)
			command->path = sources.v[i].argument;
	auth_sources_close(&sources);
	return command->path != NULL || err_config(err, "auth_passdbs has no passwd-file; option -f names one");
}

static bool
load(struct user_command *command, struct err *err)
{
	struct log_setup setup;

	command->cf = main_cf_load(main_cf_default_dir(), command->arena, err);
	if (command->cf == NULL || !mail_conf_load(command->cf, &command->mail, command->arena, err) ||
	    !param_load(command->cf, &auth_params, NULL, &command->auth, command->arena, err))
		return false;
	setup = mail_log_setup(&command->mail, "carteiro-user", command->arena);
	setup.to_stderr = true;
	log_init(&setup);
	return true;
}

int
main(int argc, char **argv)
{
	struct user_command command = { .arena = arena_new("carteiro user", ARENA_BYTES) };
	const struct subcommand *subcommand = find_subcommand(argv[1]);
	struct span user = { 0 };
	struct err err = { 0 };
	int c;

	umask(077);
	tzset();
	while ((c = getopt(argc - 1, argv + 1, subcommand->options)) != -1)
		take_option(&command, c);
	if (argc - 1 - optind != subcommand->takes_user)
		usage();
	if (subcommand->takes_user)
		user = span_of(argv[1 + optind]);
	if (!load(&command, &err) || !check_values(&command, &err) || !choose_file(&command, &err))
		fatal("%s", err.text);
	if (subcommand->takes_user && !auth_name(&command.auth, user, (struct span){ 0 }, command.arena, &user, &err))
		fatal("\"%s\" cannot be a user: %s", argv[1 + optind], err.text);
	if (subcommand->takes_user && !passwd_user_is_good(user))
		fatal("\"%s\" cannot be a user: it has a blank or a colon, or begins with #", argv[1 + optind]);
	if (!subcommand->run(&command, user, &err))
		fatal("%s: %s", command.path, err.text);
	arena_free(&command.arena);
	return 0;
}
