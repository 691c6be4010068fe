/*
 * below_offset.c: what the table's volumes, and the table itself, have of a
 * volume at --offset.
 *
 * Who opens an old volume by its offset may not know that a later one lies
 * over it.  Where the later one has the very first byte in use, it is rather
 * a file of it that holds a volume: nothing is overwritten then.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "fs/fs_impl.h"
#include "fs/scan_impl.h"
#include "io/note.h"

struct hl_rivals {
	const struct hl_ctx *ctx;
	struct hl_ctx quiet;
	struct hl_fs_rival *r;
	struct hl_src **src;
	size_t n, cap_r, cap_src;
};

static enum hl_status keep(struct hl_rivals *l, struct hl_fs *fs,
                           struct hl_src *src, uint64_t off, uint64_t size)
{
	enum hl_status st = hl_grow(l->ctx, (void **)&l->r, &l->cap_r, l->n,
	                            sizeof(*l->r), HL_MAX_PARTS);

	if (st == HL_OK)
		st = hl_grow(l->ctx, (void **)&l->src, &l->cap_src, l->n,
		/* pointers: NOLINTNEXTLINE(bugprone-sizeof-expression) */
		             sizeof(*l->src), HL_MAX_PARTS);
	if (st != HL_OK) {
		hl_fs_close(fs);
		hl_src_close(src);
		return st;
	}
	l->src[l->n] = src;
	l->r[l->n++] = (struct hl_fs_rival){
		.fs = fs, .off = off, .size = size, .table = !src };
	return HL_OK;
}

/* Does it lie over the place, and not around it? */
static enum hl_status over(struct hl_fs *fs, const struct hl_part *p,
                           uint64_t off, uint64_t len, bool lost, bool *yes)
{
	uint64_t size = fs->info.size, n = 1;
	bool used = false;
	enum hl_status st = HL_OK;

	*yes = p->off < off ? off - p->off < size : p->off - off < len;
	if (*yes && !lost && off > p->off && fs->ops->in_use) {
		st = fs->ops->in_use(fs, off - p->off, &n, &used);
		*yes = st == HL_OK && !used;
	}
	return hl_scan_fatal(st) ? st : HL_OK;
}

/*
 * What is there is not read.  Who holds all of it is rather what it lies in:
 * a volume manager, a foreign file system with an image in it.
 */
static enum hl_status blind(struct hl_rivals *l,
                            const struct hl_fs_found *found,
                            const struct hl_part *p, uint64_t off,
                            uint64_t len, bool *yes)
{
	const struct hl_volume v = { .fs_name = found->name,
	                             .zeros = found->zeros };
	bool around = p->off < off && off - p->off < p->len &&
	              len <= p->len - (off - p->off);

	*yes = hl_fs_blind(&v, p) && !around;
	if (hl_fs_blind(&v, p) && around)
		hl_say(&(struct hl_at){ l->ctx, NULL, off, "volume" },
		       "it lies in the partition at %llu, which is not read: "
		       "what that has overwritten cannot be told",
		       (unsigned long long)p->off);
	return HL_OK;
}

static enum hl_status one(struct hl_rivals *l, struct hl_src *image,
                          const struct hl_part *p, uint64_t off, uint64_t len,
                          bool lost)
{
	struct hl_fs_found found;
	struct hl_src *src;
	bool yes = false;
	enum hl_status st;

	if ((p->flags & HL_PART_GAP) || !p->len || p->off == off ||
	    (p->off < off ? off - p->off >= p->len : p->off - off >= len))
		return HL_OK;
	st = hl_src_window(&src, image, p->off, p->len, &l->quiet);
	if (st != HL_OK)
		return st;
	st = hl_fs_identify(&found, src, false, &l->quiet);
	if (st == HL_OK)
		st = over(found.fs, p, off, len, lost, &yes);
	if (st == HL_END)
		st = blind(l, &found, p, off, len, &yes);
	if (st == HL_OK && yes)
		return keep(l, found.fs, src, p->off, p->len);
	hl_fs_close(found.fs);
	hl_src_close(src);
	return hl_scan_fatal(st) ? st : HL_OK;
}

/* An MBR without a partition is rather a volume's boot sector. */
static bool is_table(const struct hl_table *table)
{
	bool yes = strcmp(hl_table_info(table)->scheme, "gpt") == 0;

	for (size_t i = 0; i < hl_table_count(table) && !yes; i++)
		yes = !(hl_table_part(table, i)->flags & HL_PART_GAP);
	return yes;
}

static enum hl_status tables(struct hl_rivals *l, const struct hl_table *table,
                             uint64_t off, uint64_t len)
{
	enum hl_status st = HL_OK;
	uint64_t at, n;

	for (size_t i = 0; st == HL_OK && hl_table_own(table, i, &at, &n); i++)
		if (at < off ? off - at < n : at - off < len)
			st = keep(l, NULL, NULL, at, n);
	return st;
}

/* Those of generations in between are in no table. */
static void say_others(const struct hl_rivals *l, const struct hl_table *table,
                       uint64_t off)
{
	for (size_t i = 0; i < hl_table_count(table); i++) {
		const struct hl_part *p = hl_table_part(table, i);

		if (p->off == off && !(p->flags & HL_PART_GAP))
			return;
	}
	hl_say(&(struct hl_at){ l->ctx, NULL, off, "volume" },
	       "no partition begins here; what volumes that no table knows "
	       "have overwritten of it is told by a scan and --lost only");
}

enum hl_status hl_rivals_open(struct hl_rivals **out, struct hl_src *image,
                              uint32_t sector_size, uint64_t off, uint64_t len,
                              bool lost, const struct hl_ctx *ctx)
{
	struct hl_rivals *l = hl_zalloc(ctx, sizeof(*l));
	struct hl_table *table;

	*out = l;
	if (!l)
		return HL_NOMEM;
	l->ctx = ctx;
	l->quiet = *ctx;
	l->quiet.note = NULL;
	l->quiet.log = NULL;
	enum hl_status st = hl_table_open(&table, image, sector_size,
	                                  &l->quiet);
	if (st != HL_OK)
		return hl_scan_fatal(st) ? st : HL_OK;
	for (size_t i = 0; i < hl_table_count(table) && st == HL_OK; i++)
		st = one(l, image, hl_table_part(table, i), off, len, lost);
	if (st == HL_OK && is_table(table)) {
		say_others(l, table, off);
		st = tables(l, table, off, len);
	}
	hl_table_close(table);
	return st == HL_LIMIT ? HL_OK : st;
}

const struct hl_fs_rival *hl_rivals_get(const struct hl_rivals *l, size_t *n)
{
	*n = l ? l->n : 0;
	return *n ? l->r : NULL;
}

void hl_rivals_close(struct hl_rivals *l)
{
	if (!l)
		return;
	for (size_t i = l->n; i-- > 0;) {
		hl_fs_close(l->r[i].fs);
		hl_src_close(l->src[i]);
	}
	hl_free(l->ctx, l->r);
	hl_free(l->ctx, l->src);
	hl_free(l->ctx, l);
}
