/*
 * resident.c: a value that lies in the record itself.  Its bytes are read
 * from the record after the fixup, but mapped to where they lie in $MFT.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/src_impl.h"
#include "ntfs/volume.h"

struct resident {
	struct hl_src src;
	struct hl_src *mft;
	uint64_t mft_off; /* of the value */
	uint32_t in_record;
	bool gone; /* of an unused record */
	struct hl_ntfs_fixup fix;
	uint8_t p[];
};

/* The stretch of one torn sector that this read touches. */
static void add_torn(const struct resident *r, unsigned sector, uint64_t off,
                     size_t len, struct hl_ranges *bad)
{
	uint64_t from = (uint64_t)sector * NTFS_STRIDE, to = from + NTFS_STRIDE;
	uint64_t a = r->in_record + off, b = a + len;

	from = max_u64(from, a);
	to = min_u64(to, b);
	if (from < to)
		hl_ranges_add(bad, from - r->in_record, to - from,
		              HL_WHAT_RESIDENT, HL_Q_BAD_CHECKSUM);
}

static enum hl_status resident_read(struct hl_src *src, uint64_t off,
                                    void *buf, size_t len,
                                    struct hl_ranges *bad)
{
	const struct resident *r = (const struct resident *)src;
	unsigned i;

	memcpy(buf, r->p + off, len);
	for (i = 0; r->fix.n_torn && i < r->fix.n_sectors; i++)
		if (hl_ntfs_torn(&r->fix, i))
			add_torn(r, i, off, len, bad);
	return HL_OK;
}

static enum hl_status resident_map(struct hl_src *src, uint64_t off,
                                   struct hl_extent *out)
{
	const struct resident *r = (const struct resident *)src;

	(void)off;
	*out = (struct hl_extent){
		.len = src->size, .in = r->mft, .in_off = r->mft_off,
		.in_len = src->size, .what = HL_WHAT_RESIDENT,
		.quality = r->gone ? HL_Q_UNALLOCATED_NOW : HL_Q_OK,
	};
	return HL_OK;
}

static void resident_close(struct hl_src *src)
{
	hl_free(src->ctx, src);
}

static const struct hl_src_ops resident_ops = {
	.read = resident_read,
	.map = resident_map,
	.close = resident_close,
};

enum hl_status hl_ntfs_resident(struct hl_src **out,
                                const struct hl_ntfs_file *f,
                                const struct hl_ntfs_part *p)
{
	const struct hl_ntfs_held *h = &f->held[p->held];
	struct resident *r = hl_zalloc(f->nt->ctx, sizeof(*r) + p->a.value.n);

	*out = NULL;
	if (!r)
		return HL_NOMEM;
	hl_src_init(&r->src, &resident_ops, f->nt->ctx, "resident value",
	            p->a.value.n, 0);
	if (p->a.value.n)
		memcpy(r->p, p->a.value.p, p->a.value.n);
	r->fix = h->fix;
	r->gone = !(f->head.flags & NTFS_IN_USE);
	r->in_record = p->a.value.n ? (uint32_t)(p->a.value.p - h->p) : 0;
	r->mft = f->nt->mft;
	r->mft_off = p->record * f->nt->geom.record_size + r->in_record;
	*out = &r->src;
	return HL_OK;
}
