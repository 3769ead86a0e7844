/* SPDX-License-Identifier: ISC */
/* Facts that are in no file: -T, what the TLS library is and can; -b and -t, the words of notifications. */
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>

#include "lib/queue/bounce_template.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "master/postconf/postconf_int.h"

enum { TEMPLATES_MAX = 1 << 20 };

/* The kinds of keys that the library knows, by the names under which certificates speak of them. */
static void
print_key_algorithms(void)
{
	static const struct { const char *name, *key; } kinds[] = {
		{ "dsa", "DSA" }, { "ecdsa", "EC" }, { "ed25519", "ED25519" }, { "ed448", "ED448" }, { "rsa", "RSA" },
	};

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		EVP_PKEY_CTX *key = EVP_PKEY_CTX_new_from_name(NULL, kinds[i].key, NULL);

		if (key != NULL)
			(void) puts(kinds[i].name);
		EVP_PKEY_CTX_free(key);
	}
}

int
facts_print_tls(const char *mode)
{
	if (strcmp(mode, "compile-version") == 0)
		(void) puts(OPENSSL_VERSION_TEXT);
	else if (strcmp(mode, "run-version") == 0)
		(void) puts(OpenSSL_version(OPENSSL_VERSION));
	else if (strcmp(mode, "public-key-algorithms") == 0)
		print_key_algorithms();
	else {
		log_warn("unknown 'postconf -T' mode: %s; expected compile-version, run-version or "
		         "public-key-algorithms", mode);
		return 1;
	}
	return 0;
}

/* As a template file has it. */
static void
print_template(const struct bounce_template *template, const char *name)
{
	(void) printf("%s = <<EOF\nCharset: %s\nFrom: %s\nSubject: %s\n", name, template->charset, template->from,
	    template->subject);
	if (template->postmaster_subject != NULL)
		(void) printf("Postmaster-Subject: %s\n", template->postmaster_subject);
	(void) printf("\n%sEOF\n", template->text);
}

/* As a reader of the notification will see it: "expanded_failure_text". */
static void
print_expanded(struct postconf *p, const struct bounce_template *template, const char *name)
{
	struct err err = { 0 };
	const char *text = bounce_template_expand(p->cf, template->text, p->arena, &err);

	if (text == NULL)
		fatal("%s: %s", name, err.text);
	(void) printf("expanded_%.*stext = <<EOF\n%sEOF\n", (int) span_find(span_of(name), '_') + 1, name, text);
}

/* The file named, else the one in use; an empty name means what is built in. */
static void
load_templates(struct postconf *p, const char *file, struct bounce_templates *templates)
{
	struct err err = { 0 };
	struct span text;

	bounce_templates_init(templates);
	if (file == NULL && (file = main_cf_value(p->cf, "bounce_template_file", p->arena, &err)) == NULL)
		fatal("%s", err.text);
	if (file[0] != '\0' && (!file_read(AT_FDCWD, file, TEMPLATES_MAX, p->arena, &text, &err)
	    || !bounce_templates_parse(templates, text, file, p->arena, &err)))
		fatal("%s", err.text);
}

int
facts_print_templates(struct postconf *p, const char *file, bool expand)
{
	struct bounce_templates templates;

	load_templates(p, file, &templates);
	for (int kind = 0; kind < BOUNCE_KINDS; kind++) {
		const char *name = bounce_template_name((enum bounce_kind) kind);

		if (kind > 0)
			(void) putchar('\n');
		if (expand)
			print_expanded(p, &templates.of[kind], name);
		else
			print_template(&templates.of[kind], name);
	}
	return 0;
}
