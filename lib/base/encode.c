/* SPDX-License-Identifier: ISC */
/*
 * Text encodings and checksums. Encoders reserve once and write straight into the buffer; decoders
 * say PARSE_BAD at the first byte that cannot be, with what came before it already in the output.
 */
#include "lib/base/encode.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char hex_lower[] = "0123456789abcdef";
static const char hex_upper[] = "0123456789ABCDEF";

static inline unsigned
byte_at(struct span in, size_t i)
{
	return (unsigned char) in.p[i];
}

/* The last one or two bytes of the input, padded. */
static void
base64_tail(char *to, struct span in, size_t at)
{
	unsigned a = byte_at(in, at);
	unsigned b = at + 1 < in.len ? byte_at(in, at + 1) : 0;

	to[0] = base64_letters[a >> 2];
	to[1] = base64_letters[(a & 3) << 4 | b >> 4];
	to[2] = at + 1 < in.len ? base64_letters[(b & 15) << 2] : '=';
	to[3] = '=';
}

bool
base64_encode(struct str *out, struct span in)
{
	size_t len = in.len / 3 * 4 + (in.len % 3 != 0 ? 4 : 0);
	char *to = str_reserve(out, len);
	size_t i;

	if (to == NULL)
		return false;
	for (i = 0; i + 3 <= in.len; i += 3) {
		unsigned bits = byte_at(in, i) << 16 | byte_at(in, i + 1) << 8 | byte_at(in, i + 2);

		*to++ = base64_letters[bits >> 18];
		*to++ = base64_letters[bits >> 12 & 63];
		*to++ = base64_letters[bits >> 6 & 63];
		*to++ = base64_letters[bits & 63];
	}
	if (i < in.len)
		base64_tail(to, in, i);
	str_grow(out, len);
	return true;
}

/* The value of each base64 letter; 64 for other bytes. */
/* clang-format off */
static const unsigned char base64_values[256] = {
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 64, 64, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64,
	64, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 64,
	64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
};
/* clang-format on */

enum { BASE64_BAD = 64 };

/* Four letters as 24 bits; false when one of them is none. */
static inline bool
base64_group(const char *four, unsigned *bits_out)
{
	unsigned a = base64_values[(unsigned char) four[0]],
		 b = base64_values[(unsigned char) four[1]];
	unsigned c = base64_values[(unsigned char) four[2]],
		 d = base64_values[(unsigned char) four[3]];

	*bits_out = a << 18 | b << 12 | c << 6 | d;
	return ((a | b | c | d) & BASE64_BAD) == 0;
}

/* The last group with its padding; unused bits must be zero. */
static enum parse
base64_decode_last(struct str *out, const char *four)
{
	unsigned pad = four[3] != '=' ? 0 : four[2] == '=' ? 2 : 1;
	char letters[4] = { four[0], four[1], pad == 2 ? 'A' : four[2], pad > 0 ? 'A' : four[3] };
	unsigned bits, unused = pad == 2 ? 0xffff : pad == 1 ? 0xff : 0;
	char bytes[3];

	if (!base64_group(letters, &bits) || (bits & unused) != 0)
		return PARSE_BAD;
	bytes[0] = (char) (bits >> 16);
	bytes[1] = (char) (bits >> 8 & 0xff);
	bytes[2] = (char) (bits & 0xff);
	return str_add(out, span_make(bytes, 3 - pad)) ? PARSE_OK : PARSE_BAD;
}

enum parse
base64_decode(struct str *out, struct span in)
{
	size_t groups = in.len / 4, done = 0;
	char *to = str_reserve(
	    out, groups * 3 < out->max - out->len ? groups * 3 : out->max - out->len);
	size_t fit = (out->max - out->len) / 3;
	unsigned bits;

	for (; done + 1 < groups && done < fit && base64_group(in.p + done * 4, &bits); done++) {
		*to++ = (char) (bits >> 16);
		*to++ = (char) (bits >> 8 & 0xff);
		*to++ = (char) (bits & 0xff);
	}
	str_grow(out, done * 3);
	if (in.len == 0)
		return PARSE_OK;
	if (in.len % 4 != 0 || done + 1 != groups) {
		/*
		 * The group that stopped it may still be whole when only room or length is wrong.
		 */
		if (done < groups && base64_group(in.p + done * 4, &bits))
			(void) base64_decode_last(out, in.p + done * 4);
		return PARSE_BAD;
	}
	return base64_decode_last(out, in.p + done * 4);
}

