/*
 * exfat_upcase.c: names compared through the volume's own table of capitals,
 * or by the built-in rule when that is lost.
 */
#include "base/banned.h"
#include "base/fold.h"
#include "base/le.h"
#include "exfat/exfat.h"

#define IDENTITY 0xFFFF /* the next unit is a count of such */

uint32_t hl_exfat_upcase_sum(uint32_t sum, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		sum = (sum << 31 | sum >> 1) + s.p[i];
	return sum;
}

enum hl_status hl_exfat_upcase_decode(struct span s,
                                      uint16_t table[HL_EXFAT_UNITS])
{
	uint32_t at = 0;
	size_t n = s.n / 2;

	for (uint32_t i = 0; i < HL_EXFAT_UNITS; i++)
		table[i] = (uint16_t)i;
	for (size_t i = 0; i < n; i++) {
		uint16_t u = le16_at(s.p + 2 * i);
		/* at its own place FFFF is just a unit, the last one */
		if (u == IDENTITY && i + 1 < n && at < IDENTITY) {
			at += le16_at(s.p + 2 * ++i);
			if (at > HL_EXFAT_UNITS)
				return HL_CORRUPT;
			continue;
		}
		if (at >= HL_EXFAT_UNITS)
			return HL_CORRUPT;
		table[at++] = u;
	}
	return HL_OK;
}

static uint16_t up(const uint16_t *table, uint16_t unit)
{
	return table ? table[unit] : hl_fold_up(unit);
}

uint16_t hl_exfat_name_hash(const uint16_t *table, const uint16_t *name,
                            size_t n)
{
	uint32_t hash = 0; /* of 16 bits; wider, for the carries */

	for (size_t i = 0; i < n; i++) {
		uint16_t u = up(table, name[i]);
		hash = ((hash << 15 | hash >> 1) + (u & 0xFF)) & 0xFFFF;
		hash = ((hash << 15 | hash >> 1) + (u >> 8)) & 0xFFFF;
	}
	return (uint16_t)hash;
}

static bool is_surrogate(uint16_t u)
{
	return u >= 0xD800 && u <= 0xDFFF;
}

bool hl_exfat_same_name(const uint16_t *table, const uint16_t *a, size_t n_a,
                        const uint16_t *b, size_t n_b)
{
	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++)
		if (up(table, a[i]) != up(table, b[i]) &&
		    !(a[i] == 0xFFFD && is_surrogate(b[i])))
			return false;
	return true;
}
