/*
 * walk.c: all names of a folder in the order of its index.
 *
 * The tree is walked with one level for each depth.  Where it is damaged, the
 * blocks that were not reached but are in use are swept afterwards, so that
 * a broken block costs its own names and not those below it; and those come
 * from the records of $MFT (kids.c).
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "ntfs/dir.h"

void hl_ntfs_dir_rewind(struct hl_ntfs_dir *d)
{
	hl_ntfs_kids_free(d);
	d->started = d->sweeping = d->checked = false;
	d->sweep = d->n_swept = d->n_bad = 0;
	d->depth = 0;
}

static bool test_and_set(uint8_t *bits, uint64_t i)
{
	bool was = bits[i / 8] >> (i % 8) & 1;

	bits[i / 8] |= (uint8_t)(1u << (i % 8));
	return was;
}

static void push(struct hl_ntfs_dir *d, const struct hl_ntfs_node *node,
                 bool flat)
{
	d->level[d->depth++] = (struct hl_ntfs_level){
		.entries = node->entries, .flat = flat,
		.inner = node->children,
	};
}

static enum hl_status start(struct hl_ntfs_dir *d)
{
	size_t n = (size_t)(d->n_blocks / 8 + 1);

	if (!d->seen)
		d->seen = hl_alloc(d->nt->ctx, n);
	if (!d->seen)
		return HL_NOMEM;
	memset(d->seen, 0, n);
	push(d, &d->root.node, false);
	d->started = true;
	return HL_OK;
}

static enum hl_status damage(struct hl_ntfs_dir *d, const char *why)
{
	struct hl_at at = hl_ntfs_dir_at(d);

	d->damaged = true;
	if (!d->quiet)
		hl_warn(&at, "folder %llu: %s", (unsigned long long)d->number, why);
	return HL_CORRUPT;
}

static enum hl_status down(struct hl_ntfs_dir *d, uint64_t vcn)
{
	struct hl_ntfs_node node;
	uint64_t index;
	enum hl_status st;

	if (d->depth == HL_MAX_NTFS_DEPTH)
		return damage(d, "its index is too deep");
	st = hl_ntfs_dir_block(d, vcn, &d->buf[d->depth], &node, &index);
	if (st == HL_CORRUPT)
		d->damaged = true;
	if (st != HL_OK)
		return st;
	if (test_and_set(d->seen, index))
		return damage(d, "a block of its index is used twice");
	push(d, &node, false);
	return HL_OK;
}

/* The bitmap of blocks in use; without it every block counts. */
static enum hl_status load_bitmap(struct hl_ntfs_dir *d)
{
	struct hl_ranges bad;
	size_t n = (size_t)(d->n_blocks / 8 + 1);

	hl_free(d->nt->ctx, d->used);
	d->n_used = n;
	d->used = hl_alloc(d->nt->ctx, n);
	if (!d->used)
		return HL_NOMEM;
	memset(d->used, 0xff, n);
	if (!d->bitmap)
		return HL_OK;
	hl_ranges_clear(&bad);
	n = (size_t)min_u64(n, hl_src_size(d->bitmap));
	d->bitmap_bad = hl_src_read(d->bitmap, 0, d->used, n, &bad) ||
	                bad.bytes;
	if (d->bitmap_bad)
		memset(d->used, 0xff, n);
	return HL_OK;
}

/* Open the next block that is in use and was not reached, and answer
 * HL_LIMIT; HL_END: none. */
static enum hl_status sweep_on(struct hl_ntfs_dir *d)
{
	struct hl_ntfs_node node;
	uint64_t i, index;
	enum hl_status st;

