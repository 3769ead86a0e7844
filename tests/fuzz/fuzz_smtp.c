/* SPDX-License-Identifier: ISC */
/*
 * A hostile server: the whole conversation from greeting to QUIT. The first byte says LMTP or SMTP,
 * whether it is the last server, and how many recipients there are; the rest is what it says.
 */
#include "fuzz.h"

#include "tests/unit/smtp_t.h"

FUZZ_TARGET(smtp, in)
{
	struct scene scene;
	size_t results = 0;
	unsigned how;

	if (in.len == 0 || in.len > 100000)
		return;
	how = (unsigned char) in.p[0];
	log_init(&(struct log_setup){ .tag = "fuzz", .host = "fuzz", .file_path = "/dev/null", .socket_path = "/nonexistent" });
	scene_init(&scene);
	scene.is_lmtp = how & 1;
	scene.is_last = how & 2;
	scene.rcpt_count = 1 + (how >> 2 & 7);
	for (size_t i = 0; i < scene.rcpt_count; i++)
		scene.rcpts[i].address = SPAN("b@y.test");
	str_add(&scene.server, span_from(in, 1));
	scene_run(&scene);
	for (size_t i = 0; i < scene.results.len; i++)
		results += scene.results.p[i] == '\n';
	FUZZ_CHECK(scene.is_last ? results == scene.rcpt_count : results <= scene.rcpt_count);
	free((void *) (uintptr_t) scene.trouble);
	scene_fini(&scene);
}
