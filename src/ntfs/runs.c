/*
 * runs.c: mapping pairs, the list of cluster runs of a non-resident
 * attribute.
 *
 *	header | length          | delta            | header | ..  | 00
 *	  DL     L bytes, > 0      D bytes, signed, to the LCN before;
 *	                           D == 0: sparse
 */
#include "base/banned.h"
#include "base/ckd.h"
#include "ntfs/ntfs.h"

void hl_ntfs_runs_init(struct hl_ntfs_runs *it, struct span s,
                       uint64_t first_vcn, uint64_t n_clusters)
{
	*it = (struct hl_ntfs_runs){
		.s = s, .vcn = first_vcn, .n_clusters = n_clusters,
	};
}

/* Sign-extended; unsigned all the way, so that nothing can overflow. */
static uint64_t signed_le(const uint8_t *p, size_t n)
{
	uint64_t v = n && p[n - 1] & 0x80 ? UINT64_MAX : 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static enum hl_status stop(struct hl_ntfs_runs *it)
{
	it->pos = it->s.n;
	return HL_CORRUPT;
}

enum hl_status hl_ntfs_run_next(struct hl_ntfs_runs *it,
                                struct hl_ntfs_run *out)
{
	const uint8_t *p;
	size_t n_len, n_delta;
	uint64_t end;

	*out = (struct hl_ntfs_run){ .vcn = it->vcn };
	if (it->pos >= it->s.n)
		return HL_END;
	n_len = it->s.p[it->pos] & 15;
	n_delta = it->s.p[it->pos] >> 4;
	if (!it->s.p[it->pos]) {
		it->pos = it->s.n;
		return HL_END;
	}
	p = span_view(it->s, (uint64_t)it->pos + 1, n_len + n_delta);
	if (!p || n_len < 1 || n_len > 8 || n_delta > 8)
		return stop(it);
	out->len = signed_le(p, n_len);
	/* A length is signed too: one with its top bit set is negative. */
	if (!out->len || out->len > INT64_MAX ||
	    ckd_add(&end, it->vcn, out->len) || end > INT64_MAX)
		return stop(it);
	out->sparse = !n_delta;
	if (n_delta) {
		it->lcn += signed_le(p + n_len, n_delta);
		out->lcn = it->lcn;
		out->outside = out->len > it->n_clusters ||
		               out->lcn > it->n_clusters - out->len;
	}
	it->pos += 1 + n_len + n_delta;
	it->vcn = end;
	return HL_OK;
}
