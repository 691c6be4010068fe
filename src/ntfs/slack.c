/*
 * slack.c: names of a folder that only its unused bytes still hold.
 *
 *	record   | attributes ... ffffffff |  slack: an index of older days  |
 *	INDX     | head | entries .. last  |  slack: entries moved or freed  |
 *	INDX     not in use by $BITMAP: all of it
 *
 * A name is taken at a multiple of 8 where a whole $FILE_NAME lies whose
 * parent reference is this folder.  The entry's head before it (16 bytes) is
 * often overwritten by the last entry of a node that shrank; when it does not
 * fit the name, whose name it was is not known.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/limits.h"
#include "base/mem.h"
#include "ntfs/dir.h"
#include "ntfs/ntfs_disk.h"

#define ENTRY_HEAD 16
#define NAME_HEAD 66 /* $FILE_NAME before its units */

struct hl_ntfs_slack {
	struct hl_ntfs *nt;
	struct hl_ntfs_dir *d; /* borrowed, or NULL */
	struct hl_ntfs_ref self; /* as children name it */
	uint8_t *record;
	size_t n_record;
	uint8_t *block, *used;
	size_t n_used;
	bool all;        /* the folder is deleted */
	uint64_t next;   /* block */
	struct span now; /* record or block at hand */
	size_t at;       /* in it */
};

enum hl_status hl_ntfs_slack_open(struct hl_ntfs_slack **out,
                                  const struct hl_ntfs_file *f,
                                  struct hl_ntfs_dir *d)
{
	const struct hl_ntfs_held *h = &f->held[0];
	struct hl_ntfs_slack *s = hl_zalloc(f->nt->ctx, sizeof(*s));

	*out = NULL;
	if (!s)
		return HL_NOMEM;
	s->nt = f->nt;
	s->d = d;
	s->self = f->ref;
	if (!(f->head.flags & NTFS_IN_USE) && f->ref.seq)
		s->self.seq = f->ref.seq == 1 ? 0xffff :
		              (uint16_t)(f->ref.seq - 1);
	s->n_record = h->n_all;
	s->record = hl_alloc(f->nt->ctx, h->n_all);
	if (!s->record) {
		hl_free(f->nt->ctx, s);
		return HL_NOMEM;
	}
	memcpy(s->record, h->p, h->n_all);
	s->now = span_of(s->record, s->n_record);
	s->at = (h->n + 7) / 8 * 8;
	/* All of a deleted folder is unused, its index included. */
	s->all = !(f->head.flags & NTFS_IN_USE);
	if (s->all)
		s->at = ((size_t)f->head.attrs_off + 7) / 8 * 8;
	*out = s;
	return HL_OK;
}

void hl_ntfs_slack_close(struct hl_ntfs_slack *s)
{
	if (!s)
		return;
	hl_free(s->nt->ctx, s->record);
	hl_free(s->nt->ctx, s->block);
	hl_free(s->nt->ctx, s->used);
	hl_free(s->nt->ctx, s);
}

/* 1970 to 2200, or not set: what lies there by chance rarely fits. */
static bool plausible(uint64_t t)
{
	return !t || (t >= 0x019db1ded53e8000u && t < 0x02a0000000000000u);
}

static bool name_at(const struct hl_ntfs_slack *s, size_t at,
                    struct hl_ntfs_name *n)
{
	struct span rest;

	if (!span_from(s->now, at, &rest) || rest.n < NAME_HEAD ||
	    hl_ntfs_name_decode(rest, n) != HL_OK ||
	    n->parent.number != s->self.number ||
	    n->parent.seq != s->self.seq || n->parent.seq == 0)
		return false;
	for (size_t i = 0; i < n->n; i++)
		if (n->u[i] == 0 || n->u[i] == '/')
			return false;
	/* The root holds itself as "." */
	if (n->n == 1 && n->u[0] == '.')
		return false;
	return plausible(n->times.created) && plausible(n->times.modified) &&
	       plausible(n->times.changed) && plausible(n->times.accessed);
}

