/*
 * ewf_resync.c: the next section behind a damaged descriptor.
 *
 * Only with allow_missing: the chain is broken, but a descriptor with a name
 * that matters and a right checksum does not come about by chance.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/ewf_impl.h"

#define BLOCK (256u << 10)

/* Types are padded to 16 bytes; behind these the chain can be resumed. */
static const char *const types[] = {
	"sectors", "table", "table2", "data", "volume", "disk", "hash",
	"digest", "error2", "next", "done",
};

static bool is_section(struct span s)
{
	struct ewf_section sect;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (s.n >= EWF_DESCRIPTOR &&
		    memcmp(s.p, types[i], strlen(types[i]) + 1) == 0 &&
		    hl_ewf_section(s, &sect) == HL_OK)
			return true;
	return false;
}

static bool search(struct span s, size_t *at)
{
	struct span from;

	for (*at = 0; span_from(s, *at, &from); ++*at)
		if (from.n >= EWF_DESCRIPTOR && from.p[0] >= 'd' &&
		    from.p[0] <= 'v' && is_section(from))
			return true;
	return false;
}

enum hl_status hl_ewf_resync(const struct ewf *e, size_t seg, uint64_t *off)
{
	const struct hl_ctx *ctx = e->src.ctx;
	uint64_t size = e->files->seg[seg].size;
	uint8_t *buf = hl_alloc(ctx, BLOCK);
	enum hl_status st = HL_END;
	size_t got, at;

	if (!buf)
		return HL_NOMEM;
	/* blocks overlap by a descriptor less one byte */
	for (uint64_t o = *off; o < size; o += BLOCK - EWF_DESCRIPTOR + 1) {
		size_t n = (size_t)min_u64(BLOCK, size - o);
		if (hl_cancelled(ctx)) {
			st = HL_CANCELLED;
			break;
		}
		if (hl_files_pread(e->files, seg, o, buf, n, &got) != HL_OK &&
		    got == 0)
			continue;
		if (search(span_of(buf, got), &at)) {
			*off = o + at;
			st = HL_OK;
			break;
		}
	}
	hl_free(ctx, buf);
	return st;
}
