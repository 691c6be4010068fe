/*
 * ldm_db.c: finds the database of a dynamic disk and reads its objects.
 *
 *	private header --> database --> table of contents --> VMDB, blocks
 *	(3 copies)                      (2 to 4 copies)       (one: every disk
 *	                                                       of a group has it)
 */
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "vol/ldm.h"
#include "vol/ldm_disk.h"
#include "vol/vol_impl.h"

/* ---- the private header -------------------------------------------------- */

static enum hl_status try_head(struct ldm_disk *d, uint64_t lba, bool *damaged)
{
	uint8_t b[LDM_SECTOR];
	enum hl_status st;

	if (d->found)
		return HL_OK;
	st = hl_vol_read(d->image, lba, d->sector_size, b, sizeof(b));
	if (st != HL_OK)
		return st == HL_END ? HL_OK : st;
	st = hl_ldm_privhead(span_of(b, sizeof(b)), &d->head);
	d->found = st == HL_OK;
	*damaged |= st == HL_CORRUPT;
	return HL_OK;
}

static enum hl_status try_database(struct ldm_disk *d, uint64_t lba,
                                   bool *damaged)
{
	enum hl_status st = try_head(d, lba + LDM_PRIVHEAD_1, damaged);

	return st == HL_OK ? try_head(d, lba + LDM_PRIVHEAD_2, damaged) : st;
}

static bool is_dynamic(const struct hl_part *p)
{
	return p->flags & HL_PART_DYNAMIC;
}

static enum hl_status find_head(struct ldm_disk *d, const struct hl_table *t,
                                bool *expected, bool *damaged)
{
	uint64_t ss = d->sector_size, n = hl_src_size(d->image) / ss;
	enum hl_status st = HL_OK;

	*expected = *damaged = false;
	for (size_t i = 0; i < hl_table_count(t) && st == HL_OK; i++) {
		const struct hl_part *p = hl_table_part(t, i);

		if (!is_dynamic(p))
			continue;
		*expected = true;
		if (p->flags & HL_PART_RESERVED) /* GPT */
			st = try_database(d, p->off / ss, damaged);
	}
	if (!*expected || st != HL_OK)
		return st;
	st = try_head(d, LDM_PRIVHEAD_MBR, damaged);
	if (st == HL_OK && n >= LDM_DB_SECTORS)
		st = try_database(d, n - LDM_DB_SECTORS, damaged);
	return st;
}

/* ---- its objects ----------------------------------------------------------- */

/* The database in memory: sectors of d->sector_size. */
struct db {
	uint8_t *p;
	uint64_t n; /* sectors */
	uint32_t ss;
};

static struct span sectors(const struct db *db, uint64_t at, uint64_t n)
{
	struct span s = { NULL, 0 };

	if (at < db->n)
		(void)span_sub(span_of(db->p, (size_t)(db->n * db->ss)),
		               at * db->ss,
		               min_u64(n, db->n - at) * db->ss, &s);
	return s;
}

static bool find_toc(const struct db *db, struct ldm_toc *out, bool *damaged)
{
	static const uint64_t places[] = { 1, 2, 2045, 2046 };

	*damaged = false;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct span s = sectors(db, places[i], 1);
		enum hl_status st = s.n ? hl_ldm_toc(s, out) : HL_END;

		if (st == HL_OK)
			return true;
		*damaged |= st == HL_CORRUPT;
	}
	/* where it always is */
	*out = (struct ldm_toc){ 17, LDM_DB_SECTORS - 17 };
	*damaged = true;
	return false;
}


static int by_group(const void *va, const void *vb)
{
	const struct ldm_block *a = va, *b = vb;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

/* All blocks in use, in the order of their groups. */
static enum hl_status list_blocks(struct span config, const struct ldm_vmdb *vm,
                                  struct ldm_block **out, size_t *n,
                                  const struct hl_ctx *ctx)
{
	*n = 0;
	*out = hl_alloc_array(ctx, vm->n_blocks + 1, sizeof(**out));
	if (!*out)
		return HL_NOMEM;
	for (uint32_t i = 0; i < vm->n_blocks; i++) {
		struct span s;

		if (!span_sub(config, vm->off + (uint64_t)i * vm->block_size,
		              vm->block_size, &s))
			break;
		*n += hl_ldm_block(s, &(*out)[*n]) == HL_OK;
	}
	qsort(*out, *n, sizeof(**out), by_group);
	return HL_OK;
}

/* The blocks of one group, joined: complete and in order, or nothing. */
static bool join(const struct ldm_block *b, size_t n, uint8_t *buf,
                 struct span *out)
{
	size_t len = 0;

	if (n != b->count || n > HL_MAX_LDM_BLOCKS)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (b[i].index != i || b[i].data.n > LDM_SECTOR)
			return false;
		memcpy(buf + len, b[i].data.p, b[i].data.n);
		len += b[i].data.n;
	}
	*out = span_of(buf, len);
	return true;
}