/* Does the entry's head before the name belong to it? */
static bool head_at(const struct hl_ntfs_slack *s, size_t at,
                    const struct hl_ntfs_name *n, struct hl_ntfs_ref *ref)
{
	const struct ntfs_index_entry *e;
	size_t key = NAME_HEAD + 2u * n->n;
	unsigned len;

	if (at < ENTRY_HEAD)
		return false;
	e = SPAN_VIEW(s->now, at - ENTRY_HEAD, struct ntfs_index_entry);
	len = e ? get16(e->len) : 0;
	if (!e || get16(e->key_len) != key || len % 8 ||
	    len < ENTRY_HEAD + key || len > ENTRY_HEAD + key + 16)
		return false;
	*ref = hl_ntfs_ref_of(get64(e->ref));
	return ref->seq != 0;
}

static enum hl_status load_bitmap(struct hl_ntfs_slack *s)
{
	struct hl_ntfs_dir *d = s->d;
	struct hl_ranges bad;
	size_t n = (size_t)(d->n_blocks / 8 + 1);

	s->used = hl_alloc(s->nt->ctx, n);
	s->block = hl_alloc(s->nt->ctx, d->root.block_size);
	if (!s->used || !s->block)
		return HL_NOMEM;
	memset(s->used, 0xff, n);
	if (!d->bitmap)
		return HL_OK;
	hl_ranges_clear(&bad);
	if (hl_src_read(d->bitmap, 0, s->used,
	                (size_t)min_u64(n, hl_src_size(d->bitmap)), &bad) ||
	    bad.bytes)
		memset(s->used, 0xff, n);
	return HL_OK;
}

/* Where the unused bytes of a block begin; all of it when it is no INDX. */
static size_t slack_of(struct hl_ntfs_slack *s, uint64_t i)
{
	struct span b = span_of(s->block, s->d->root.block_size);
	struct hl_ntfs_fixup fix;
	struct hl_ntfs_indx x;

	hl_ntfs_fixup(s->block, b.n, &fix);
	if (s->all || !(s->used[i / 8] >> (i % 8) & 1) ||
	    hl_ntfs_indx_decode(b, &x) != HL_OK)
		return 24; /* behind the block's own head */
	return (size_t)(x.node.entries.p - b.p) + x.node.entries.n;
}

/* HL_OK with the next block at hand, HL_END */
static enum hl_status next_block(struct hl_ntfs_slack *s)
{
	struct hl_ntfs_dir *d = s->d;
	struct hl_ranges bad;
	uint64_t i;
	enum hl_status st = HL_OK;

	if (!d || !d->blocks || s->next >= d->n_blocks)
		return HL_END;
	if (hl_cancelled(s->nt->ctx))
		return HL_CANCELLED;
	if (!s->used)
		st = load_bitmap(s);
	if (st != HL_OK)
		return st;
	i = s->next++;
	hl_ranges_clear(&bad);
	st = hl_src_read(d->blocks, i * d->root.block_size, s->block,
	                 d->root.block_size, &bad);
	if (st != HL_OK)
		return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_END;
	s->now = span_of(s->block, d->root.block_size);
	/* The last entry's 16 bytes may stand right before a name. */
	s->at = slack_of(s, i) / 8 * 8;
	return HL_OK;
}

enum hl_status hl_ntfs_slack_next(struct hl_ntfs_slack *s,
                                  struct hl_ntfs_link *link, bool *known)
{
	enum hl_status st = HL_OK;

	while (st == HL_OK) {
		for (; s->at + NAME_HEAD <= s->now.n; s->at += 8) {
			if (!name_at(s, s->at, &link->name))
				continue;
			link->ref = (struct hl_ntfs_ref){ 0, 0 };
			*known = head_at(s, s->at, &link->name, &link->ref);
			s->at += (NAME_HEAD + (size_t)2 * link->name.n) / 8 * 8;
			return HL_OK;
		}
		st = next_block(s);
	}
	return st;
}
