/* SPDX-License-Identifier: ISC */
/* Every decoder on any bytes; what an encoder made must decode to what it was made from. */
#include "fuzz.h"

#include "lib/base/encode.h"

struct codec {
	bool (*encode)(struct str *out, struct span in);
	enum parse (*decode)(struct str *out, struct span in);
	bool takes_nul;
};

static const struct codec codecs[] = {
	{ base64_encode, base64_decode, true },
	{ hex_encode, hex_decode, true },
	{ xtext_encode, xtext_decode, false },
	{ qp_encode, qp_decode, true },
};

static void
check_round_trip(const struct codec *codec, struct span in)
{
	struct str coded, plain;

	if (!codec->takes_nul && span_has_nul(in))
		return;
	str_init(&coded, in.len * 4 + 100);
	str_init(&plain, in.len * 4 + 100);
	FUZZ_CHECK(codec->encode(&coded, in));
	FUZZ_CHECK(codec->decode(&plain, str_span(&coded)) == PARSE_OK);
	FUZZ_CHECK(span_eq(str_span(&plain), in));
	str_fini(&coded);
	str_fini(&plain);
}

FUZZ_TARGET(encode, in)
{
	for (size_t i = 0; i < COUNT_OF(codecs); i++) {
		struct str out;

		str_init(&out, in.len * 4 + 100);
		(void) codecs[i].decode(&out, in);
		str_fini(&out);
		check_round_trip(&codecs[i], in);
	}
	if (span_is_ascii(in))
		FUZZ_CHECK(utf8_is_valid(in));
}
