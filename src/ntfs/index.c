/*
 * index.c: the nodes of an index: the root in its attribute, all others in
 * INDX blocks.
 *
 *	$INDEX_ROOT:  | type, collation, sizes | node head | entries ..
 *	INDX block:   | magic, usa, vcn        | node head | usa | entries ..
 *	entry:        | ref, len, key_len, flags | key | pad | child VCN |
 *
 * The entries of a node are in order; a child holds what sorts before its
 * entry; the last entry has no key.
 */
#include "base/banned.h"
#include "ntfs/ntfs.h"
#include "ntfs/ntfs_disk.h"

#include <string.h>

/* s begins at the node head, to which its offsets relate. */
static enum hl_status node_decode(struct span s, struct hl_ntfs_node *out)
{
	const struct ntfs_node_head *h = SPAN_VIEW(s, 0, struct ntfs_node_head);
	uint32_t off, used;

	if (!h)
		return HL_CORRUPT;
	off = get32(h->entries_off);
	used = get32(h->used);
	out->children = h->flags & 1;
	if (off < sizeof(*h) || used < off ||
	    !span_sub(s, off, used - off, &out->entries))
		return HL_CORRUPT;
	return HL_OK;
}

enum hl_status hl_ntfs_root_decode(struct span value, struct hl_ntfs_root *out)
{
	const struct ntfs_index_root *r;
	struct span s;

	memset(out, 0, sizeof(*out));
	r = SPAN_VIEW(value, 0, struct ntfs_index_root);
	if (!r || !span_from(value, offsetof(struct ntfs_index_root, node), &s))
		return HL_CORRUPT;
	out->type = get32(r->type);
	out->collation = get32(r->collation);
	out->block_size = get32(r->block_size);
	return node_decode(s, &out->node);
}

enum hl_status hl_ntfs_indx_decode(struct span block, struct hl_ntfs_indx *out)
{
	const struct ntfs_index_block *b;
	struct span s;

	memset(out, 0, sizeof(*out));
	b = SPAN_VIEW(block, 0, struct ntfs_index_block);
	if (!b || memcmp(b->block.magic, "INDX", 4))
		return HL_END;
	out->vcn = get64(b->vcn);
	if (!span_from(block, offsetof(struct ntfs_index_block, node), &s))
		return HL_CORRUPT;
	return node_decode(s, &out->node);
}

enum hl_status hl_ntfs_entry_next(struct span entries, size_t *off,
                                  struct hl_ntfs_entry *out)
{
	const struct ntfs_index_entry *e;
	uint16_t len, flags;
	struct span s;

	memset(out, 0, sizeof(*out));
	if (*off >= entries.n)
		return HL_END;
	e = SPAN_VIEW(entries, *off, struct ntfs_index_entry);
	len = e ? get16(e->len) : 0;
	if (!e || len < sizeof(*e) || len % 8 ||
	    !span_sub(entries, *off, len, &s)) {
		*off = entries.n;
		return HL_CORRUPT;
	}
	flags = get16(e->flags);
	/* The last entry has no key: what has one would hide all behind it. */
	out->last = (flags & 2) && !get16(e->key_len);
	*off = out->last ? entries.n : *off + len;
	if ((flags & 2) && !out->last)
		return HL_CORRUPT;
	out->ref = hl_ntfs_ref_of(get64(e->ref));
	if (flags & 1) {
		if (len < sizeof(*e) + 8)
			return HL_CORRUPT;
		out->has_child = true;
		out->child_vcn = le64_at(s.p + len - 8);
		s.n -= 8;
	}
	if (!out->last &&
	    !span_sub(s, sizeof(*e), get16(e->key_len), &out->key))
		return HL_CORRUPT;
	return HL_OK;
}
