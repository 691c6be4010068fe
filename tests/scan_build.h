/*
 * scan_build.h: a disk in memory with volumes put anywhere, and what a scan
 * finds on it as text.
 */
#ifndef HL_TEST_SCAN_BUILD_H
#define HL_TEST_SCAN_BUILD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testing.h"

struct disk {
	uint8_t *p;
	size_t n;
	struct hl_src *src;
	struct hl_scan *scan;
};

static inline struct disk disk_new(size_t n)
{
	struct disk d = { .p = calloc(1, n), .n = n };

	ck_assert_ptr_nonnull(d.p);
	ck_assert_int_eq(hl_src_mem(&d.src, d.p, n, false, test_ctx()), HL_OK);
	return d;
}

static inline void disk_put(struct disk *d, size_t off, const void *p,
                            size_t n)
{
	ck_assert_uint_le(n, d->n - off);
	memcpy(d->p + off, p, n);
}

static inline void disk_scan(struct disk *d)
{
	hl_scan_close(d->scan);
	d->scan = NULL;
	ck_assert_int_eq(hl_scan_open(&d->scan, d->src, NULL, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_scan_pass(d->scan), HL_OK);
	ck_assert_uint_eq(hl_scan_position(d->scan), d->n);
	ck_assert_int_eq(hl_scan_judge(d->scan), HL_OK);
}

static inline void disk_free(struct disk *d)
{
	hl_scan_close(d->scan);
	hl_src_close(d->src);
	free(d->p);
}

static inline bool lost_says(const struct hl_lost *l, const char *part)
{
	for (size_t i = 0; i < l->n_evidence; i++)
		if (strstr(l->evidence[i], part))
			return true;
	return false;
}

/* "L1 ntfs 1048576+262144 backup g2; ..." in the order of the results; "-"
 * for what is not believed, "=" before the number of a table's volume. */
static inline const char *scan_text(const struct hl_scan *s)
{
	static char text[4096];
	static const char *const boot[] = { "none", "primary", "backup" };
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < hl_scan_count(s); i++) {
		const struct hl_lost *l = hl_scan_get(s, i);

		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"%s%s%s %s %llu+%llu %s g%u", i ? "; " : "",
			l->in_table ? "=" : "", *l->id ? l->id : "-",
			*l->fs ? l->fs : "?", (unsigned long long)l->off,
			(unsigned long long)l->size, boot[l->boot],
			l->generation);
		ck_assert_uint_lt(n, sizeof(text));
		ck_assert_uint_gt(l->n_evidence, 0);
		ck_assert_uint_le(l->score, 100);
	}
	return text;
}

/* What a scan keeps of itself, for --state. */
struct saved_state {
	uint8_t *p;
	size_t n;
};

static inline bool disk_keep_state(void *user, const void *p, size_t n)
{
	struct saved_state *s = user;

	s->p = realloc(s->p, s->n + n + 1);
	ck_assert_ptr_nonnull(s->p);
	memcpy(s->p + s->n, p, n);
	s->n += n;
	return true;
}

#endif
