/*
 * vol_build.h: partition tables made by hand, and a table as one line of
 * text, so that a test can state all of it.
 */
#ifndef HL_VOL_BUILD_H
#define HL_VOL_BUILD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "testing.h"

#define UNUSED __attribute__((unused))

struct img {
	uint8_t *p;
	size_t n;
	uint32_t ss;
	struct hl_src *src;
};

UNUSED static struct img img_new(size_t sectors, uint32_t ss)
{
	struct img m = { .n = sectors * ss, .ss = ss };

	m.p = calloc(1, m.n);
	ck_assert_ptr_nonnull(m.p);
	return m;
}

UNUSED static uint8_t *img_at(struct img *m, uint64_t lba)
{
	ck_assert_uint_lt(lba * m->ss, m->n);
	return m->p + lba * m->ss;
}

/* Borrowed: the image may be changed between two opens. */
UNUSED static struct hl_src *img_src(struct img *m)
{
	if (!m->src)
		ck_assert_int_eq(hl_src_mem(&m->src, m->p, m->n, false,
		                            test_ctx()), HL_OK);
	return m->src;
}

UNUSED static void img_free(struct img *m)
{
	hl_src_close(m->src);
	free(m->p);
}

UNUSED static void boot_mark(uint8_t *sector)
{
	sector[510] = 0x55;
	sector[511] = 0xaa;
}

UNUSED static void mbr_entry(uint8_t *sector, unsigned i, unsigned type,
                             uint32_t start, uint32_t count)
{
	uint8_t *e = sector + 0x1be + 16 * i;

	e[4] = (uint8_t)type;   /* type */
	put32(e + 8, start);    /* first sector */
	put32(e + 12, count);   /* sectors */
	boot_mark(sector);
}

/* ---- GPT ------------------------------------------------------------- */

struct gpt_build {
	uint32_t n_entries, entry_size;
	uint64_t array_lba, backup_array_lba;
};

UNUSED static uint64_t img_lbas(const struct img *m)
{
	return m->n / m->ss;
}

/* type_first: the first byte of a basic-data GUID is 0xa2 */
UNUSED static void gpt_entry(uint8_t *array, const struct gpt_build *b,
                             unsigned i, uint64_t first, uint64_t last,
                             const char *name)
{
	static const uint8_t basic[16] = {
		0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44,
		0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7
	};
	uint8_t *e = array + (size_t)i * b->entry_size;

	memcpy(e, basic, 16);     /* type */
	memset(e + 16, 0x11, 16); /* own GUID */
	e[16] = (uint8_t)i;
	put64(e + 32, first);
	put64(e + 40, last);
	put_utf16(e + 56, name);
}

UNUSED static void gpt_header(struct img *m, const struct gpt_build *b,
                              uint64_t lba, uint64_t alternate, uint64_t array)
{
	uint8_t *h = img_at(m, lba);
	size_t n = (size_t)b->n_entries * b->entry_size;

	memset(h, 0, 92);
	memcpy(h, "EFI PART", 8);
	put32(h + 8, 0x10000);      /* revision */
	put32(h + 12, 92);          /* header size */
	put64(h + 24, lba);         /* my LBA */
	put64(h + 32, alternate);   /* the other header's LBA */
	put64(h + 40, b->array_lba + (n + m->ss - 1) / m->ss); /* usable */
	put64(h + 48, b->backup_array_lba - 1);
	memset(h + 56, 0x22, 16);   /* disk GUID */
	put64(h + 72, array);       /* entry array */
	put32(h + 80, b->n_entries);
	put32(h + 84, b->entry_size);
	put32(h + 88, (uint32_t)crc32(0, img_at(m, array), (uInt)n));
	put32(h + 16, (uint32_t)crc32(0, h, 92));
}

/* Protective MBR, both arrays (copied from the primary's) and headers. */
UNUSED static void gpt_seal(struct img *m, const struct gpt_build *b)
{
	uint64_t last = img_lbas(m) - 1;

	mbr_entry(m->p, 0, 0xee, 1, (uint32_t)last);
	memcpy(img_at(m, b->backup_array_lba), img_at(m, b->array_lba),
	       (size_t)b->n_entries * b->entry_size);
	gpt_header(m, b, 1, last, b->array_lba);
	gpt_header(m, b, last, 1, b->backup_array_lba);
}

UNUSED static struct gpt_build gpt_usual(const struct img *m, uint32_t n,
                                         uint32_t entry_size)
{
	size_t sectors = ((size_t)n * entry_size + m->ss - 1) / m->ss;

	return (struct gpt_build){ n, entry_size, 2,
	                           img_lbas(m) - 1 - sectors };
}

/* ---- a table as text ------------------------------------------------- */

/*
 * "mbr 512 ok | 0+1 ... ": each partition as start+sectors:type with the
 * letters of its flags, each gap as (start+sectors).
 */
UNUSED static const char *table_text(const struct hl_table *t)
{
	static char s[65536];
	const struct hl_table_info *info = hl_table_info(t);
	int n = snprintf(s, sizeof(s), "%s %u%s%s%s", info->scheme,
	                 info->sector_size, info->ok ? " ok" : "",
	                 info->used_backup ? " backup" : "",
	                 info->hybrid ? " hybrid" : "");

	for (size_t i = 0; i < hl_table_count(t); i++) {
		const struct hl_part *p = hl_table_part(t, i);
		unsigned long long off = p->off / info->sector_size;
		unsigned long long len = p->len / info->sector_size;

		ck_assert_int_lt(n, (int)sizeof(s) - 200);
		if (p->flags & HL_PART_GAP) {
			n += snprintf(s + n, 100, " (%llu+%llu)", off, len);
			continue;
		}
		n += snprintf(s + n, 150, " %llu+%llu:%.8s%s%s%s%s", off, len,
		              p->type,
		              p->flags & HL_PART_LOGICAL ? "L" : "",
		              p->flags & HL_PART_OVERLAPS ? "O" : "",
		              p->flags & HL_PART_CUT ? "C" : "",
		              p->flags & HL_PART_OUTSIDE ? "X" : "");
	}
	return s;
}

/* Open, compare, close. */
UNUSED static void expect_table(struct hl_src *src, uint32_t ss,
                                const char *want)
{
	struct hl_table *t;

	ck_assert_int_eq(hl_table_open(&t, src, ss, test_ctx()), HL_OK);
	ck_assert_str_eq(table_text(t), want);
	hl_table_close(t);
}

#endif
