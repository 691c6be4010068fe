/*
 * mbr.c: the four entries of a master boot record, and which sector size they
 * count in.  Logical partitions are in ebr.c.
 *
 *	sector 0:  code | signature | entry 0 | 1 | 2 | 3 | 55 aa
 *
 * 55 aa alone proves nothing: every NTFS, FAT and BitLocker boot sector ends
 * so.  A sector is an MBR only when all four entries read like entries.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "vol/mbr_disk.h"
#include "vol/types.h"
#include "vol/vol_impl.h"

bool hl_mbr_is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static void decode(const struct mbr_disk_entry *d, struct mbr_entry *e)
{
	e->type = d->type;
	e->active = d->status == 0x80;
	e->odd = (d->status & 0x7f) != 0;
	e->start = get32(d->start);
	e->count = get32(d->count);
}

enum hl_status hl_mbr_parse(struct span sector, bool ebr, struct mbr *out)
{
	const struct mbr_disk *d = SPAN_VIEW(sector, 0, struct mbr_disk);
	unsigned n_odd = 0;

	memset(out, 0, sizeof(*out));
	if (!d)
		return HL_END;
	bool magic = d->magic[0] == 0x55 && d->magic[1] == 0xaa;
	out->signature = get32(d->signature);
	for (size_t i = 0; i < 4; i++) {
		struct mbr_entry *e = &out->e[i];

		decode(&d->entry[i], e);
		if (e->odd) {
			n_odd += !(ebr && i >= 2); /* no use in an EBR */
			e->type = 0;
		}
		if (e->type == 0 || e->count == 0)
			continue;
		out->n_used++;
		out->protective |= e->type == 0xee;
		out->others |= e->type != 0xee;
	}
	if (magic && n_odd == 0)
		return HL_OK;
	/* boot code and text have more than one thing wrong */
	return out->n_used && n_odd + !magic == 1 ? HL_CORRUPT : HL_END;
}

/* Every Windows file system and every EBR has 55 aa in its first sector. */
static enum hl_status begins_volume(struct hl_src *src, uint64_t lba,
                                    uint32_t ss, bool *yes)
{
	uint8_t b[512];
	enum hl_status st = hl_vol_read(src, lba, ss, b, sizeof(b));

	*yes = st == HL_OK && b[510] == 0x55 && b[511] == 0xaa;
	return st == HL_END ? HL_OK : st;
}

enum hl_status hl_mbr_score(struct hl_src *src, const struct mbr *mbr,
                            uint32_t ss, unsigned *score)
{
	*score = 0;
	for (size_t i = 0; i < 4; i++) {
		const struct mbr_entry *e = &mbr->e[i];
		bool yes = false;

		if (e->type == 0 || e->count == 0 || e->start == 0)
			continue;
		enum hl_status st = begins_volume(src, e->start, ss, &yes);
		if (st != HL_OK)
			return st;
		*score += yes;
	}
	return HL_OK;
}

enum hl_status hl_mbr_add(struct hl_table *t, const struct mbr_entry *e,
                          uint64_t base, unsigned flags)
{
	const struct vol_mbr_type *type = hl_vol_mbr_type(e->type);
	static const char digit[] = "0123456789abcdef";
	struct hl_part part = { .type_name = type->name };

	part.flags = flags | type->flags | (e->active ? HL_PART_ACTIVE : 0);
	memcpy(part.type, "0x00", 5);
	part.type[2] = digit[e->type >> 4];
	part.type[3] = digit[e->type & 15];
	return hl_vol_add(t, &part, base + e->start, e->count);
}

static enum hl_status fill_one(struct hl_table *t, const struct mbr_entry *e)
{
	if (e->type == 0)
		return HL_OK;
	if (e->start == 0 || e->count == 0) {
		/* a partition on top of its own table, or of no length */
		if (e->count)
			hl_warn(&(struct hl_at){ t->ctx, t->src, 0, "MBR" },
			        "an entry of type 0x%02x begins at sector 0; "
			        "not used", e->type);
		t->info.ok &= e->count == 0;
		return HL_OK;
	}
	if (hl_mbr_is_extended(e->type))
		return hl_ebr_fill(t, e->start, e->count);
	return hl_mbr_add(t, e, 0, 0);
}

enum hl_status hl_mbr_fill(struct hl_table *t, const struct mbr *mbr)
{
	static const char digit[] = "0123456789abcdef";
	enum hl_status st = hl_vol_area(t, 0, 1);

	t->info.scheme = "mbr";
	t->info.ok = true;
	memcpy(t->info.disk_id, "0x", 2);
	for (int i = 0; i < 8; i++)
		t->info.disk_id[2 + i] =
			digit[mbr->signature >> (28 - 4 * i) & 15];
	t->info.disk_id[10] = '\0';
	for (size_t i = 0; i < 4 && st == HL_OK; i++)
		st = fill_one(t, &mbr->e[i]);
	return st;
}
