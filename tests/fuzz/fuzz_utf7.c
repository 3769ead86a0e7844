/* SPDX-License-Identifier: ISC */
/* A name has one spelling: what can be decoded is what encoding gives, and the other way round. */
#include "fuzz.h"

#include "lib/base/encode.h"
#include "lib/mail/utf7.h"

FUZZ_TARGET(utf7, in)
{
	CLEANUP(str_fini) struct str utf8 = { .max = in.len * 3 + 10 };
	CLEANUP(str_fini) struct str utf7 = { .max = in.len * 8 + 10 };

	if (utf7_decode(&utf8, in) == PARSE_OK) {
		FUZZ_CHECK(utf8_is_valid(str_span(&utf8)));
		FUZZ_CHECK(utf7_encode(&utf7, str_span(&utf8)) == PARSE_OK);
		FUZZ_CHECK(span_eq(str_span(&utf7), in));
	}
	str_clear(&utf7);
	str_clear(&utf8);
	if (utf7_encode(&utf7, in) == PARSE_OK) {
		FUZZ_CHECK(utf7_decode(&utf8, str_span(&utf7)) == PARSE_OK);
		FUZZ_CHECK(span_eq(str_span(&utf8), in));
	}
}
