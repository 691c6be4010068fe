/*
 * array_order.c: a stripe in the wrong order reads without an error: every
 * file longer than a chunk is made of the right pieces in wrong places.  What
 * tells where it has to be tells the order:
 *
 *	partition table    at the start of the first image
 *	NTFS boot sector   where the table has a partition begin
 *	records of $MFT    from where the boot sector says on; each has its
 *	                   number (XP and later)
 *
 * A place is a chunk of the whole; whatever the order is, it lies in the same
 * row of one of the images.  The one that has what belongs there gets a vote.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "fs/array_order.h"
#include "hivelift/vol.h"
#include "io/note.h"
#include "ntfs/ntfs.h"

#define STRONG 2       /* votes of a table and of a boot sector */
#define MAX_VOLUMES 16 /* of one table */
#define LEAST 4096     /* chunks that are tried: */
#define MOST (4u << 20)
#define CLOSE 256      /* records of $MFT, one in LEAST bytes; */
#define GAP 16         /* so many that were never used are its end; then */
#define MFT_ROWS 8     /* one in each chunk of so many rows */
#define NUMBER 0x2c    /* of a record, in it */

struct order {
	const struct hl_array *a;
	struct hl_src *whole;
	const struct hl_ctx *ctx;
	struct hl_ctx quiet;
	uint64_t chunk;
	unsigned vote[HL_ARRAY_COLUMNS][HL_ARRAY_COLUMNS]; /* place, image */
	unsigned reach;   /* records, as far as they are in their places */
};

/* Bytes of the whole, as they were if that image had its place. */
static bool piece(const struct order *o, uint64_t off, size_t image, void *buf,
                  size_t len)
{
	uint64_t row = off / o->chunk / o->a->n, within = off % o->chunk;

	return len <= o->chunk - within &&
	       hl_src_read(o->a->column[image], row * o->chunk + within, buf,
	                   len, NULL) == HL_OK;
}

static size_t place(const struct order *o, uint64_t off)
{
	return (size_t)(off / o->chunk % o->a->n);
}

static bool is_record(const uint8_t head[48], uint64_t number)
{
	return memcmp(head, "FILE", 4) == 0 && le16_at(head + 4) >= 0x30 &&
	       le32_at(head + NUMBER) == number;
}

/* The image that has the first record at or behind `off`, or unknown. */
static size_t ask_record(struct order *o, uint64_t mft_off, uint64_t off,
                       uint32_t size)
{
	uint64_t number = (off - mft_off + size - 1) / size;
	uint8_t head[48];
	size_t found = HL_ORDER_UNKNOWN;

	off = mft_off + number * size;
	for (size_t i = 0; i < o->a->n; i++)
		if (piece(o, off, i, head, sizeof(head)) &&
		    is_record(head, number)) {
			o->vote[place(o, off)][i]++;
			found = i;
		}
	return found;
}

/* Nearby for the size of chunks, then further for their order. */
static void ask_mft(struct order *o, uint64_t mft_off, uint32_t size)
{
	uint64_t off = mft_off;
	uint64_t chunk = UINT64_MAX;
	size_t image, last = 0;

	for (unsigned i = 0, gap = 0; i < CLOSE && gap < GAP;
	     i++, gap++, off += LEAST) {
		image = ask_record(o, mft_off, off, size);
		if (image == HL_ORDER_UNKNOWN)
			continue;
		if (chunk == off / o->chunk && image != last)
			break; /* it is in one image, or none is one */
		chunk = off / o->chunk;
		last = image;
		gap = 0;
		o->reach++;
	}
	for (size_t k = 0; k < o->a->n * MFT_ROWS; k++) {
		off += o->chunk - off % o->chunk;
		(void)ask_record(o, mft_off, off, size);
	}
}

/* len: of its partition; a boot sector of less or more is another one's. */
static void ask_volume(struct order *o, uint64_t off, uint64_t len)
{
	struct hl_ntfs_geom g;
	uint8_t boot[512];
	uint64_t mft, bytes;

	for (size_t i = 0; i < o->a->n; i++) {
		if (!piece(o, off, i, boot, sizeof(boot)) ||
		    hl_ntfs_boot_decode(span_of(boot, sizeof(boot)), &g) !=
		    HL_OK)
			continue;
		bytes = g.n_clusters * g.cluster_size;
		if (bytes > len || len - bytes > len / 8)
			continue;
		o->vote[place(o, off)][i] += STRONG;
		if (!ckd_mul(&mft, g.mft_lcn, (uint64_t)g.cluster_size) &&
		    mft < INT64_MAX && off < INT64_MAX)
			ask_mft(o, off + mft, g.record_size);
	}
}

