/*
 * upcase.c: how NTFS folds and orders names: unit by unit through the
 * volume's own $UpCase table, never by the rules of this machine.
 */
#include "base/banned.h"
#include "ntfs/ntfs.h"

uint16_t hl_ntfs_upcase(const uint16_t *table, uint16_t u)
{
	if (u < 128)
		return u >= 'a' && u <= 'z' ? (uint16_t)(u - 32) : u;
	return table ? table[u] : u;
}

int hl_ntfs_name_fold_cmp(const uint16_t *table, const uint16_t *a, size_t na,
                          const uint16_t *b, size_t nb)
{
	size_t i;

	for (i = 0; i < na && i < nb; i++) {
		uint16_t x = hl_ntfs_upcase(table, a[i]);
		uint16_t y = hl_ntfs_upcase(table, b[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return na == nb ? 0 : na < nb ? -1 : 1;
}

int hl_ntfs_name_cmp(const uint16_t *a, size_t na, const uint16_t *b, size_t nb)
{
	size_t i;

	for (i = 0; i < na && i < nb; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return na == nb ? 0 : na < nb ? -1 : 1;
}