static enum hl_status keep(struct ldm_disk *d, const struct ldm_block *b,
                           size_t n, size_t *bad, const struct hl_ctx *ctx)
{
	uint8_t buf[HL_MAX_LDM_BLOCKS * LDM_SECTOR];
	struct ldm_object o;
	struct span s;
	enum hl_status st = HL_CORRUPT;

	if (join(b, n, buf, &s))
		st = hl_ldm_object(s, &o);
	*bad += st == HL_CORRUPT;
	if (st != HL_OK)
		return HL_OK;
	st = hl_grow(ctx, (void **)&d->object, &d->cap, d->n, sizeof(o),
	             HL_MAX_LDM_OBJECTS);
	if (st == HL_OK)
		d->object[d->n++] = o;
	return st;
}

static enum hl_status read_objects(struct ldm_disk *d, struct span config,
                                   const struct ldm_vmdb *vm,
                                   const struct hl_at *at)
{
	struct ldm_block *b;
	size_t n, bad = 0;
	enum hl_status st = list_blocks(config, vm, &b, &n, at->ctx);

	for (size_t i = 0, k; i < n && st == HL_OK; i = k) {
		for (k = i + 1; k < n && b[k].group == b[i].group;)
			k++;
		st = keep(d, b + i, k - i, &bad, at->ctx);
	}
	hl_free(at->ctx, b);
	if (st == HL_LIMIT) {
		hl_warn(at, "more than %u records: the rest is not looked at",
		        HL_MAX_LDM_OBJECTS);
		st = HL_OK;
	}
	if (bad)
		hl_warn(at, "%zu of its records are damaged", bad);
	if (!vm->consistent)
		hl_warn(at, "it was being changed; the change may be "
		        "incomplete");
	return st;
}

static enum hl_status read_config(struct ldm_disk *d, const struct db *db,
                                  const struct hl_at *at)
{
	struct ldm_toc toc;
	struct ldm_vmdb vm;
	bool damaged;

	find_toc(db, &toc, &damaged);
	if (damaged)
		hl_warn(at, "a table of contents is damaged, another copy or "
		        "its usual content is used");
	struct span config = sectors(db, toc.config, toc.n_config);
	if (!config.n || hl_ldm_vmdb(config, &vm) != HL_OK) {
		hl_warn(at, "it cannot be read");
		return HL_OK;
	}
	d->committed = max_u64(vm.committed, 1);
	return read_objects(d, config, &vm, at);
}

static enum hl_status read_database(struct ldm_disk *d,
                                    const struct hl_ctx *ctx)
{
	struct db db = { NULL, LDM_DB_SECTORS, d->sector_size };
	size_t n = (size_t)db.n * db.ss;
	uint64_t off = d->head.db * db.ss;
	struct hl_at at = { ctx, d->image, off, "dynamic disk's database" };
	struct hl_ranges bad;

	db.p = hl_alloc(ctx, n);
	if (!db.p)
		return HL_NOMEM;
	hl_ranges_clear(&bad);
	enum hl_status st = hl_src_read(d->image, off, db.p, n, &bad);
	if (st == HL_RANGE)
		st = HL_OK; /* zeros there are no blocks */
	if (st == HL_OK && bad.bytes)
		hl_warn(&at, "%llu of its bytes cannot be read",
		        (unsigned long long)bad.bytes);
	if (st == HL_OK)
		st = read_config(d, &db, &at);
	hl_free(ctx, db.p);
	return st;
}

enum hl_status hl_ldm_read(struct ldm_disk *d, const struct hl_table *table,
                           const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, d->image, HL_NO_OFFSET,
	                    "dynamic disk's private header" };
	bool expected, damaged;

	d->sector_size = hl_table_info(table)->sector_size;
	enum hl_status st = find_head(d, table, &expected, &damaged);
	if (st != HL_OK || !expected)
		return st;
	/* whether that costs anything, the volumes tell */
	if (!d->found)
		hl_say(&at, "none of its copies can be read");
	else if (damaged)
		hl_warn(&at, "damaged, another copy is used");
	return d->found ? read_database(d, ctx) : HL_OK;
}

void hl_ldm_free(struct ldm_disk *d, const struct hl_ctx *ctx)
{
	hl_free(ctx, d->object);
	d->object = NULL;
}
