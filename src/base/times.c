/*
 * times.c: FILETIME and DOS stamps, and their text.  The calendar is worked
 * out here: gmtime() stops at years that a FILETIME can hold.
 */
#include <stdio.h>

#include "base/banned.h"
#include "base/times_impl.h"

#define TICKS_PER_S 10000000u
#define DAYS_1601_TO_1970 134774

struct date {
	int year;
	unsigned month, day; /* from 1 */
};

/* Days since 1601-01-01; 400 Gregorian years are 146,097 days. */
static struct date from_days(uint64_t days)
{
	/* count from 1600-03-01, so that the leap day ends a year */
	uint64_t z = days + 306; /* 1600-03-01 is day -306 */
	uint64_t era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;
	struct date d = { .day = (unsigned)(doy - (153 * mp + 2) / 5 + 1),
	                  .month = (unsigned)(mp < 10 ? mp + 3 : mp - 9) };

	d.year = (int)(1600 + yoe + era * 400) + (d.month <= 2);
	return d;
}

static uint64_t to_days(int year, unsigned month, unsigned day)
{
	uint64_t y = (uint64_t)(year - 1600) - (month <= 2);
	uint64_t era = y / 400, yoe = y % 400;
	uint64_t mp = month > 2 ? month - 3 : month + 9;
	uint64_t doy = (153 * mp + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 306;
}

static bool date_exists(int year, unsigned month, unsigned day)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30,
	                                  31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

struct hl_time hl_time_filetime(uint64_t ticks)
{
	return (struct hl_time){ .ticks = ticks,
	                         .kind = ticks ? HL_TIME_UTC : HL_TIME_NONE };
}

static struct hl_time dos_day(uint16_t date, enum hl_time_kind kind)
{
	int year = 1980 + (date >> 9);
	unsigned month = date >> 5 & 15, day = date & 31;

	if (!date_exists(year, month, day))
		return (struct hl_time){ .kind = HL_TIME_NONE };
	return (struct hl_time){ .kind = kind,
	                         .ticks = to_days(year, month, day) * 86400 *
	                                  TICKS_PER_S };
}

struct hl_time hl_time_dos_date(uint16_t date)
{
	return dos_day(date, HL_TIME_DATE);
}

struct hl_time hl_time_dos(uint16_t date, uint16_t time, uint8_t tenths)
{
	unsigned h = time >> 11, m = time >> 5 & 63, s = (time & 31) * 2;
	struct hl_time t = dos_day(date, HL_TIME_LOCAL);

	if (t.kind == HL_TIME_NONE || h > 23 || m > 59 || s > 59)
		return (struct hl_time){ .kind = HL_TIME_NONE };
	if (tenths > 199)
		tenths = 0;
	t.ticks += (uint64_t)(h * 3600 + m * 60 + s) * TICKS_PER_S +
	           tenths * (uint64_t)(TICKS_PER_S / 100);
	return t;
}

struct hl_time hl_time_zoned(const struct hl_ctx *ctx, struct hl_time t)
{
	bool local = t.kind == HL_TIME_LOCAL && ctx->to_utc;

	return local ? ctx->to_utc(ctx->user, t) : t;
}

const char *hl_time_text(char *buf, struct hl_time t)
{
	uint64_t sec = t.ticks / TICKS_PER_S;
	unsigned day = (unsigned)(sec % 86400);
	struct date d = from_days(sec / 86400);

	buf[0] = '\0';
	if (t.kind == HL_TIME_DATE)
		snprintf(buf, HL_TIME_TEXT, "%04d-%02u-%02u", d.year, d.month,
		         d.day);
	else if (t.kind == HL_TIME_LOCAL)
		snprintf(buf, HL_TIME_TEXT, "%04d-%02u-%02uT%02u:%02u:%02u",
		         d.year, d.month, d.day, day / 3600, day / 60 % 60,
		         day % 60);
	else if (t.kind == HL_TIME_UTC)
		snprintf(buf, HL_TIME_TEXT,
		         "%04d-%02u-%02uT%02u:%02u:%02u.%07uZ", d.year,
		         d.month, d.day, day / 3600, day / 60 % 60, day % 60,
		         (unsigned)(t.ticks % TICKS_PER_S));
	return buf;
}

bool hl_time_unix(struct hl_time t, int64_t *sec, long *nsec)
{
	const int64_t epoch = (int64_t)DAYS_1601_TO_1970 * 86400;

	if (t.kind == HL_TIME_NONE)
		return false;
	*sec = (int64_t)(t.ticks / TICKS_PER_S) - epoch;
	*nsec = (long)(t.ticks % TICKS_PER_S) * 100;
	return true;
}