/* A table that an image, or the whole, begins with. */
static enum hl_status ask_table(struct order *o, struct hl_src *src,
                                unsigned *vote)
{
	struct hl_table *t;
	enum hl_status st = hl_table_open(&t, src, 0, &o->quiet);
	size_t asked = 0;

	if (st != HL_OK)
		return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
	for (size_t i = 0; i < hl_table_count(t) && asked < MAX_VOLUMES; i++) {
		const struct hl_part *p = hl_table_part(t, i);
		if (p->flags & HL_PART_GAP)
			continue;
		ask_volume(o, p->off, p->stated_len);
		asked++;
	}
	if (asked && !hl_table_info(t)->used_backup)
		*vote += STRONG;
	hl_table_close(t);
	return HL_OK;
}

static enum hl_status ask(struct order *o, uint64_t chunk)
{
	unsigned none = 0;
	enum hl_status st;

	memset(o->vote, 0, sizeof(o->vote));
	o->reach = 0;
	o->chunk = chunk;
	ask_volume(o, 0, hl_src_size(o->whole));
	st = ask_table(o, o->whole, &none);
	for (size_t i = 0; i < o->a->n && st == HL_OK; i++)
		st = hl_cancelled(o->ctx) ? HL_CANCELLED :
		     ask_table(o, o->a->column[i], &o->vote[0][i]);
	return st;
}

/* Whose the place is beyond doubt, or unknown. */
static size_t elected(const struct order *o, size_t at)
{
	size_t best = 0;
	unsigned rest = 0;

	for (size_t i = 1; i < o->a->n; i++)
		if (o->vote[at][i] > o->vote[at][best])
			best = i;
	for (size_t i = 0; i < o->a->n; i++)
		rest += i == best ? 0 : o->vote[at][i];
	return o->vote[at][best] >= STRONG && o->vote[at][best] > 2 * rest ?
	       best : HL_ORDER_UNKNOWN;
}

/* false: one image in two places, or nothing is known of any. */
static bool count(const struct order *o, struct hl_array_order *out)
{
	size_t unknown = 0, empty = 0, sum = 0;

	out->chunk = o->chunk;
	for (size_t i = 0; i < o->a->n; i++) {
		out->image[i] = elected(o, i);
		for (size_t k = 0; k < i; k++)
			if (out->image[k] == out->image[i] &&
			    out->image[i] != HL_ORDER_UNKNOWN)
				return false;
		if (out->image[i] == HL_ORDER_UNKNOWN) {
			unknown++;
			empty = i;
		} else {
			sum += out->image[i];
		}
	}
	if (unknown == 1)
		out->image[empty] = o->a->n * (o->a->n - 1) / 2 - sum;
	return unknown < o->a->n;
}

static bool as_given(const struct order *o, const struct hl_array_order *out)
{
	for (size_t i = 0; i < o->a->n; i++)
		if (out->image[i] != i && out->image[i] != HL_ORDER_UNKNOWN)
			return false;
	return true;
}

/* With chunks of another size more of $MFT may be in a row. */
static enum hl_status other_size(struct order *o, unsigned reach, bool *found,
                                 struct hl_array_order *out)
{
	struct hl_array_order it;
	enum hl_status st = HL_OK;

	for (uint64_t n = LEAST; n <= MOST && st == HL_OK; n *= 2) {
		if (n == o->a->chunk)
			continue;
		st = ask(o, n);
		if (st != HL_OK || o->reach <= reach || !count(o, &it))
			continue;
		reach = o->reach;
		*out = it;
		*found = true;
	}
	return st;
}

enum hl_status hl_array_order(const struct hl_array *a, struct hl_src *whole,
                              struct hl_array_order *out,
                              const struct hl_ctx *ctx)
{
	struct order o = { .a = a, .whole = whole, .ctx = ctx,
		           .quiet = *ctx };
	bool found;
	enum hl_status st;

	o.quiet.note = NULL;
	o.quiet.log = NULL;
	if (a->kind != HL_ARRAY_STRIPE || a->n < 2)
		return HL_END;
	for (size_t i = 0; i < a->n; i++)
		if (!a->column[i])
			return HL_END;
	st = ask(&o, a->chunk);
	if (st != HL_OK)
		return st;
	found = count(&o, out);
	if (found && as_given(&o, out) && o.reach)
		return HL_END;
	found = found && !as_given(&o, out);
	st = other_size(&o, o.reach, &found, out);
	return st != HL_OK ? st : found ? HL_OK : HL_END;
}
