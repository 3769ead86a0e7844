/* SPDX-License-Identifier: ISC */
#include "lib/mail/subject.h"

#include <unicase.h>
#include <uninorm.h>

#include "lib/base/encode.h"

/* ---- Base subject ---- */

/* Runs of blanks become one. */
static struct span
single_blanks(struct span subject, struct str *scratch)
{
	str_clear(scratch);
	for (size_t i = 0; i < subject.len; i++) {
		bool is_blank = ascii_is_space(subject.p[i]);

		if (!is_blank)
			(void) str_add_char(scratch, subject.p[i]);
		else if (scratch->len == 0 || scratch->p[scratch->len - 1] != ' ')
			(void) str_add_char(scratch, ' ');
	}
	return str_span(scratch);
}

/* subj-trailer = "(fwd)" / WSP, as often as there is one */
static struct span
cut_trailers(struct span text, bool *is_reply)
{
	for (;;) {
		text = span_slice(text, 0, text.len - (span_ends_with(text, SPAN(" ")) ? 1 : 0));
		if (!span_ends_with_ci(text, SPAN("(fwd)")))
			return text;
		text.len -= 5;
		*is_reply = true;
	}
}

/* subj-blob = "[" *BLOBCHAR "]" *WSP; the length of it, 0 for none */
static size_t
blob_len(struct span text)
{
	size_t close;

	if (!span_starts_with(text, SPAN("[")))
		return 0;
	close = 1 + span_find_any(span_from(text, 1), "[]");
	if (close >= text.len || text.p[close] != ']')
		return 0;
	return close + 1 + span_run(span_from(text, close + 1), " ");
}

/* subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":" */
static size_t
refwd_len(struct span text)
{
	size_t len = span_starts_with_ci(text, SPAN("fwd")) ? 3
	    : span_starts_with_ci(text, SPAN("re")) || span_starts_with_ci(text, SPAN("fw")) ? 2
										      : 0;

	if (len == 0)
		return 0;
	len += span_run(span_from(text, len), " ");
	len += blob_len(span_from(text, len));
	return len < text.len && text.p[len] == ':' ? len + 1 : 0;
}

/* subj-leader = (*subj-blob subj-refwd) / WSP; the text behind it */
static struct span
cut_leader(struct span text, bool *is_reply)
{
	size_t len = 0, blob, refwd;

	if (span_starts_with(text, SPAN(" ")))
		return span_from(text, 1);
	while ((blob = blob_len(span_from(text, len))) > 0)
		len += blob;
	refwd = refwd_len(span_from(text, len));
	if (refwd == 0)
		return text;
	*is_reply = true;
	return span_from(text, len + refwd);
}

struct span
subject_base(struct span subject, struct str *scratch, bool *is_reply_out)
{
	struct span text = single_blanks(subject, scratch), before;

	*is_reply_out = false;
	for (;;) {
		text = cut_trailers(text, is_reply_out);
		do {
			size_t blob;

			before = text;
			text = cut_leader(text, is_reply_out);
			blob = blob_len(text);
			if (blob < text.len)
				text = span_from(text, blob);
		} while (text.len != before.len);
		if (!span_starts_with_ci(text, SPAN("[fwd:")) || !span_ends_with(text, SPAN("]")))
			return text;
		text = span_slice(text, 5, text.len - 1);
		*is_reply_out = true;
	}
}

/* ---- i;unicode-casemap ---- */

/* One run that is not ASCII. */
static bool
add_mapped(struct str *out, struct span run)
{
	size_t title_len, len;
	uint8_t *title, *mapped;
	bool added;

	title = u8_totitle((const uint8_t *) run.p, run.len, NULL, NULL, NULL, &title_len);
	if (title == NULL)
		return str_add(out, run);
	mapped = u8_normalize(UNINORM_NFKD, title, title_len, NULL, &len);
	free(title);
	if (mapped == NULL)
		return str_add(out, run);
	added = str_add(out, span_make((const char *) mapped, len));
	free(mapped);
	return added;
}

/* The character at the beginning of valid UTF-8. */
static size_t
char_len(struct span in)
{
	size_t len = 1;

	while (len < in.len && ((unsigned char) in.p[len] & 0xc0) == 0x80)
		len++;
	return len;
}

bool
casemap_add(struct str *out, struct span utf8)
{
	bool is_valid = span_is_ascii(utf8) || utf8_is_valid(utf8);

	while (utf8.len > 0) {
		size_t len = is_valid ? char_len(utf8) : 1;

		/* Each character by itself: title case of a word would lower all but its first. */
		if (len == 1)
			(void) str_add_char(out, ascii_upper(utf8.p[0]));
		else
			(void) add_mapped(out, span_slice(utf8, 0, len));
		utf8 = span_from(utf8, len);
	}
	return !out->overflowed;
}
