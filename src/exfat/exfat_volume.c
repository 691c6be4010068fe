/*
 * exfat_volume.c: opening a volume: boot region or its backup, and what the
 * root says of the volume.
 *
 *	sector 0        boot sector           12  its copy
 *	       1-8      more boot code        13-20
 *	       9, 10    parameters, reserved  21, 22
 *	       11       checksum of 0-10,     23
 *	                again and again
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "exfat/exfat_impl.h"

#define MAX_SECTOR 4096u

static struct hl_at at_boot(struct hl_exfat *v, uint64_t off)
{
	return (struct hl_at){ v->ctx, v->src, off, "exFAT boot region" };
}

static bool final(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

/* Does the sum of the region at off hold?  *why says what does not. */
static enum hl_status check_sum(struct hl_exfat *v, uint64_t off, uint32_t ss,
                                const char **why)
{
	uint8_t sector[MAX_SECTOR];
	uint32_t sum = 0;

	*why = NULL;
	for (unsigned i = 0; i < EXFAT_REGION_SECTORS && !*why; i++) {
		enum hl_status st = hl_src_read(v->src, off + i * (uint64_t)ss,
		                                sector, ss, NULL);
		if (final(st))
			return st;
		if (st != HL_OK)
			*why = "one of its sectors cannot be read";
		else if (i < EXFAT_BOOT_SECTORS)
			sum = hl_exfat_boot_sum(sum, span_of(sector, ss),
			                        i == 0);
	}
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	for (uint32_t i = 0; i < ss && !*why; i += 4)
		if (le32_at(sector + i) != sum)
			*why = "its checksum is wrong";
#endif
	return HL_OK;
}

/* HL_OK: *g is set; *why is then NULL, or what is wrong with the rest of the
 * region.  HL_END: no boot sector. */
static enum hl_status read_region(struct hl_exfat *v, uint64_t off,
                                  struct hl_exfat_geom *g, const char **why)
{
	uint8_t buf[EXFAT_BOOT_BYTES];
	enum hl_status st = hl_src_read(v->src, off, buf, sizeof(buf), NULL);

	if (st == HL_IO || st == HL_RANGE) {
		*why = "the boot sector cannot be read";
		return HL_END;
	}
	if (st == HL_OK)
		st = hl_exfat_boot_decode(span_of(buf, sizeof(buf)), g, why);
	return st == HL_OK ? check_sum(v, off, g->sector_size, why) : st;
}

/* The backup, for which the size of a sector has to be guessed.  HL_OK: it is
 * sound and goes into v->geom. */
static enum hl_status find_backup(struct hl_exfat *v, uint64_t *off)
{
	struct hl_exfat_geom g;
	const char *why;

	for (uint32_t ss = 512; ss <= MAX_SECTOR; ss *= 2) {
		*off = (uint64_t)EXFAT_REGION_SECTORS * ss;
		enum hl_status st = read_region(v, *off, &g, &why);
		if (final(st))
			return st;
		if (st != HL_OK || why || g.sector_size != ss)
			continue;
		v->geom = g;
		v->boot_backup = true;
		return HL_OK;
	}
	return HL_END;
}

/* Read the first region again, to know whether it calls itself exFAT. */
static bool is_named(struct hl_exfat *v)
{
	struct hl_ranges bad;
	uint8_t buf[EXFAT_BOOT_BYTES];

	hl_ranges_clear(&bad);
	return hl_src_read(v->src, 0, buf, sizeof(buf), &bad) == HL_OK &&
	       hl_exfat_boot_named(span_of(buf, sizeof(buf)));
}

/*
 * A bad first region that calls itself exFAT is tried with its backup at
 * once, in the order of the drivers; only what has no name at all waits for
 * the rescue.
 */
static enum hl_status find_boot(struct hl_exfat *v, bool rescue)
{
	struct hl_at at = at_boot(v, 0);
	const char *why = NULL;
	struct hl_exfat_geom first;
	enum hl_status st = read_region(v, 0, &first, &why), other;
	uint64_t off;

	if (st == HL_OK)
		v->geom = first;
	if (final(st) || (st == HL_OK && !why))
		return st;
	if (is_named(v) == rescue)
		return HL_END; /* not ours, or had its turn */
	other = find_backup(v, &off);
	if (final(other))
		return other;
	if (other == HL_OK)
		hl_warn(&at, "bad (%s); the backup at byte %llu is used", why,
		        (unsigned long long)off);
	else if (st == HL_OK)
		hl_warn(&at, "%s, and so is its backup's; its boot sector is "
		        "used all the same", why);
	else if (!rescue)
		return hl_fail(&at, HL_CORRUPT, "bad (%s), and so is its "
		               "backup", why);
	return st == HL_OK ? st : other;
}

static void check_size(struct hl_exfat *v)
{
	const struct hl_exfat_geom *g = &v->geom;
	struct hl_at at = at_boot(v, 0);
	uint64_t have = hl_src_size(v->src);
	uint64_t end = hl_exfat_cluster_off(g, g->n_clusters + 2);

	if (g->odd)
		hl_say(&at, "%s", g->odd);
	if (g->failing)
		hl_say(&at, "the volume is marked as on a failing medium");
	if (end > have)
		hl_warn(&at, "the volume has %llu bytes, but only %llu are "
		        "there: its end is missing",
		        (unsigned long long)g->size, (unsigned long long)have);
	else if (g->size > have)
		hl_say(&at, "the volume's last %llu bytes, which hold no "
		       "clusters, are not there",
		       (unsigned long long)(g->size - have));
}

static enum hl_status open_all(struct hl_exfat *v, bool rescue)
{
	enum hl_status st = find_boot(v, rescue);

	if (st != HL_OK)
		return st;
	v->blocks = hl_zalloc(v->ctx, HL_EXFAT_BLOCKS * sizeof(*v->blocks));
	if (!v->blocks)
		return HL_NOMEM;
	check_size(v);
	return hl_exfat_specials(v);
}

enum hl_status hl_exfat_open(struct hl_exfat **out, struct hl_src *src,
                             bool rescue, const struct hl_ctx *ctx)
{
	struct hl_exfat *v = hl_zalloc(ctx, sizeof(*v));
	enum hl_status st;

	*out = NULL;
	if (!v)
		return HL_NOMEM;
	v->ctx = ctx;
	v->src = src;
	st = open_all(v, rescue);
	if (st != HL_OK) {
		hl_exfat_close(v);
		return st;
	}
	*out = v;
	return HL_OK;
}

void hl_exfat_close(struct hl_exfat *v)
{
	if (!v)
		return;
	hl_src_close(v->bitmap);
	hl_free(v->ctx, v->upcase);
	hl_free(v->ctx, v->blocks);
	hl_free(v->ctx, v);
}

const struct hl_exfat_geom *hl_exfat_geom(const struct hl_exfat *v)
{
	return &v->geom;
}

uint32_t hl_exfat_clusters_there(const struct hl_exfat *v)
{
	const struct hl_exfat_geom *g = &v->geom;
	uint64_t size = hl_src_size(v->src);

	if (size <= g->heap_off)
		return 0;
	return (uint32_t)min_u64(g->n_clusters, (size - g->heap_off - 1) /
	                                        g->cluster_size + 1);
}

bool hl_exfat_boot_backup(const struct hl_exfat *v)
{
	return v->boot_backup;
}

const uint16_t *hl_exfat_label(const struct hl_exfat *v, size_t *n)
{
	*n = v->n_label;
	return v->label;
}

const uint8_t *hl_exfat_guid(const struct hl_exfat *v)
{
	return v->has_guid ? v->guid : NULL;
}