	if (!d->sweeping) {
		st = load_bitmap(d);
		if (st != HL_OK)
			return st;
		d->sweeping = true;
	}
	while (d->sweep < d->n_blocks) {
		i = d->sweep++;
		if (!(d->used[i / 8] >> (i % 8) & 1) ||
		    test_and_set(d->seen, i))
			continue;
		st = hl_ntfs_dir_block(d, i * d->root.block_size / d->unit,
		                       &d->buf[1], &node, &index);
		if (st == HL_CORRUPT && ++d->n_bad == HL_MAX_NTFS_BAD_BLOCKS) {
			d->sweep = d->n_blocks;
			return damage(d, "too many of its blocks are broken; "
			                 "the rest is not read");
		}
		if (st != HL_OK)
			return st;
		push(d, &node, true);
		d->n_swept++;
		return HL_LIMIT;
	}
	if (d->n_swept && !d->quiet) {
		struct hl_at at = hl_ntfs_dir_at(d);

		hl_say(&at, "folder %llu: %llu blocks that the tree does not "
		       "reach were read", (unsigned long long)d->number,
		       (unsigned long long)d->n_swept);
	}
	return HL_END;
}

static enum hl_status emit(struct hl_ntfs_dir *d, const struct hl_ntfs_entry *e,
                           struct hl_ntfs_link *out)
{
	out->ref = e->ref;
	if (hl_ntfs_name_decode(e->key, &out->name) == HL_OK)
		return HL_OK;
	return damage(d, "a name in its index is broken");
}

/* The root folder lists itself. */
static bool is_self(const struct hl_ntfs_dir *d, const struct hl_ntfs_link *l)
{
	return l->ref.number == d->number && l->name.n == 1 &&
	       l->name.u[0] == '.';
}

/* One step; HL_LIMIT stands for "nothing yet" inside this file. */
static enum hl_status step(struct hl_ntfs_dir *d, struct hl_ntfs_link *out)
{
	struct hl_ntfs_level *l = &d->level[d->depth - 1];
	enum hl_status st;

	if (l->has_cur) {
		l->has_cur = false;
		if (!l->cur.last)
			return emit(d, &l->cur, out);
		d->depth--;
		return HL_LIMIT;
	}
	st = hl_ntfs_entry_next(l->entries, &l->off, &l->cur);
	if (st == HL_CORRUPT)
		return damage(d, "an entry of its index is broken");
	if (st == HL_END) {
		d->depth--;
		return l->entries.n ? damage(d, "a block of its index has no "
		                                "last entry") : HL_LIMIT;
	}
	l->has_cur = true;
	if (l->inner && !l->cur.has_child && !l->flat)
		return damage(d, "an entry of its index has lost its child");
	if (!l->cur.has_child || l->flat)
		return HL_LIMIT;
	st = down(d, l->cur.child_vcn);
	return st == HL_OK ? HL_LIMIT : st;
}

/*
 * A wrong child can be a sound block of the same tree, and nothing looks
 * amiss but that others, which are in use, were never come by.
 */
static enum hl_status check_reached(struct hl_ntfs_dir *d)
{
	uint64_t i;
	enum hl_status st;

	d->checked = true;
	if (d->damaged || !d->n_blocks || !d->bitmap)
		return HL_OK;
	st = load_bitmap(d);
	if (st != HL_OK || d->bitmap_bad)
		return st;
	for (i = 0; i <= (d->n_blocks - 1) / 8 && i < hl_src_size(d->bitmap);
	     i++) {
		uint8_t left = d->used[i] & (uint8_t)~d->seen[i];

		if (i == d->n_blocks / 8)
			left &= (uint8_t)((1u << d->n_blocks % 8) - 1);
		if (left)
			return damage(d, "blocks of its index are in use and "
			                 "not in its tree");
	}
	return HL_OK;
}

enum hl_status hl_ntfs_dir_next(struct hl_ntfs_dir *d, struct hl_ntfs_link *out)
{
	enum hl_status st = HL_LIMIT;

	if (!d->started) {
		st = start(d);
		if (st != HL_OK)
			return st;
	}
	for (;;) {
		if (d->depth) {
			st = step(d, out);
		} else if (!d->checked) {
			st = check_reached(d);
			if (st == HL_OK)
				continue;
		} else if (d->damaged && d->n_blocks && !d->kids) {
			st = sweep_on(d);
		} else {
			st = HL_END;
		}
		if (st == HL_END)
			return d->damaged && !d->quiet ?
			       hl_ntfs_kids_next(d, out) : HL_END;
		if (st == HL_OK && !is_self(d, out))
			return HL_OK;
		if (st != HL_OK && st != HL_LIMIT)
			return st;
	}
}
