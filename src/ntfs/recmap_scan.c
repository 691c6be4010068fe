/*
 * recmap_scan.c: a whole source handed to a recmap, for a volume that is
 * opened without its boot sector and without a scan before.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "hivelift/src.h"
#include "ntfs/recmap_impl.h"

#define PIECE (1u << 20)

static bool has_mark(const uint8_t *p)
{
	return (p[0] == 'F' && !memcmp(p, "FILE", 4)) ||
	       (p[0] == 'I' && !memcmp(p, "INDX", 4));
}

enum hl_status hl_recmap_scan(struct hl_recmap *m, struct hl_src *src,
                              const char *what)
{
	/* a block that begins in one piece may end in the next */
	size_t room = PIECE + NTFS_MAX_BLOCK, n, i;
	uint64_t size = hl_src_size(src), off;
	uint8_t *buf = hl_alloc(m->ctx, room);
	struct hl_ranges bad;
	enum hl_status st = buf ? HL_OK : HL_NOMEM;

	hl_src_advise(src, 0, size, HL_ADVISE_SEQUENTIAL);
	for (off = 0; st == HL_OK && off < size; off += PIECE) {
		n = (size_t)min_u64(room, size - off);
		hl_progress(m->ctx, HL_PHASE_VOLUME, what, off, size);
		hl_ranges_clear(&bad); /* what cannot be read is no record */
		st = hl_cancelled(m->ctx) ? HL_CANCELLED :
		     hl_src_read(src, off, buf, n, &bad);
		for (i = 0; st == HL_OK && i < PIECE && i + NTFS_STRIDE <= n;
		     i += NTFS_STRIDE)
			if (has_mark(buf + i))
				st = hl_recmap_feed(m, off + i,
				                    span_of(buf + i, n - i));
	}
	hl_free(m->ctx, buf);
	return st;
}
