/*
 * disk_table.c: has an image a partition table, or is it a file system?
 *
 * Two things may both fit the first sector: a file system and an MBR.  The
 * file system wins unless a partition of the table begins with one too.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "io/note.h"
#include "fs/disk_impl.h"
#include "fs/fs_impl.h"

/* Does a partition of the table begin with something that has a name? */
static enum hl_status confirmed(struct hl_disk *d, bool *yes)
{
	uint8_t p[HL_PROBE_BYTES];
	struct hl_ranges bad;

	*yes = false;
	for (size_t i = 0; i < hl_table_count(d->table) && !*yes; i++) {
		const struct hl_part *part = hl_table_part(d->table, i);

		if ((part->flags & HL_PART_GAP) || part->len < sizeof(p))
			continue;
		hl_ranges_clear(&bad);
		enum hl_status st = hl_src_read(d->image, part->off, p,
		                                sizeof(p), &bad);
		if (st == HL_NOMEM || st == HL_CANCELLED)
			return st;
		*yes = hl_fs_probes(p, sizeof(p)) ||
		       hl_known_find(p, sizeof(p), true);
	}
	return HL_OK;
}

/* Is one of the four type bytes of an MBR 0xEE? */
static bool announces_gpt(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < 4 && n >= 512; i++)
		if (p[0x1be + 16 * i + 4] == 0xee)
			return true;
	return false;
}

/* Is there a file system's boot sector in the image's first sector? */
static enum hl_status begins_bare(struct hl_disk *d, bool *yes,
                                  bool *protective)
{
	uint8_t p[HL_PROBE_BYTES];
	size_t n = (size_t)min_u64(sizeof(p), hl_src_size(d->image));
	struct hl_ranges bad;
	enum hl_status st = HL_OK;

	*yes = false;
	hl_ranges_clear(&bad);
	if (n)
		st = hl_src_read(d->image, 0, p, n, &bad);
	if (st == HL_OK)
		*yes = hl_fs_probes(p, n) || hl_known_find(p, n, true);
	*protective = st == HL_OK && announces_gpt(p, n);
	return st;
}

size_t hl_disk_n_parts(const struct hl_table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < hl_table_count(t); i++)
		n += !(hl_table_part(t, i)->flags & HL_PART_GAP);
	return n;
}

void hl_disk_drop_table(struct hl_disk *d)
{
	hl_table_close(d->table);
	d->table = NULL;
}

/*
 * With a boot sector at 0 the table is read in silence first: what its
 * decoder says of rubbish in a boot sector's code is no damage.
 */
static enum hl_status look_twice(struct hl_disk *d, uint32_t sector_size,
                                 bool protective)
{
	struct hl_ctx quiet = *d->ctx;
	bool yes;

	quiet.note = NULL;
	quiet.log = NULL;
	enum hl_status st = hl_table_open(&d->table, d->image, sector_size,
	                                  &quiet);
	if (st != HL_OK)
		return st;
	st = confirmed(d, &yes);
	/* the second copy of an old GPT survives a format of the whole disk */
	if (strcmp(hl_table_info(d->table)->scheme, "gpt") == 0 && !protective)
		yes = false;
	hl_disk_drop_table(d);
	if (st != HL_OK || !yes)
		return st == HL_OK ? HL_END : st;
	hl_say(&(struct hl_at){ d->ctx, d->image, 0, "MBR" },
	       "its sector is also a file system's boot sector; a partition "
	       "begins where the table says, so the table is used");
	return HL_OK;
}

enum hl_status hl_disk_find_table(struct hl_disk *d, uint32_t sector_size)
{
	bool bare, protective;
	enum hl_status st = begins_bare(d, &bare, &protective);

	if (st == HL_OK && bare)
		st = look_twice(d, sector_size, protective);
	if (st == HL_OK)
		st = hl_table_open(&d->table, d->image, sector_size, d->ctx);
	return st == HL_END ? HL_OK : st;
}
