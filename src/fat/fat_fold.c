/* fat_fold.c: names compared without case; FAT has no table of its own. */
#include "fat/fat.h"
#include "base/banned.h"
#include "base/fold.h"

uint16_t hl_fat_upcase(uint16_t unit)
{
	return hl_fold_up(unit);
}

uint16_t hl_fat_downcase(uint16_t unit)
{
	return hl_fold_down(unit);
}

static bool is_surrogate(uint16_t u)
{
	return u >= 0xD800 && u <= 0xDFFF;
}

bool hl_fat_same_name(const uint16_t *a, size_t n_a, const uint16_t *b,
                      size_t n_b)
{
	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++)
		if (hl_fold_up(a[i]) != hl_fold_up(b[i]) &&
		    !(a[i] == 0xFFFD && is_surrogate(b[i])))
			return false;
	return true;
}
