/*
 * hive_replay.h: a log is applied to a dirty hive of one bin, and read alone
 * without the hive; what comes of it keeps what the report says.
 */
#ifndef HL_HIVE_REPLAY_H
#define HL_HIVE_REPLAY_H

#include <stdlib.h>
#include <string.h>

#include "hivelift/hivelift.h"
#include "seal.h"

#define HIVE_FIXED 8192

/* A base block; type 0 a hive, 1 an old log, 6 a new one. */
static inline void hive_base(uint8_t *p, uint32_t seq1, uint32_t seq2,
                             uint32_t type)
{
	memset(p, 0, 512);
	memcpy(p, "regf", 4);
	seal_put32(p + 4, seq1);
	seal_put32(p + 8, seq2);
	seal_put32(p + 0x0c, 0x19c44a00);
	seal_put32(p + 0x10, 0x01d5c100);
	seal_put32(p + 0x14, 1);
	seal_put32(p + 0x18, 5);
	seal_put32(p + 0x1c, type);
	seal_put32(p + 0x20, 1);
	seal_put32(p + 0x24, 32);
	seal_put32(p + 0x28, 4096);
	seal_put32(p + 0x2c, 1);
	seal_base_block(p, 512, 0);
}

static inline void hive_fixed(uint8_t p[HIVE_FIXED])
{
	uint8_t *bin = p + 4096, *nk = bin + 36;

	memset(p, 0, HIVE_FIXED);
	hive_base(p, 3, 2, 0);
	memcpy(bin, "hbin", 4);
	seal_put32(bin + 8, 4096);
	seal_put32(bin + 32, (uint32_t)-88);
	memcpy(nk, "nk", 2);
	seal_put16(nk + 2, 0x2c);
	memset(nk + 0x14, 0xff, 52);
	seal_put32(nk + 0x14, 0);
	seal_put32(nk + 0x18, 0);
	seal_put32(nk + 0x24, 0);
	seal_put16(nk + 0x48, 4);
	memcpy(nk + 0x4c, "ROOT", 4);
	seal_put32(bin + 32 + 88, 4096 - 32 - 88); /* the rest is free */
}

static inline void hive_judge(enum hl_status st, struct hl_src *out,
                              const struct hl_replay_report *r)
{
	static uint8_t buf[65536];

	if ((st == HL_OK) != (out != NULL))
		abort();
	if (!out)
		return;
	uint64_t n = hl_src_size(out);
	if (n < 4096 || n - 4096 != r->bins_size || r->entries == 0)
		abort();
	for (uint64_t off = 0; off < n && off < 4u << 20; off += sizeof(buf)) {
		size_t len = n - off < sizeof(buf) ? (size_t)(n - off)
		                                   : sizeof(buf);
		if (hl_src_read(out, off, buf, len, NULL) != HL_OK)
			abort();
	}
	hl_src_close(out);
}

static inline void hive_replay(const uint8_t *log_bytes, size_t n)
{
	static uint8_t hive[HIVE_FIXED];
	const struct hl_ctx ctx = { .limits.max_memory = 64u << 20 };
	struct hl_replay_report r;
	struct hl_src *src, *log, *out;

	hive_fixed(hive);
	if (hl_src_mem(&src, hive, sizeof(hive), false, &ctx) != HL_OK ||
	    hl_src_mem(&log, log_bytes, n, false, &ctx) != HL_OK)
		abort();
	const struct hl_replay_log logs[] = { { log, "LOG1" } };
	enum hl_status st = hl_replay_open(&out, src, logs, 1, &r, &ctx);
	hive_judge(st, out, &r);
	st = hl_replay_orphan(&out, logs, 1, &r, &ctx);
	hive_judge(st, out, &r);
	hl_src_close(log);
	hl_src_close(src);
}

#endif
