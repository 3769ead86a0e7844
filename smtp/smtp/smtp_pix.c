/* SPDX-License-Identifier: ISC */
/* Workarounds for firewalls. They cost time or features, so they need a sign in the greeting. */
#include "smtp/smtp/smtp_pix.h"

#include "lib/sys/clock.h"
#include "lib/sys/log.h"

#include <unistd.h>

enum { WORDS_MAX = 1000 };

/* "220", asterisks, and what such firewalls leave in between. */
static bool
is_garbled(struct span greeting)
{
	size_t stars = 0;

	for (size_t i = 0; i < greeting.len; i++) {
		if (strchr("20 *\t\n", greeting.p[i]) == NULL)
			return false;
		stars += greeting.p[i] == '*';
	}
	return stars > 0;
}

/* The words for this server: of the tables, or of the configuration. */
static struct span
find_words(const struct client_session *s, struct str *room)
{
	struct maps *maps = s->client->maps.pix;
	struct err err = { 0 };

	if (maps != NULL && !maps_is_empty(maps) &&
	    maps_get(maps, span_of(s->address), 0, room, &err) == LOOKUP_FOUND)
		return str_span(room);
	if (err.class != ERR_NONE)
		log_warn_err("pix_workaround_maps", &err);
	return span_of(s->client->conf->pix_workarounds);
}

void
smtp_pix_look(struct client_session *s, struct span queue_id)
{
	CLEANUP(str_fini) struct str room = { .max = WORDS_MAX };
	struct span rest, words, word;

	s->pix = (struct pix_workarounds){ .disable_esmtp = false };
	if (!is_garbled(str_span(&s->reply.text)))
		return;
	words = rest = find_words(s, &room);
	while (span_token(&rest, ", \t\r\n", &word)) {
		if (span_eq_str_ci(word, "disable_esmtp"))
			s->pix.disable_esmtp = true;
		else if (span_eq_str_ci(word, "delay_dotcrlf"))
			s->pix.delay_dotcrlf = true;
		else
			log_warn("pix_workarounds: expected disable_esmtp or delay_dotcrlf: %.*s",
			    SPAN_ARG(word));
	}
	if (s->pix.disable_esmtp || s->pix.delay_dotcrlf)
		log_info("%.*s: enabling PIX workarounds: %.*s for %s", SPAN_ARG(queue_id),
		    SPAN_ARG(words), s->relay);
}

void
smtp_pix_pause(struct client_session *s, const struct deliver *deliver)
{
	const struct smtp_conf *conf = s->client->conf;

	if (clock_wall_us() - deliver->arrival_us >= conf->pix_workaround_threshold_time.us &&
	    stream_flush(s->stream) == STREAM_OK)
		(void) sleep((unsigned) (conf->pix_workaround_delay_time.us / 1000000));
}
