/*
 * fixup.c: the update sequence, which shows whether a block of several
 * sectors was written as a whole.
 *
 *	head .. | value | saved 0 | saved 1 | ..      usa_off, usa_count words
 *	[............ 512 bytes ............ value]   last word of each sector
 *	[............ 512 bytes ............ value]
 *
 * Windows puts the saved words back when it reads.  Where the last word is
 * not the value, that sector is of another time than the header.
 */
#include "base/banned.h"
#include "ntfs/ntfs.h"
#include "ntfs/ntfs_disk.h"

#include <string.h>

static void mark(struct hl_ntfs_fixup *out, unsigned i)
{
	out->torn[i / 64] |= 1ull << (i % 64);
	out->n_torn++;
}

/* The words [usa_off, +2 * count) must end before the first protected word. */
static bool header_ok(const struct ntfs_block *b, size_t n)
{
	size_t off = get16(b->usa_off), count = get16(b->usa_count);

	return off >= sizeof(*b) && !(off & 1) &&
	       count == n / NTFS_STRIDE + 1 && off <= n &&
	       count * 2 <= n - off &&
	       off + count * 2 <= NTFS_STRIDE - 2;
}

void hl_ntfs_fixup(uint8_t *p, size_t n, struct hl_ntfs_fixup *out)
{
	const struct ntfs_block *b = SPAN_VIEW(span_of(p, n), 0,
	                                       struct ntfs_block);
	const uint8_t *usa;
	unsigned i;

	memset(out, 0, sizeof(*out));
	if (!b || n % NTFS_STRIDE || n > NTFS_MAX_BLOCK)
		return;
	out->n_sectors = (unsigned)(n / NTFS_STRIDE);
	out->header_ok = header_ok(b, n);
	if (!out->header_ok) {
		for (i = 0; i < out->n_sectors; i++)
			mark(out, i);
		return;
	}
	usa = p + get16(b->usa_off);
	out->value = le16_at(usa);
	for (i = 0; i < out->n_sectors; i++) {
		uint8_t *end = p + (size_t)(i + 1) * NTFS_STRIDE - 2;

		/* The whole word: one differing byte is enough. */
		if (le16_at(end) != out->value)
			mark(out, i);
		else
			memcpy(end, usa + ((size_t)i + 1) * 2, 2);
	}
}
