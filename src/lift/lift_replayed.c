/*
 * lift_replayed.c: "X.replayed" beside X: the hive as Windows would have
 * loaded it.  Never instead of X (but in a flat folder, under its one name), and only when its logs apply.
 */
#include <inttypes.h>

#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "lift/lift_impl.h"
#include "base/banned.h"

static enum hl_status sink(void *user, uint64_t off, const void *p, size_t n)
{
	return hl_outfile_write(user, off, p, n);
}

static enum hl_status write_out(struct hl_lift *lift, struct hl_item *item,
                                struct hl_outfile *f)
{
	struct hl_pass pass = { .hashes = 1u << HL_SHA256, .sink = sink,
		                .user = f };
	struct hl_src *src = item->replayed;
	enum hl_status st = hl_outfile_expect(f, hl_src_size(src),
	                                      item->entry->modified);

	if (st == HL_OK)
		st = hl_hive_pass_replayed(item->hive, src, &pass, lift->ctx);
	if (st != HL_OK) {
		hl_outfile_drop(f);
		return st;
	}
	st = hl_outfile_done(f, hl_src_size(src), item->entry->modified);
	if (st == HL_OK) {
		item->beside = f->rel.p;
		hl_copy(item->beside_sha256, sizeof(item->beside_sha256),
		        pass.hex[HL_SHA256]);
	}
	return st;
}

static bool too_large(struct hl_lift *lift, const struct hl_item *item)
{
	uint64_t max = lift->ctx->limits.max_file_size;
	uint64_t size = hl_src_size(item->replayed);

	if (max == 0 || size <= max)
		return false;
	hl_warn(&(struct hl_at){ lift->ctx, item->src, HL_NO_OFFSET,
	                         "output" },
	        "%s: the replayed hive has %" PRIu64 " bytes, more than the "
	        "limit; not written", item->trail->path.p, size);
	return true;
}

enum hl_status hl_lift_replayed(struct hl_lift *lift, struct hl_item *item,
                                struct hl_outfile *file)
{
	char *rel;
	enum hl_status st;

	if (too_large(lift, item))
		return HL_OK;
	if (item->flat)
		rel = hl_strdup(lift->ctx, item->flat);
	else
		rel = hl_asprintf(lift->ctx, "%s.replayed", item->output);
	if (!rel)
		return HL_NOMEM;
	st = hl_outfile_create(file, lift->dir, rel);
	hl_free(lift->ctx, rel);
	if (st == HL_OK)
		st = write_out(lift, item, file);
	/* said; the manifest tells that there is none */
	return st == HL_LIMIT ? HL_OK : st;
}
