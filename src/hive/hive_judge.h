/*
 * hive_judge.h: what hive_check.c has gathered when the last byte is in, and
 * the verdict over it.
 */
#ifndef HL_HIVE_JUDGE_H
#define HL_HIVE_JUDGE_H

#include "hive/hive_disk.h"
#include "hive/hive_impl.h"

struct hive_window {
	uint64_t off;     /* in the stream, bytes */
	size_t want, got;
};

/* Why the chain of bins ended before the stated size. */
enum hive_chain {
	HIVE_CHAIN_GOES_ON,
	HIVE_CHAIN_SIGNATURE,
	HIVE_CHAIN_OFFSET,
	HIVE_CHAIN_SIZE,
	HIVE_CHAIN_BEYOND, /* the bin is larger than what is left */
};

struct hl_hive_check {
	const struct hl_ctx *ctx;
	uint64_t pos;    /* bytes fed */
	bool zeros;      /* nothing else so far */
	bool head_done;
	struct hl_base_block base;
	enum hive_chain chain_end;
	uint64_t next_bin, last_bin;         /* in the stream */
	uint64_t root_bin_off, root_bin_end; /* from the first bin; 0: none */
	struct hive_window head, bin, root;
	uint8_t head_bytes[HIVE_BASE_USED + 16]; /* a log's mark follows */
	uint8_t bin_bytes[sizeof(struct hive_bin_disk)];
	uint8_t root_bytes[HIVE_ROOT_WINDOW];
};

/* Fills state, bins_ok, root and notes; base and size are there already. */
void hl_hive_judge(const struct hl_hive_check *c, struct hl_hive_report *out);

#endif
