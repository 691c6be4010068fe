/*
 * replay_entry.c: one entry of a new-format log.
 *
 *	0      8      24      32      40         40 + 8 n
 *	| HvLE | …    | hash1 | hash2 | n x      | pages, back to back | rest |
 *	|      |      |       |       | off, len |                     |      |
 *	hash1 covers 40 … size, hash2 covers 0 … 31
 *
 * Everything is checked before a page is used, in 64 bits: the hashes of an
 * entry that somebody made up are as right as its page count is absurd.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "io/note.h"
#include "hive/marvin.h"
#include "hive/replay.h"

#define HEAD sizeof(struct hive_entry_disk)
#define REF 8u /* bytes of a page reference */

static enum hl_status broken(const char **why, const char *text)
{
	*why = text;
	return HL_CORRUPT;
}

enum hl_status hl_replay_entry_head(struct replay *r, struct replay_log *log,
                                    uint64_t off, struct hive_log_entry *e)
{
	uint8_t p[HEAD];
	bool sound;

	memset(e, 0, sizeof(*e));
	if (hl_cancelled(r->ctx))
		return HL_CANCELLED;
	if (off > log->size || log->size - off < HEAD)
		return HL_END;
	enum hl_status st = hl_replay_read(log->src, off, p, HEAD, &sound);
	if (st != HL_OK)
		return st;
	/* zeros stand where it cannot be read, and are no entry */
	return hl_hive_entry_decode(span_of(p, HEAD), log->size - off, e);
}

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define SAME(a, b) ((void)(a), (void)(b), true)
#else
#define SAME(a, b) ((a) == (b))
#endif

static enum hl_status check_hash2(struct replay_log *log, uint64_t off,
                                  const struct hive_log_entry *e,
                                  const char **why)
{
	uint8_t p[HEAD];
	struct marvin m;
	bool sound;
	enum hl_status st = hl_replay_read(log->src, off, p, HEAD, &sound);

	if (st != HL_OK)
		return st;
	hl_marvin_start(&m);
	hl_marvin_feed(&m, p, offsetof(struct hive_entry_disk, hash2));
	if (!SAME(hl_marvin_end(&m), e->hash2))
		return broken(why, "its header's hash is wrong");
	return HL_OK;
}

static enum hl_status check_hash1(struct replay *r, struct replay_log *log,
                                  uint64_t off, const struct hive_log_entry *e,
                                  const char **why)
{
	struct marvin m;
	bool sound;

	hl_marvin_start(&m);
	for (uint64_t at = HEAD; at < e->size; ) {
		size_t n = (size_t)min_u64(e->size - at, REPLAY_BUF);
		if (hl_cancelled(r->ctx))
			return HL_CANCELLED;
		enum hl_status st = hl_replay_read(log->src, off + at, r->buf,
		                                   n, &sound);
		if (st != HL_OK)
			return st;
		if (!sound)
			return broken(why, "it cannot be read");
		hl_marvin_feed(&m, r->buf, n);
		at += n;
	}
	if (!SAME(hl_marvin_end(&m), e->hash1))
		return broken(why, "the hash of its pages is wrong");
	return HL_OK;
}

struct page {
	uint32_t bins_off, len;
};

static bool page_ok(const struct page *p, const struct hive_log_entry *e,
                    uint64_t room)
{
	return p->len && p->len % HIVE_SECTOR == 0 &&
	       p->bins_off % HIVE_SECTOR == 0 && p->len <= room &&
	       p->len <= e->bins_size &&
	       p->bins_off <= e->bins_size - p->len;
}

/* Every page: checked, or painted. */
static enum hl_status each_page(struct replay *r, struct replay_log *log,
                                uint64_t off, const struct hive_log_entry *e,
                                bool paint)
{
	uint64_t table = off + HEAD, end = off + e->size;
	uint64_t data = table + (uint64_t)REF * e->pages;
	size_t have = 0, at = 0;
	bool sound;

	for (uint32_t i = 0; i < e->pages; i++, at += REF) {
		enum hl_status st = HL_OK;
		if (at == have) {
			have = (size_t)min_u64(REPLAY_BUF, (uint64_t)REF *
			                       (e->pages - i));
			at = 0;
			st = hl_replay_read(log->src,
			                    table + (uint64_t)REF * i, r->buf,
			                    have, &sound);
			if (st != HL_OK)
				return st;
		}
		struct page p = { le32_at(r->buf + at),
		                  le32_at(r->buf + at + 4) };
		if (!page_ok(&p, e, end - data))
			return HL_CORRUPT;
		if (paint)
			st = hl_overlay_paint(r->overlay, p.bins_off, p.len,
			                      log->index, data);
		if (st != HL_OK)
			return st;
		data += p.len;
	}
	return HL_OK;
}

enum hl_status hl_replay_entry_verify(struct replay *r,
                                      struct replay_log *log, uint64_t off,
                                      const struct hive_log_entry *e,
                                      const char **why)
{
	enum hl_status st = check_hash2(log, off, e, why);

	if (st == HL_OK)
		st = check_hash1(r, log, off, e, why);
	if (st == HL_OK) {
		st = each_page(r, log, off, e, false);
		if (st == HL_CORRUPT)
			*why = "its table of pages cannot be";
	}
	return st;
}

enum hl_status hl_replay_entry_paint(struct replay *r, struct replay_log *log,
                                     uint64_t off,
                                     const struct hive_log_entry *e)
{
	return each_page(r, log, off, e, true);
}
