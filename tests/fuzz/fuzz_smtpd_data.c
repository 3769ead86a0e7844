/* SPDX-License-Identifier: ISC */
/* Content conversion: the result does not depend on how the bytes were cut, and holds no CR LF. */
#include "tests/fuzz/fuzz.h"

#include "smtpd/smtpd/smtpd_data.h"

static enum data_end
convert(struct span in, size_t step, bool allows_bare, struct str *out, size_t *done_out)
{
	struct data_state state;
	enum data_end end = DATA_MORE;
	size_t fed = 0;

	*done_out = 0;
	data_init(&state, allows_bare);
	while (end == DATA_MORE && fed < in.len) {
		size_t used = 0;

		fed = fed + step < in.len ? fed + step : in.len;
		end = data_convert(&state, span_slice(in, *done_out, fed), &used, out);
		*done_out += used;
	}
	FUZZ_CHECK(state.bytes >= (int64_t) out->len);
	return end;
}

FUZZ_TARGET(smtpd_data, in)
{
	bool allows_bare = in.len > 0 && in.p[0] == '!';
	size_t step = in.len > 1 ? (unsigned char) in.p[1] % 16 + 1 : 1, done, done_whole;
	struct str pieces, whole;

	str_init(&pieces, 1 << 20);
	str_init(&whole, 1 << 20);
	FUZZ_CHECK(convert(in, step, allows_bare, &pieces, &done) ==
	    convert(in, in.len + 1, allows_bare, &whole, &done_whole));
	FUZZ_CHECK(done == done_whole);
	FUZZ_CHECK(span_eq(str_span(&pieces), str_span(&whole)));
	str_fini(&pieces);
	str_fini(&whole);
}
