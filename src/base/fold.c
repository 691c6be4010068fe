/*
 * fold.c: capitals by a rule of our own.
 *
 * FAT has no table of case on the volume, exFAT may have lost its own, and
 * towupper() depends on the locale.  The ranges below hold Latin, Greek,
 * Cyrillic, Armenian and the compatibility forms; each gives the small
 * letters and the way to the capital.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/banned.h"
#include "base/fold.h"

struct fold {
	uint16_t first, last; /* small letters */
	uint8_t step;         /* every one, or every second */
	int16_t up;           /* added to a small letter */
};

static const struct fold folds[] = {
	{ 0x0061, 0x007A, 1, -32 },  { 0x00E0, 0x00F6, 1, -32 },
	{ 0x00F8, 0x00FE, 1, -32 },  { 0x00FF, 0x00FF, 1, 121 },
	{ 0x0101, 0x012F, 2, -1 },   { 0x0133, 0x0137, 2, -1 },
	{ 0x013A, 0x0148, 2, -1 },   { 0x014B, 0x0177, 2, -1 },
	{ 0x017A, 0x017E, 2, -1 },   { 0x01CE, 0x01DC, 2, -1 },
	{ 0x01DF, 0x01EF, 2, -1 },   { 0x01F9, 0x021F, 2, -1 },
	{ 0x0223, 0x0233, 2, -1 },   { 0x0247, 0x024F, 2, -1 },
	{ 0x03AC, 0x03AC, 1, -38 },  { 0x03AD, 0x03AF, 1, -37 },
	{ 0x03B1, 0x03C1, 1, -32 },  { 0x03C3, 0x03CB, 1, -32 },
	{ 0x03CC, 0x03CC, 1, -64 },  { 0x03CD, 0x03CE, 1, -63 },
	{ 0x03D9, 0x03EF, 2, -1 },   { 0x0430, 0x044F, 1, -32 },
	{ 0x0450, 0x045F, 1, -80 },  { 0x0461, 0x0481, 2, -1 },
	{ 0x048B, 0x04BF, 2, -1 },   { 0x04C2, 0x04CE, 2, -1 },
	{ 0x04CF, 0x04CF, 1, -15 },  { 0x04D1, 0x052F, 2, -1 },
	{ 0x0561, 0x0586, 1, -48 },  { 0x1E01, 0x1E95, 2, -1 },
	{ 0x1EA1, 0x1EFF, 2, -1 },   { 0x2170, 0x217F, 1, -16 },
	{ 0x24D0, 0x24E9, 1, -26 },  { 0xFF41, 0xFF5A, 1, -32 },
};
#define N_FOLDS (sizeof(folds) / sizeof(folds[0]))

static bool holds(const struct fold *f, int u)
{
	return u >= f->first && u <= f->last && (u - f->first) % f->step == 0;
}

uint16_t hl_fold_up(uint16_t unit)
{
	if (unit < 0x80)
		return unit >= 'a' && unit <= 'z' ? unit - 32 : unit;
	for (size_t i = 0; i < N_FOLDS && folds[i].first <= unit; i++)
		if (holds(&folds[i], unit))
			return (uint16_t)(unit + folds[i].up);
	return unit;
}

uint16_t hl_fold_down(uint16_t unit)
{
	for (size_t i = 0; i < N_FOLDS; i++)
		if (holds(&folds[i], unit - folds[i].up))
			return (uint16_t)(unit - folds[i].up);
	return unit;
}
