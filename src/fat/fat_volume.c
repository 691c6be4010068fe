/*
 * fat_volume.c: opening a volume: boot sector or its backup, dirty marks,
 * label.  Opening reads the boot sector, two FAT entries and the root up to
 * its label; nothing else.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "fat/fat_disk.h"
#include "fat/fat_impl.h"

#define BACKUP_BY_CUSTOM 6 /* sector, when no boot sector says */
#define BACKUP_LAST 31     /* reserved sectors of FAT32 are 32 by custom */

static struct hl_at at_boot(struct hl_fat *v, uint64_t off)
{
	return (struct hl_at){ v->ctx, v->src, off, "FAT boot sector" };
}

static enum hl_status read_boot(struct hl_fat *v, uint64_t off,
                                struct hl_fat_geom *g, const char **why)
{
	uint8_t buf[FAT_BOOT_BYTES];
	enum hl_status st;

	memset(g, 0, sizeof(*g));
	st = hl_src_read(v->src, off, buf, sizeof(buf), NULL);
	if (st == HL_IO || st == HL_RANGE) {
		*why = "cannot be read";
		return HL_END;
	}
	if (st != HL_OK)
		return st;
	return hl_fat_boot_decode(span_of(buf, sizeof(buf)), g, why);
}

/* The first FAT begins with the media byte and ones. */
static bool fat_begins_at(struct hl_fat *v, const struct hl_fat_geom *g)
{
	uint8_t buf[4];

	return hl_src_read(v->src, g->fat_off, buf, sizeof(buf), NULL) ==
	               HL_OK &&
	       buf[0] == g->media && buf[1] == 0xFF && buf[2] == 0xFF;
}

/* A backup must say of itself that it is one: stale sectors of older file
 * systems lie about too. */
static enum hl_status try_backup(struct hl_fat *v, uint32_t sector,
                                 uint32_t sector_size)
{
	uint64_t off = (uint64_t)sector * sector_size;
	struct hl_fat_geom g;
	const char *why;
	enum hl_status st = read_boot(v, off, &g, &why);

	if (st != HL_OK)
		return st;
	if (g.kind != HL_FAT32 || g.backup_off != off ||
	    g.sector_size != sector_size || !fat_begins_at(v, &g))
		return HL_END;
	v->geom = g;
	return HL_OK;
}

static enum hl_status find_backup(struct hl_fat *v, const char *why)
{
	uint32_t sector = BACKUP_BY_CUSTOM, ss = 0;
	enum hl_status st = HL_END;

	for (ss = 512; ss <= 4096 && st == HL_END; ss *= 2)
		st = try_backup(v, sector, ss);
	for (sector = 1; sector <= BACKUP_LAST && st == HL_END; sector++)
		for (ss = 512; ss <= 4096 && st == HL_END; ss *= 2)
			st = try_backup(v, sector, ss);
	if (st != HL_OK)
		return st;
	v->boot_backup = true;
	struct hl_at at = at_boot(v, 0);
	hl_warn(&at, "bad (%s); the backup at byte %llu is used", why,
	        (unsigned long long)v->geom.backup_off);
	return HL_OK;
}

static enum hl_status find_boot(struct hl_fat *v, bool rescue)
{
	const char *why = "";
	enum hl_status st = read_boot(v, 0, &v->geom, &why);

	if (st != HL_END)
		return st;
	return rescue ? find_backup(v, why) : HL_END;
}

static void check_size(struct hl_fat *v)
{
	const struct hl_fat_geom *g = &v->geom;
	struct hl_at at = at_boot(v, 0);
	uint64_t have = hl_src_size(v->src);
	uint64_t end = hl_fat_cluster_off(g, g->n_clusters + 2);

	if (g->odd)
		hl_say(&at, "%s", g->odd);
	if (end > have)
		hl_warn(&at, "the volume has %llu bytes, but only %llu are "
		        "there: its end is missing",
		        (unsigned long long)g->size, (unsigned long long)have);
	else if (g->size > have)
		hl_say(&at, "the volume's last %llu bytes, which hold no "
		       "clusters, are not there",
		       (unsigned long long)(g->size - have));
}

