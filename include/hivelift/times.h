/*
 * times.h: one time, whatever the format.  NTFS and hives count UTC; FAT
 * keeps wall clock without a zone, and the difference is never hidden.
 */
#ifndef HIVELIFT_TIMES_H
#define HIVELIFT_TIMES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hl_time_kind {
	HL_TIME_NONE,  /* the format has no such time, or it is not set */
	HL_TIME_UTC,   /* exact, 100 ns */
	HL_TIME_LOCAL, /* wall clock without a zone (FAT), 2 s or 10 ms */
	HL_TIME_DATE,  /* a local date only (FAT access) */
};
struct hl_time {
	uint64_t ticks; /* 100 ns since 1601-01-01 00:00, UTC or wall clock */
	enum hl_time_kind kind;
};
#define HL_TIME_TEXT 64
/*
 * ISO 8601: "2020-01-02T03:04:05.1234567Z"; local without Z and with whole
 * seconds; date as "2020-01-02"; NONE gives "".  buf holds HL_TIME_TEXT.
 */
const char *hl_time_text(char *buf, struct hl_time t);

#ifdef __cplusplus
}
#endif
#endif
