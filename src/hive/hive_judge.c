/*
 * hive_judge.c: the verdict over a hive.
 *
 *	zero bytes                                         empty
 *	no "regf", but a bin at 4096                       damaged
 *	no "regf"                                          not a hive
 *	a log's header and a log's mark                    not a hive
 *	sequence numbers differ, or a bad checksum before
 *	a sound first bin                                  dirty
 *	anything of the chain or the root broken           damaged
 *	else                                               clean
 *
 * A dirty hive may lack bins that its log brings, so it stays dirty; the
 * notes tell.  What lies behind the stated bins is never looked at: files
 * are larger than their bins by design.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "hive/hive_judge.h"

static void say(struct hl_hive_report *r, const char *fmt, ...)
	HL_PRINTF(2, 3);

static void say(struct hl_hive_report *r, const char *fmt, ...)
{
	va_list ap;

	if (r->n_notes == HL_HIVE_NOTES)
		return;
	va_start(ap, fmt);
	vsnprintf(r->notes[r->n_notes++], HL_HIVE_NOTE_BYTES, fmt, ap);
	va_end(ap);
}

/* The size field covers the whole first-to-last bin; true when it can. */
static bool judge_base(const struct hl_base_block *b, struct hl_hive_report *r)
{
	bool ok = true;

	if (b->major != 1) {
		say(r, "major version is %" PRIu32 ", not 1", b->major);
		ok = false;
	}
	if (b->minor > 6)
		say(r, "minor version %" PRIu32 " is not known", b->minor);
	if (b->bins_size < HIVE_PAGE || b->bins_size % HIVE_PAGE) {
		say(r, "stated size of the bins, %" PRIu32
		    ", is not in whole pages", b->bins_size);
		ok = false;
	}
	return ok;
}

static void say_chain(const struct hl_hive_check *c, struct hl_hive_report *r)
{
	static const char *const why[] = {
		[HIVE_CHAIN_GOES_ON] = "the file ends before it",
		[HIVE_CHAIN_SIGNATURE] = "no \"hbin\" stands there",
		[HIVE_CHAIN_OFFSET] = "its offset field is wrong",
		[HIVE_CHAIN_SIZE] = "its size is not in whole pages",
		[HIVE_CHAIN_BEYOND] = "it is larger than the stated size",
	};

	say(r, "bin at %" PRIu64 ": %s; %" PRIu64 " of %" PRIu32
	    " bytes of bins chain", c->next_bin, why[c->chain_end],
	    r->bins_ok, c->base.bins_size);
}

/* Bins that are in the file as a whole; true when that is all of them. */
static bool judge_chain(const struct hl_hive_check *c,
                        struct hl_hive_report *r)
{
	uint64_t end = c->next_bin;

	if (end > c->pos && c->last_bin)
		end = c->last_bin;
	r->bins_ok = end - HIVE_BASE_SIZE;
	if (end != c->next_bin) {
		say(r, "the file ends inside the bin at %" PRIu64 "; %" PRIu64
		    " of %" PRIu32 " bytes of bins are there", end,
		    r->bins_ok, c->base.bins_size);
		return false;
	}
	if (r->bins_ok == c->base.bins_size)
		return true;
	say_chain(c, r);
	return false;
}

static bool judge_root(const struct hl_hive_check *c,
                       struct hl_hive_report *r, uint64_t bins_size)
{
	uint64_t at = c->base.root_cell, room = 0, end = bins_size;
	const char *why = "it lies outside the bins";
	struct hive_root root;

	if (c->root_bin_end) /* a cell never crosses the end of its bin */
		end = c->root_bin_end;
	if (at < end)
		room = end - at;
	if (at % 8)
		why = "its offset is not a cell's";
	else if (at - c->root_bin_off < sizeof(struct hive_bin_disk))
		why = "its offset lies in a bin's header";
	else if (room && hl_hive_root_decode(span_of(c->root_bytes, c->root.got),
	                                     room, c->base.minor, &root,
	                                     &why) == HL_OK) {
		r->root_ok = true;
		hl_copy(r->root_name, sizeof(r->root_name), root.name);
		return true;
	}
	say(r, "root key at 0x%" PRIx64 ": %s", at, why);
	return false;
}

static bool is_log(const struct hl_hive_check *c)
{
	struct hl_log_info log;

	/* Windows 2000 marks SYSTEM.ALT, a whole copy, as type 1 */
	if (c->base.type == 0)
		return false;
	hl_hive_log_header(span_of(c->head_bytes, c->head.got), &log);
	return strcmp(log.format, "DIRT") == 0 ||
	       strcmp(log.format, "HvLE") == 0;
}

static void not_a_hive(const struct hl_hive_check *c, struct hl_hive_report *r)
{
	char what[HL_HIVE_NOTE_BYTES - 16];

	r->state = HL_HIVE_NOT_A_HIVE;
	if (c->zeros) {
		say(r, "the content is all zeros");
		return;
	}
	hl_hive_sniff(span_of(c->head_bytes, c->head.got), what, sizeof(what));
	say(r, "the content is %s", what);
}

/* The bins may be whole although the block that describes them is gone. */
static void judge_headless(const struct hl_hive_check *c,
                           struct hl_hive_report *r)
{
	uint64_t end = c->next_bin <= c->pos ? c->next_bin : c->last_bin;

	if (!c->last_bin) {
		not_a_hive(c, r);
		return;
	}
	r->state = HL_HIVE_DAMAGED;
	r->bins_ok = end - HIVE_BASE_SIZE;
	say(r, "the base block is destroyed; %" PRIu64
	    " bytes of bins chain from 4096 on", r->bins_ok);
	(void)judge_root(c, r, r->bins_ok);
}

static bool judge_sequence(const struct hl_base_block *b,
                           struct hl_hive_report *r)
{
	if (!b->checksum_ok)
		say(r, "the base block's checksum is wrong");
	if (b->seq1 != b->seq2)
		say(r, "sequence numbers differ: %" PRIu32 " and %" PRIu32,
		    b->seq1, b->seq2);
	return b->checksum_ok && b->seq1 == b->seq2;
}

void hl_hive_judge(const struct hl_hive_check *c, struct hl_hive_report *r)
{
	const struct hl_base_block *b = &c->base;

	r->state = HL_HIVE_EMPTY;
	if (c->pos == 0)
		return;
	if (!b->signature && c->head.got >= 4 &&
	    memcmp(c->head_bytes, "regf", 4) == 0) {
		r->state = HL_HIVE_DAMAGED;
		say(r, "the file ends inside the base block");
		return;
	}
	if (!b->signature) {
		judge_headless(c, r);
		return;
	}
	if (is_log(c)) {
		r->state = HL_HIVE_NOT_A_HIVE;
		say(r, "the content is a transaction log");
		return;
	}
	bool clean = judge_sequence(b, r);
	/* each is asked, so that each can say what it finds */
	bool base_ok = judge_base(b, r), chain_ok = judge_chain(c, r);
	bool root_ok = judge_root(c, r, b->bins_size);
	bool whole = base_ok && chain_ok && root_ok;
	bool plausible = b->checksum_ok || r->bins_ok;
	if (!clean && plausible)
		r->state = HL_HIVE_DIRTY;
	else
		r->state = whole ? HL_HIVE_CLEAN : HL_HIVE_DAMAGED;
}