static enum hl_status read_dirty(struct hl_fat *v)
{
	struct hl_fat_link_info link;
	enum hl_status st = hl_fat_table_get(v, 1, 0, false, &link);

	if (st != HL_OK)
		return st;
	v->dirty = v->geom.boot_dirty ||
	           (link.kind != HL_FAT_UNREADABLE &&
	            hl_fat_entry_dirty(v->geom.kind, link.value));
	return HL_OK;
}

/* The root's label entry wins over the boot sector's. */
static enum hl_status read_label(struct hl_fat *v)
{
	struct hl_fat_entry e;
	struct hl_fat_dir *d;
	enum hl_status st = hl_fat_dir_open(&d, v, 0, HL_FAT_DIR_QUIET |
	                                    HL_FAT_DIR_LABELS);

	if (st == HL_OK) {
		do
			st = hl_fat_dir_next(d, &e);
		while (st == HL_CORRUPT ||
		       (st == HL_OK && e.what != HL_FAT_LABEL));
		hl_fat_dir_close(d);
	}
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st == HL_OK)
		v->n_label = hl_fat_label_name(&v->cp, v->label, e.raw);
	else if (v->geom.has_label)
		v->n_label = hl_fat_label_name(&v->cp, v->label,
		                               v->geom.label);
	return HL_OK;
}

static enum hl_status open_all(struct hl_fat *v, bool rescue)
{
	enum hl_status st = find_boot(v, rescue);

	if (st != HL_OK)
		return st;
	v->pieces = hl_zalloc(v->ctx, sizeof(*v->pieces) * HL_FAT_PIECES * 2);
	if (!v->pieces)
		return HL_NOMEM;
	if (hl_fat_codepage_open(&v->cp, v->ctx->codepage) != HL_OK) {
		struct hl_at at = at_boot(v, HL_NO_OFFSET);
		hl_warn(&at, "code page \"%s\" is not known here; CP437 is "
		        "used for short names", v->ctx->codepage);
	}
	check_size(v);
	st = read_dirty(v);
	return st == HL_OK ? read_label(v) : st;
}

enum hl_status hl_fat_open(struct hl_fat **out, struct hl_src *src, bool rescue,
                           const struct hl_ctx *ctx)
{
	struct hl_fat *v = hl_zalloc(ctx, sizeof(*v));
	enum hl_status st;

	*out = NULL;
	if (!v)
		return HL_NOMEM;
	v->ctx = ctx;
	v->src = src;
	st = open_all(v, rescue);
	if (st != HL_OK) {
		hl_fat_close(v);
		return st;
	}
	*out = v;
	return HL_OK;
}

void hl_fat_close(struct hl_fat *v)
{
	if (!v)
		return;
	hl_fat_codepage_close(&v->cp);
	hl_free(v->ctx, v->pieces);
	hl_free(v->ctx, v->blocks);
	hl_free(v->ctx, v);
}

const struct hl_fat_geom *hl_fat_geom(const struct hl_fat *v)
{
	return &v->geom;
}

uint32_t hl_fat_clusters_there(const struct hl_fat *v)
{
	const struct hl_fat_geom *g = &v->geom;
	uint64_t size = hl_src_size(v->src);

	if (size <= g->data_off)
		return 0;
	return (uint32_t)min_u64(g->n_clusters, (size - g->data_off - 1) /
	                                        g->cluster_size + 1);
}

bool hl_fat_boot_backup(const struct hl_fat *v)
{
	return v->boot_backup;
}

bool hl_fat_dirty(const struct hl_fat *v)
{
	return v->dirty;
}

const uint16_t *hl_fat_label(const struct hl_fat *v, size_t *n)
{
	*n = v->n_label;
	return v->label;
}
