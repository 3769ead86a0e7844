/* SPDX-License-Identifier: ISC */
/*
 * The conversation of smtp and lmtp by scripts, tests/data/smtp/NAME.t. Lines of a script:
 *
 *     lmtp                    speak LMTP
 *     not last                another server would be tried
 *     rcpt ADDRESS            one recipient more (b@y.test when there is none)
 *     body TEXT               one line of the body
 *     S: LINE                 the server says, in this order
 *     C: LINE                 the client must have said, all of it, in this order
 *     R: N STATUS DSN TEXT    the result of recipient number N
 *     broken                  the connection is of no more use
 */
#include "t.h"

#include "smtp_t.h"

#include <dirent.h>

struct script {
	struct scene scene;
	struct str want_client, want_results, body;
	bool want_broken;
};

static bool
take_word(struct span *line, const char *word)
{
	if (!span_starts_with(*line, span_of(word)))
		return false;
	*line = span_from(*line, strlen(word));
	return true;
}

static void
add_line(struct str *out, struct span line, const char *end)
{
	str_add(out, line);
	str_add_str(out, end);
}

static void
read_line(struct t *t, struct script *script, struct span line)
{
	struct scene *scene = &script->scene;

	if (line.len == 0 || line.p[0] == '#')
		return;
	if (take_word(&line, "S: "))
		add_line(&scene->server, line, "\r\n");
	else if (take_word(&line, "C: "))
		add_line(&script->want_client, line, "\r\n");
	else if (take_word(&line, "R: "))
		add_line(&script->want_results, line, "\n");
	else if (take_word(&line, "rcpt "))
		scene->rcpts[scene->rcpt_count++].address = line;
	else if (take_word(&line, "body "))
		add_line(&script->body, line, "\n");
	else if (take_word(&line, "lmtp"))
		scene->is_lmtp = true;
	else if (take_word(&line, "not last"))
		scene->is_last = false;
	else if (take_word(&line, "broken"))
		script->want_broken = true;
	else
		T_SPAN(t, line, "a known word");
}

static void
play(struct t *t, struct span text)
{
	struct script script = { .want_client = { .max = 1 << 20 },
		.want_results = { .max = 1 << 20 },
		.body = { .max = 1 << 20 } };
	struct span line;

	scene_init(&script.scene);
	while (span_cut(&text, '\n', &line))
		read_line(t, &script, line);
	if (script.scene.rcpt_count == 0)
		script.scene.rcpts[script.scene.rcpt_count++].address = SPAN("b@y.test");
	if (script.body.len > 0)
		script.scene.body = str_cstr(&script.body);
	scene_run(&script.scene);
	T_SPAN(t, str_span(&script.scene.client), str_cstr(&script.want_client));
	T_SPAN(t, str_span(&script.scene.results), str_cstr(&script.want_results));
	T_INT(t, script.scene.is_broken, script.want_broken);
	free((void *) (uintptr_t) script.scene.trouble);
	scene_fini(&script.scene);
	str_fini(&script.want_client);
	str_fini(&script.want_results);
	str_fini(&script.body);
}

static void
play_file(struct t *t, const char *dir, const char *name)
{
	char path[1000], text[20000];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "rb");
	T_NEED(t, file != NULL);
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	play(t, span_make(text, len));
}

TEST(smtp_scripts)
{
	const char *path = t_source(t, "tests/data/smtp");
	DIR *dir = opendir(path);
	int count = 0;

	T_NEED(t, dir != NULL);
	log_init(&(struct log_setup){ .tag = "test", .host = "test" });
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (!span_ends_with(span_of(entry->d_name), SPAN(".t")))
			continue;
		t->row = entry->d_name;
		t->rows++;
		play_file(t, path, entry->d_name);
		count++;
	}
	t->row = NULL;
	closedir(dir);
	T_TRUE(t, count > 10);
}

/* Whatever byte the connection breaks at, every recipient has exactly one result. */
TEST(smtp_breaks_anywhere)
{
	static const char server[] =
	    "220 mx.test ESMTP\r\n250-mx.test\r\n250-PIPELINING\r\n250 SIZE 1000\r\n250 2.1.0 ok\r\n"
	    "250 2.1.5 ok\r\n550 5.1.1 no\r\n354 go\r\n250 2.0.0 done\r\n";

	log_init(&(struct log_setup){ .tag = "test", .host = "test" });
	for (size_t len = 0; len < sizeof(server); len++) {
		struct scene scene;
		size_t results = 0;

		scene_init(&scene);
		scene.rcpts[scene.rcpt_count++].address = SPAN("b@y.test");
		scene.rcpts[scene.rcpt_count++].address = SPAN("c@y.test");
		str_add(&scene.server, span_make(server, len));
		scene_run(&scene);
		for (size_t i = 0; i < scene.results.len; i++)
			results += scene.results.p[i] == '\n';
		T_INT(t, results, 2);
		if (len + 2 < sizeof(server))
			T_TRUE(t, strstr(str_cstr(&scene.results), "1 sent ") == NULL);
		free((void *) (uintptr_t) scene.trouble);
		scene_fini(&scene);
	}
}