bool
hex_encode(struct str *out, struct span in)
{
	char *to = in.len > SIZE_MAX / 2 ? NULL : str_reserve(out, in.len * 2);

	if (to == NULL)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		*to++ = hex_lower[byte_at(in, i) >> 4];
		*to++ = hex_lower[byte_at(in, i) & 15];
	}
	str_grow(out, in.len * 2);
	return true;
}

/* The value of a hexadecimal digit, or -1. */
static int
hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that two digits at in[at] stand for, or -1. */
static int
hex_pair(struct span in, size_t at)
{
	int high, low;

	if (at + 2 > in.len)
		return -1;
	high = hex_value(in.p[at]);
	low = hex_value(in.p[at + 1]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

enum parse
hex_decode(struct str *out, struct span in)
{
	for (size_t i = 0; i < in.len; i += 2) {
		int byte = hex_pair(in, i);

		if (byte < 0 || !str_add_char(out, (char) byte))
			return PARSE_BAD;
	}
	return PARSE_OK;
}

/* Append mark and two upper-case digits. */
static bool
add_escape(struct str *out, char mark, unsigned byte)
{
	char escape[3] = { mark, hex_upper[byte >> 4], hex_upper[byte & 15] };

	return str_add(out, span_make(escape, sizeof(escape)));
}

/* xchar = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "=" */
static bool
is_xchar(char c)
{
	return c > ' ' && c <= '~' && c != '+' && c != '=';
}

bool
xtext_encode(struct str *out, struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		if (is_xchar(in.p[i]) ? !str_add_char(out, in.p[i])
				      : !add_escape(out, '+', byte_at(in, i)))
			return false;
	return true;
}

enum parse
xtext_decode(struct str *out, struct span in)
{
	for (size_t i = 0; i < in.len; i++) {
		int byte = (unsigned char) in.p[i];

		if (in.p[i] == '+') {
			byte = hex_pair(in, i + 1);
			i += 2;
		} else if (!is_xchar(in.p[i])) {
			return PARSE_BAD;
		}
		if (byte <= 0 || !str_add_char(out, (char) byte))
			return PARSE_BAD;
	}
	return PARSE_OK;
}

enum { QP_LINE_MAX = 76 };

/* Bytes that stand for themselves anywhere in a line. */
static bool
is_qp_plain(char c)
{
	return ascii_is_print(c) && c != '=';
}

/*
 * One line without its LF. A soft break is due before the piece that would leave no room for "=",
 * which the last piece of a line does not need.
 */
static bool
qp_encode_line(struct str *out, struct span line)
{
	size_t column = 0;

	for (size_t i = 0; i < line.len; i++) {
		bool is_last = i + 1 == line.len;
		bool plain = is_qp_plain(line.p[i]) || line.p[i] == '\t';
		size_t width, room = is_last ? QP_LINE_MAX : QP_LINE_MAX - 1;

		if (is_last && ascii_is_wsp(line.p[i]))
			plain = false;
		width = plain ? 1 : 3;
		if (column + width > room) {
			if (!str_add(out, SPAN("=\n")))
				return false;
			column = 0;
		}
		if (plain ? !str_add_char(out, line.p[i]) : !add_escape(out, '=', byte_at(line, i)))
			return false;
		column += width;
	}
	return true;
}

bool
qp_encode(struct str *out, struct span in)
{
	bool ends_with_lf = in.len > 0 && in.p[in.len - 1] == '\n';
	struct span line;

	if (ends_with_lf)
		in.len--;
	while (span_cut(&in, '\n', &line))
		if (!qp_encode_line(out, line) || (in.p != NULL && !str_add_char(out, '\n')))
			return false;
	return ends_with_lf ? str_add_char(out, '\n') : true;
}

/* One line without line end and trailing blanks; *is_soft_out says that it ended in "=". */
static bool
qp_decode_line(struct str *out, struct span line, bool *is_soft_out)
{
	*is_soft_out = line.len > 0 && line.p[line.len - 1] == '=';
	if (*is_soft_out)
		line.len--;
	while (line.len > 0) {
		size_t plain = span_find(line, '=');
		int byte;

		if (!str_add(out, span_slice(line, 0, plain)))
			return false;
		if (plain == line.len)
			return true;
		byte = hex_pair(line, plain + 1);
		if (byte < 0 || !str_add_char(out, (char) byte))
			return false;
		line = span_from(line, plain + 3);
	}
	return true;
}

enum parse
qp_decode(struct str *out, struct span in)
{
	struct span line;

	while (span_cut(&in, '\n', &line)) {
		bool has_end = in.p != NULL;
		bool is_soft;

		/* Blanks before a line end came from transport (RFC 2045 6.7, rule 3). */
		while (line.len > 0 &&
		    (ascii_is_wsp(line.p[line.len - 1]) ||
			(has_end && line.p[line.len - 1] == '\r')))
			line.len--;
		if (!qp_decode_line(out, line, &is_soft))
			return PARSE_BAD;
		if (has_end && !is_soft && !str_add_char(out, '\n'))
			return PARSE_BAD;
	}
	return PARSE_OK;
}

/* Length of the run of ASCII at the start, found eight bytes at a time. */
static size_t
ascii_run(struct span in)
{
	size_t i = 0;

	for (; i + 8 <= in.len; i += 8) {
		uint64_t word;

		memcpy(&word, in.p + i, sizeof(word));
		if ((word & UINT64_C(0x8080808080808080)) != 0)
			break;
	}
	while (i < in.len && byte_at(in, i) < 0x80)
		i++;
	return i;
}

bool
span_is_ascii(struct span in)
{
	return ascii_run(in) == in.len;
}

/* Length of the well-formed multi-byte character at the start, or 0 (RFC 3629 4). */
static size_t
utf8_char_len(struct span in)
{
	unsigned lead = byte_at(in, 0);
	unsigned low = 0x80, high = 0xbf;
	size_t len = lead >= 0xc2 && lead <= 0xdf ? 2
	    : lead >= 0xe0 && lead <= 0xef        ? 3
	    : lead >= 0xf0 && lead <= 0xf4        ? 4
						  : 0;

	if (len == 0 || len > in.len)
		return 0;
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	if (byte_at(in, 1) < low || byte_at(in, 1) > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((byte_at(in, i) & 0xc0) != 0x80)
			return 0;
	return len;
}

bool
utf8_is_valid(struct span in)
{
	for (in = span_from(in, ascii_run(in)); in.len > 0; in = span_from(in, ascii_run(in))) {
		size_t len = utf8_char_len(in);

		if (len == 0)
			return false;
		in = span_from(in, len);
	}
	return true;
}

/* The remainder for each byte; reflected polynomial 0x82f63b78. */
/* clang-format off */
static const uint32_t crc32c_table[256] = {
	0x00000000, 0xf26b8303, 0xe13b70f7, 0x1350f3f4, 0xc79a971f, 0x35f1141c,
	0x26a1e7e8, 0xd4ca64eb, 0x8ad958cf, 0x78b2dbcc, 0x6be22838, 0x9989ab3b,
	0x4d43cfd0, 0xbf284cd3, 0xac78bf27, 0x5e133c24, 0x105ec76f, 0xe235446c,
	0xf165b798, 0x030e349b, 0xd7c45070, 0x25afd373, 0x36ff2087, 0xc494a384,
	0x9a879fa0, 0x68ec1ca3, 0x7bbcef57, 0x89d76c54, 0x5d1d08bf, 0xaf768bbc,
	0xbc267848, 0x4e4dfb4b, 0x20bd8ede, 0xd2d60ddd, 0xc186fe29, 0x33ed7d2a,
	0xe72719c1, 0x154c9ac2, 0x061c6936, 0xf477ea35, 0xaa64d611, 0x580f5512,
	0x4b5fa6e6, 0xb93425e5, 0x6dfe410e, 0x9f95c20d, 0x8cc531f9, 0x7eaeb2fa,
	0x30e349b1, 0xc288cab2, 0xd1d83946, 0x23b3ba45, 0xf779deae, 0x05125dad,
	0x1642ae59, 0xe4292d5a, 0xba3a117e, 0x4851927d, 0x5b016189, 0xa96ae28a,
	0x7da08661, 0x8fcb0562, 0x9c9bf696, 0x6ef07595, 0x417b1dbc, 0xb3109ebf,
	0xa0406d4b, 0x522bee48, 0x86e18aa3, 0x748a09a0, 0x67dafa54, 0x95b17957,
	0xcba24573, 0x39c9c670, 0x2a993584, 0xd8f2b687, 0x0c38d26c, 0xfe53516f,
	0xed03a29b, 0x1f682198, 0x5125dad3, 0xa34e59d0, 0xb01eaa24, 0x42752927,
	0x96bf4dcc, 0x64d4cecf, 0x77843d3b, 0x85efbe38, 0xdbfc821c, 0x2997011f,
	0x3ac7f2eb, 0xc8ac71e8, 0x1c661503, 0xee0d9600, 0xfd5d65f4, 0x0f36e6f7,
	0x61c69362, 0x93ad1061, 0x80fde395, 0x72966096, 0xa65c047d, 0x5437877e,
	0x4767748a, 0xb50cf789, 0xeb1fcbad, 0x197448ae, 0x0a24bb5a, 0xf84f3859,
	0x2c855cb2, 0xdeeedfb1, 0xcdbe2c45, 0x3fd5af46, 0x7198540d, 0x83f3d70e,
	0x90a324fa, 0x62c8a7f9, 0xb602c312, 0x44694011, 0x5739b3e5, 0xa55230e6,
	0xfb410cc2, 0x092a8fc1, 0x1a7a7c35, 0xe811ff36, 0x3cdb9bdd, 0xceb018de,
	0xdde0eb2a, 0x2f8b6829, 0x82f63b78, 0x709db87b, 0x63cd4b8f, 0x91a6c88c,
	0x456cac67, 0xb7072f64, 0xa457dc90, 0x563c5f93, 0x082f63b7, 0xfa44e0b4,
	0xe9141340, 0x1b7f9043, 0xcfb5f4a8, 0x3dde77ab, 0x2e8e845f, 0xdce5075c,
	0x92a8fc17, 0x60c37f14, 0x73938ce0, 0x81f80fe3, 0x55326b08, 0xa759e80b,
	0xb4091bff, 0x466298fc, 0x1871a4d8, 0xea1a27db, 0xf94ad42f, 0x0b21572c,
	0xdfeb33c7, 0x2d80b0c4, 0x3ed04330, 0xccbbc033, 0xa24bb5a6, 0x502036a5,
	0x4370c551, 0xb11b4652, 0x65d122b9, 0x97baa1ba, 0x84ea524e, 0x7681d14d,
	0x2892ed69, 0xdaf96e6a, 0xc9a99d9e, 0x3bc21e9d, 0xef087a76, 0x1d63f975,
	0x0e330a81, 0xfc588982, 0xb21572c9, 0x407ef1ca, 0x532e023e, 0xa145813d,
	0x758fe5d6, 0x87e466d5, 0x94b49521, 0x66df1622, 0x38cc2a06, 0xcaa7a905,
	0xd9f75af1, 0x2b9cd9f2, 0xff56bd19, 0x0d3d3e1a, 0x1e6dcdee, 0xec064eed,
	0xc38d26c4, 0x31e6a5c7, 0x22b65633, 0xd0ddd530, 0x0417b1db, 0xf67c32d8,
	0xe52cc12c, 0x1747422f, 0x49547e0b, 0xbb3ffd08, 0xa86f0efc, 0x5a048dff,
	0x8ecee914, 0x7ca56a17, 0x6ff599e3, 0x9d9e1ae0, 0xd3d3e1ab, 0x21b862a8,
	0x32e8915c, 0xc083125f, 0x144976b4, 0xe622f5b7, 0xf5720643, 0x07198540,
	0x590ab964, 0xab613a67, 0xb831c993, 0x4a5a4a90, 0x9e902e7b, 0x6cfbad78,
	0x7fab5e8c, 0x8dc0dd8f, 0xe330a81a, 0x115b2b19, 0x020bd8ed, 0xf0605bee,
	0x24aa3f05, 0xd6c1bc06, 0xc5914ff2, 0x37faccf1, 0x69e9f0d5, 0x9b8273d6,
	0x88d28022, 0x7ab90321, 0xae7367ca, 0x5c18e4c9, 0x4f48173d, 0xbd23943e,
	0xf36e6f75, 0x0105ec76, 0x12551f82, 0xe03e9c81, 0x34f4f86a, 0xc69f7b69,
	0xd5cf889d, 0x27a40b9e, 0x79b737ba, 0x8bdcb4b9, 0x988c474d, 0x6ae7c44e,
	0xbe2da0a5, 0x4c4623a6, 0x5f16d052, 0xad7d5351,
};
/* clang-format on */

static uint32_t
crc32c_portable(uint32_t crc, const unsigned char *p, size_t len)
{
	while (len-- > 0)
		crc = crc32c_table[(crc ^ *p++) & 0xff] ^ crc >> 8;
	return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t
crc32c_sse42(uint32_t crc, const unsigned char *p, size_t len)
{
	uint64_t wide = crc;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, p, sizeof(word));
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t) wide;
	for (; len > 0; p++, len--)
		crc = _mm_crc32_u8(crc, *p);
	return crc;
}
#endif

uint32_t
crc32c(uint32_t crc, const void *bytes, size_t len)
{
	crc = ~crc;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc32c_sse42(crc, bytes, len);
#endif
	return ~crc32c_portable(crc, bytes, len);
}
