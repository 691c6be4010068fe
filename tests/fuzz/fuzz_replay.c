/*
 * fuzz_replay.c: a hive and two logs in one input:
 *
 *	| hive bytes (32 bit) | first log's (32 bit) | hive | log | the rest: log |
 *
 * What comes of it is read and judged as a whole, and so are the orphans.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hivelift/hivelift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIECE 65536
#define MOST (64u << 20) /* of a result that is zeros for the most part */

static size_t length(const uint8_t *p, size_t left)
{
	uint32_t n = (uint32_t)p[0] | (uint32_t)p[1] << 8 |
	             (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

	return n < left ? n : left;
}

static void read_all(struct hl_src *src, const struct hl_ctx *ctx)
{
	static uint8_t buf[PIECE];
	uint64_t size = hl_src_size(src);
	struct hl_hive_report r;
	struct hl_hive_check *c;
	struct hl_extent e;

	if (hl_hive_check_new(&c, ctx) != HL_OK)
		return;
	for (uint64_t off = 0; off < size && off < MOST; off += PIECE) {
		size_t n = size - off < PIECE ? (size_t)(size - off) : PIECE;
		if (hl_src_read(src, off, buf, n, NULL) != HL_OK)
			abort(); /* memory has no bad sectors */
		if (hl_src_map(src, off, &e) != HL_OK || e.off != off ||
		    e.len == 0 || e.len > size - off)
			abort();
		hl_hive_check_feed(c, buf, n);
	}
	hl_hive_check_finish(c, &r);
	hl_hive_check_free(c);
	/* the new base block is right, whatever the bins are */
	if (r.base.signature &&
	    (!r.base.checksum_ok || r.base.seq1 != r.base.seq2))
		abort();
}

static void judge(enum hl_status st, struct hl_src *src,
                  const struct hl_replay_report *r, const struct hl_ctx *ctx)
{
	if ((st == HL_OK) != (src != NULL))
		abort();
	if (st == HL_OK && (r->state == HL_REPLAY_DONE) == r->loss)
		abort();
	if (st == HL_END && r->state != HL_REPLAY_CLEAN && !*r->reason)
		abort();
	if (src)
		read_all(src, ctx);
	hl_src_close(src);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hl_ctx ctx = { .limits.max_memory = 256u << 20 };
	struct hl_src *hive, *one, *two, *out;
	struct hl_replay_report r;

	if (size < 8)
		return 0;
	size_t n = length(data, size - 8);
	size_t m = length(data + 4, size - 8 - n);
	const uint8_t *p = data + 8;
	if (hl_src_mem(&hive, p, n, false, &ctx) != HL_OK ||
	    hl_src_mem(&one, p + n, m, false, &ctx) != HL_OK ||
	    hl_src_mem(&two, p + n + m, size - 8 - n - m, false, &ctx) !=
	            HL_OK)
		abort();
	const struct hl_replay_log logs[2] = { { one, "LOG1" },
	                                       { two, "LOG2" } };
	enum hl_status st = hl_replay_open(&out, hive, logs, 2, &r, &ctx);
	judge(st, out, &r, &ctx);
	st = hl_replay_orphan(&out, logs, 2, &r, &ctx);
	judge(st, out, &r, &ctx);
	hl_src_close(two);
	hl_src_close(one);
	hl_src_close(hive);
	return 0;
}
