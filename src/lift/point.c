/*
 * point.c: restore points of Windows XP, which are folders.
 *
 *	/System Volume Information/_restore{GUID}/RP7/
 *		snapshot/_REGISTRY_MACHINE_SAM   hives, as they were
 *		rp.log                           when and why:
 *
 *	000  kind of event, kind of point, sequence   4, 4, 8 bytes
 *	010  description, UTF-16LE                    512
 *	210  made, FILETIME                           8
 *
 * The files' own times are those of their copying, or older; what a point is
 * told from is its log.
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/times_impl.h"
#include "io/note.h"
#include "lift/point.h"

#define NAME_OFF 0x10
#define NAME_BYTES 512
#define MADE_OFF 0x210
#define LOG_BYTES 0x218

struct hl_points {
	struct hl_points *next;
	struct hl_restore_point pub;
	char *dir;
};

/* "/…/_restore{…}/", or 0 */
static size_t n_top(const char *path)
{
	for (const char *p = path; (p = strchr(p, '/')) != NULL; p++)
		if (hl_case_starts(p + 1, "_restore"))
			return strcspn(p + 1, "/") + 2 + (size_t)(p - path);
	return 0;
}

/* "/…/_restore{…}/RP7", or 0 */
static size_t n_dir(const char *path, uint32_t *number)
{
	size_t top = n_top(path);

	if (!top || top > strlen(path) || !hl_case_starts(path + top, "RP"))
		return 0;
	size_t digits = strspn(path + top + 2, "0123456789");
	if (!digits || digits > 9 || path[top + 2 + digits] != '/')
		return 0;
	*number = (uint32_t)strtoul(path + top + 2, NULL, 10);
	return top + 2 + digits;
}

static void decode(struct hl_restore_point *p, const uint8_t log[LOG_BYTES])
{
	hl_utf8_from16le(p->name, sizeof(p->name),
	                 span_of(log + NAME_OFF, NAME_BYTES), true);
	p->created = hl_time_filetime(le64_at(log + MADE_OFF));
}

/* Without its log, or with a part of it, a point has its number only. */
static enum hl_status read_log(struct hl_points *p, const struct hl_volume *v,
                               const char *path)
{
	uint8_t log[LOG_BYTES];
	struct hl_ranges bad;
	struct hl_entry e;
	struct hl_src *src;
	enum hl_status st = hl_fs_find(v->fs, path, &e);

	if (st == HL_OK)
		st = hl_fs_stream(&src, v->fs, &e.ref, NULL,
		                  HL_STREAM_CONTENT);
	if (st != HL_OK)
		return st;
	hl_ranges_clear(&bad);
	st = hl_src_size(src) < sizeof(log) ? HL_CORRUPT :
	     hl_src_read(src, 0, log, sizeof(log), &bad);
	hl_src_close(src);
	if (st == HL_OK && bad.bytes)
		st = HL_CORRUPT;
	if (st == HL_OK)
		decode(&p->pub, log);
	return st;
}

static enum hl_status read_point(struct hl_points *p,
                                 const struct hl_volume *v,
                                 const struct hl_ctx *ctx)
{
	char *path = hl_asprintf(ctx, "%s/rp.log", p->dir);
	enum hl_status st = path ? read_log(p, v, path) : HL_NOMEM;

	if (st != HL_OK && st != HL_NOMEM && st != HL_CANCELLED) {
		hl_say(&(struct hl_at){ ctx, v->src, HL_NO_OFFSET, path },
		       "%s: when this restore point was made is not known",
		       st == HL_END || st == HL_CORRUPT ?
		       "not there, or not whole" : hl_status_text(st));
		st = HL_OK;
	}
	hl_free(ctx, path);
	return st;
}

static enum hl_status add(struct hl_points **list, const struct hl_hive *h,
                          size_t dir, uint32_t number,
                          const struct hl_ctx *ctx)
{
	struct hl_points *p = hl_zalloc(ctx, sizeof(*p));

	if (!p)
		return HL_NOMEM;
	p->next = *list;
	p->pub.number = number;
	p->dir = hl_asprintf(ctx, "%.*s", (int)dir, h->path);
	*list = p;
	return p->dir ? read_point(p, h->volume, ctx) : HL_NOMEM;
}

static bool is_of(const struct hl_points *p, const char *path, size_t dir)
{
	return strlen(p->dir) == dir && memcmp(p->dir, path, dir) == 0;
}

enum hl_status hl_points_fill(struct hl_points **list, struct hl_hive **hive,
                              size_t n, const struct hl_ctx *ctx)
{
	const struct hl_points *last = NULL;

	for (size_t i = 0; i < n; i++) {
		struct hl_hive *h = hive[i];
		uint32_t number;
		size_t dir = n_dir(h->path, &number);

		if (!dir)
			continue;
		if (hl_cancelled(ctx))
			return HL_CANCELLED;
		if (!last || !is_of(last, h->path, dir)) {
			enum hl_status st = add(list, h, dir, number, ctx);
			if (st != HL_OK)
				return st;
			last = *list;
		}
		h->point = &last->pub;
	}
	return HL_OK;
}

void hl_points_free(struct hl_points *list, const struct hl_ctx *ctx)
{
	while (list) {
		struct hl_points *p = list;

		list = p->next;
		hl_free(ctx, p->dir);
		hl_free(ctx, p);
	}
}

/* Those without a date come first, by their numbers. */
static int by_age(const struct hl_restore_point *a,
                  const struct hl_restore_point *b)
{
	uint64_t x = a->created.ticks, y = b->created.ticks;

	if (x != y)
		return x < y ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

int hl_points_order(const struct hl_hive *a, const struct hl_hive *b)
{
	if (!a->point != !b->point)
		return a->point ? 1 : -1;
	if (!a->point)
		return strcmp(a->path, b->path);
	size_t n = n_top(a->path), m = n_top(b->path);
	int d = memcmp(a->path, b->path, n < m ? n : m);
	if (!d)
		d = by_age(a->point, b->point);
	return d ? d : strcmp(a->path, b->path);
}
