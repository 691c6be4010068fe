/*
 * gone.c: the bytes of a deleted file, each stretch with the answer to who
 * has its clusters now.  Reading costs no more than without; the answer is
 * looked up when somebody asks for the map.
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/src_impl.h"
#include "ntfs/volume.h"
#include "ntfs/wof.h"

struct gone {
	struct hl_src src;
	struct hl_src *inner; /* owned: extents over the volume */
	struct hl_ntfs *nt;
};

static enum hl_status gone_read(struct hl_src *src, uint64_t off, void *buf,
                                size_t len, struct hl_ranges *bad)
{
	return hl_src_read(((struct gone *)src)->inner, off, buf, len, bad);
}

static enum hl_status gone_map(struct hl_src *src, uint64_t off,
                               struct hl_extent *out)
{
	struct gone *g = (struct gone *)src;
	uint64_t cs = g->nt->geom.cluster_size, n, in, len;
	struct hl_ntfs_holder who;
	enum hl_status st = hl_src_map(g->inner, off, out);

	if (st != HL_OK || out->in != g->nt->vol || out->quality != HL_Q_OK)
		return st;
	in = out->in_off % cs;
	n = (in + out->len + cs - 1) / cs;
	st = hl_ntfs_who(g->nt, out->in_off / cs, &n, &who);
	if (st != HL_OK)
		return st;
	len = min_u64(out->len, n * cs - in);
	out->len = out->in_len = len;
	out->quality = (uint16_t)who.quality;
	out->owner = who.owner;
	return HL_OK;
}

static void gone_advise(struct hl_src *src, uint64_t off, uint64_t len,
                        enum hl_advice how)
{
	hl_src_advise(((struct gone *)src)->inner, off, len, how);
}

static void gone_close(struct hl_src *src)
{
	struct gone *g = (struct gone *)src;

	hl_src_close(g->inner);
	hl_free(src->ctx, g);
}

static const struct hl_src_ops gone_ops = {
	.read = gone_read,
	.map = gone_map,
	.advise = gone_advise,
	.close = gone_close,
};

enum hl_status hl_ntfs_gone(struct hl_src **out, struct hl_src *inner,
                            struct hl_ntfs *nt)
{
	struct gone *g = hl_zalloc(nt->ctx, sizeof(*g));
	enum hl_status st = g ? hl_ntfs_owners_prepare(nt) : HL_NOMEM;

	*out = NULL;
	if (st != HL_OK) {
		hl_free(nt->ctx, g);
		hl_src_close(inner);
		return st;
	}
	hl_src_init(&g->src, &gone_ops, nt->ctx, hl_src_name(inner),
	            hl_src_size(inner), hl_src_sector_size(inner));
	g->inner = inner;
	g->nt = nt;
	*out = &g->src;
	return HL_OK;
}

struct hl_src *hl_ntfs_gone_inner(struct hl_src *src)
{
	return src->ops == &gone_ops ? ((struct gone *)src)->inner : src;
}

uint64_t hl_ntfs_gone_taken(struct hl_src *src)
{
	struct hl_src *raw = hl_ntfs_packed_raw(hl_ntfs_wof_raw(src));
	struct gone *g = (struct gone *)raw;
	uint64_t cs, off = 0, n, sum = 0, in;
	struct hl_extent e;
	bool used;

	if (raw->ops != &gone_ops)
		return 0;
	cs = g->nt->geom.cluster_size;
	while (off < raw->size && hl_src_map(g->inner, off, &e) == HL_OK) {
		if (e.in == g->nt->vol) {
			in = e.in_off % cs;
			n = (in + e.len + cs - 1) / cs;
			if (hl_ntfs_in_use(g->nt, e.in_off / cs, &n, &used))
				return sum;
			e.len = min_u64(e.len, n * cs - in);
			sum += used ? e.len : 0;
		}
		off += e.len;
	}
	return sum;
}
