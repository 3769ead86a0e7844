/* SPDX-License-Identifier: ISC */
/* The one builder of delivery log lines: who, where, how long, with what result. Reads no clock, writes no log. */
#include "lib/queue/delivery_log.h"

#include "lib/mail/addr.h"

enum { SIGNIFICANT_DIGITS = 2, FRACTION_DIGITS = 6 };

static const int64_t powers[FRACTION_DIGITS + 1] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };

/* How many digits to show after the point. */
static int
count_places(int64_t us, int resolution)
{
	int places = SIGNIFICANT_DIGITS;

	for (int64_t whole = us / powers[FRACTION_DIGITS]; whole > 0 && places > 0; whole /= 10)
		places--;
	if (us < powers[FRACTION_DIGITS])
		for (int64_t unit = powers[FRACTION_DIGITS - 1]; us < unit && places < FRACTION_DIGITS; unit /= 10)
			places++;
	return places < resolution ? places : resolution;
}

bool
delivery_log_add_delay(struct str *out, int64_t us, int resolution)
{
	int places, digits;
	int64_t unit, fraction;

	if (us <= 0)
		return str_add_char(out, '0');
	if (resolution < 0 || resolution > FRACTION_DIGITS)
		resolution = resolution < 0 ? 0 : FRACTION_DIGITS;
	places = count_places(us, resolution);
	unit = powers[FRACTION_DIGITS - places];
	us = (us + unit / 2) / unit * unit;
	fraction = us % powers[FRACTION_DIGITS] / unit;
	for (digits = places; digits > 0 && fraction % 10 == 0; digits--)
		fraction /= 10;
	str_addf(out, "%lld", (long long) (us / powers[FRACTION_DIGITS]));
	return digits == 0 ? !out->overflowed : str_addf(out, ".%0*lld", digits, (long long) fraction);
}

bool
delivery_log_add_address(struct str *out, const struct mail_conf *mail, struct span internal)
{
	if (strcmp(mail->info_log_address_format, "internal") == 0)
		return str_add(out, internal);
	return addr_add_external(out, addr_from_internal(internal));
}

static void
add_address(struct str *out, const struct mail_conf *mail, const char *name, struct span internal)
{
	str_addf(out, "%s=<", name);
	(void) delivery_log_add_address(out, mail, internal);
	str_add_str(out, ">, ");
}

/* Before the queue manager / in it / connection set-up / transmission. */
static void
add_delays(struct str *out, const struct delivery_log *line)
{
	int resolution = line->mail->delay_logging_resolution_limit;
	int64_t begin = line->connected_us != 0 ? line->connected_us : line->handoff_us;
	const int64_t parts[4] = {
		line->active_us - line->arrival_us,
		line->handoff_us - line->active_us,
		begin - line->handoff_us,
		line->done_us - begin,
	};

	str_add_str(out, "delay=");
	delivery_log_add_delay(out, line->done_us - line->arrival_us, resolution);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		str_add_str(out, i == 0 ? ", delays=" : "/");
		delivery_log_add_delay(out, parts[i], resolution);
	}
}

bool
delivery_log_add(struct str *out, const struct delivery_log *line)
{
	str_addf(out, "%.*s: ", SPAN_ARG(line->queue_id));
	add_address(out, line->mail, "to", line->recipient);
	if (line->original.len > 0 && !span_eq_ci(line->original, line->recipient))
		add_address(out, line->mail, "orig_to", line->original);
	str_addf(out, "relay=%.*s, ", SPAN_ARG(line->relay));
	if (line->conn_use > 1)
		str_addf(out, "conn_use=%lld, ", (long long) line->conn_use);
	add_delays(out, line);
	if (line->tls.len > 0)
		str_addf(out, ", tls=%.*s", SPAN_ARG(line->tls));
	return str_addf(out, ", dsn=%.*s, status=%.*s (%.*s)", SPAN_ARG(line->dsn), SPAN_ARG(line->status),
	    SPAN_ARG(line->text));
}
