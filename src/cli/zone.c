/*
 * zone.c: --tz.  FAT keeps wall clock; the C library knows the rules of
 * every zone.  The zone is set once, at start, before there are threads.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"
#include "cli.h"

#define TICKS 10000000u
#define EPOCH 11644473600 /* seconds from 1601 to 1970 */

/* tzset(3) takes any word for UTC, so the name is checked before. */
static bool known(const char *zone)
{
	const char *dir = getenv("TZDIR");
	char path[512];

	if (!*zone || *zone == '/' || *zone == '.' || strstr(zone, ".."))
		return false;
	if (!strcmp(zone, "UTC") || !strcmp(zone, "GMT"))
		return true;
	snprintf(path, sizeof(path), "%s/%s",
	         dir ? dir : "/usr/share/zoneinfo", zone);
	if (access(path, R_OK) == 0)
		return true;
	/* POSIX form: at least three letters, then an offset: "CET-1CEST" */
	size_t n = 0;
	if (*zone == '<')
		n = strcspn(zone, ">") + 1;
	else
		while (isalpha((unsigned char)zone[n]))
			n++;
	if (n < 3 || strlen(zone) < n)
		return false;
	if (zone[n] == '+' || zone[n] == '-')
		n++;
	return isdigit((unsigned char)zone[n]) != 0;
}

bool zone_set(const char *zone)
{
	if (!known(zone) || setenv("TZ", zone, 1))
		return false;
	tzset();
	return true;
}

struct hl_time zone_to_utc(void *user, struct hl_time t)
{
	time_t wall = (time_t)(t.ticks / TICKS) - (time_t)EPOCH;
	struct tm tm;

	(void)user;
	if (!gmtime_r(&wall, &tm))
		return t;
	tm.tm_isdst = -1;
	time_t utc = mktime(&tm);
	if (utc == (time_t)-1)
		return t;
	t.ticks = (uint64_t)(utc + (time_t)EPOCH) * TICKS + t.ticks % TICKS;
	t.kind = HL_TIME_UTC;
	return t;
}
