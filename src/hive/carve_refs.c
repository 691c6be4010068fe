/*
 * carve_refs.c: what a cell says of other cells.
 *
 *	nk  parent, list of subkeys, list of values, security, class
 *	lf, lh  subkeys, 8 bytes each     li, ri  4 bytes each
 *	vk  data      sk  its neighbours      db  list of segments
 *
 * Two parts of one hive speak of each other in such words; two hives that
 * were mixed do not.  Cells of hives before 1.2 begin with one more dword and
 * are not understood here: they give no words, and are never rejoined.
 */
#include <string.h>

#include "base/banned.h"
#include "hive/carve.h"

#define NONE UINT32_MAX
#define INLINE 0x80000000u /* of a value's size: the data is in its place */

static bool sig(struct span s, const char *two)
{
	return s.n >= 2 && memcmp(s.p, two, 2) == 0;
}

static bool is_leaf(struct span s)
{
	return sig(s, "lf") || sig(s, "lh") || sig(s, "li");
}

bool hl_carve_is(struct span s, enum hl_carve_kind kind)
{
	switch (kind) {
	case CARVE_ANY:
		return true;
	case CARVE_NK:
		return sig(s, "nk");
	case CARVE_VK:
		return sig(s, "vk");
	case CARVE_SK:
		return sig(s, "sk");
	case CARVE_LIST:
		return sig(s, "ri") || is_leaf(s);
	case CARVE_LEAF:
		return is_leaf(s);
	}
	return false;
}

/* One reference at `at`, when `count` is there and not zero. */
static bool one(struct span s, size_t at, size_t count_at, bool small,
                enum hl_carve_kind kind, struct hl_carve_ref *out)
{
	uint32_t count;

	if (!span_has(s, at, 4) || !span_has(s, count_at, 4))
		return false;
	count = small ? le16_at(s.p + count_at) : le32_at(s.p + count_at);
	*out = (struct hl_carve_ref){ .to = le32_at(s.p + at), .kind = kind };
	return count && out->to != NONE;
}

static bool of_key(struct span s, uint32_t i, struct hl_carve_ref *out)
{
	static const struct {
		uint8_t at, count;
		bool small;
		enum hl_carve_kind kind;
	} f[] = {
		{ 0x10, 0x10, false, CARVE_NK },   /* parent */
		{ 0x1c, 0x14, false, CARVE_LIST }, /* subkeys */
		{ 0x28, 0x24, false, CARVE_ANY },  /* values */
		{ 0x2c, 0x2c, false, CARVE_SK },
		{ 0x30, 0x4a, true, CARVE_ANY },   /* class */
	};

	/* the root's parent is a number left over from another hive */
	if (i == 0 && span_has(s, 2, 2) && le16_at(s.p + 2) & 0x0004)
		return false;
	if (!one(s, f[i].at, f[i].count, f[i].small, f[i].kind, out))
		return false;
	if (i == 2) {
		out->n = le32_at(s.p + f[i].count);
		out->item = CARVE_VK;
	}
	return true;
}

/* Data of more than 16344 bytes: a list of segments. */
static bool of_big(struct span s, struct hl_carve_ref *out)
{
	if (!span_has(s, 2, 6))
		return false;
	*out = (struct hl_carve_ref){ .to = le32_at(s.p + 4),
		                      .kind = CARVE_ANY,
		                      .n = le16_at(s.p + 2),
		                      .item = CARVE_ANY };
	return true;
}

static bool of_value(struct span s, struct hl_carve_ref *out)
{
	if (!span_has(s, 4, 8))
		return false;
	uint32_t size = le32_at(s.p + 4);
	*out = (struct hl_carve_ref){ .to = le32_at(s.p + 8),
		                      .kind = CARVE_ANY };
	return size && !(size & INLINE) && out->to != NONE;
}

static bool of_list(struct span s, uint32_t i, unsigned step,
                    enum hl_carve_kind kind, struct hl_carve_ref *out)
{
	size_t at = 4 + (size_t)i * step;

	if (!span_has(s, at, 4))
		return false;
	*out = (struct hl_carve_ref){ .to = le32_at(s.p + at), .kind = kind };
	return true;
}

/* How many there may be; 0: a cell that speaks of no other. */
static uint32_t slots(struct span s)
{
	if (sig(s, "nk"))
		return 5;
	if (sig(s, "vk") || sig(s, "db"))
		return 1;
	if (sig(s, "sk"))
		return 2;
	if (hl_carve_is(s, CARVE_LIST) && s.n >= 4)
		return le16_at(s.p + 2);
	return 0;
}

static bool slot(struct span s, uint32_t i, struct hl_carve_ref *out)
{
	if (sig(s, "nk"))
		return of_key(s, i, out);
	if (sig(s, "vk"))
		return of_value(s, out);
	if (sig(s, "sk"))
		return of_list(s, i, 4, CARVE_SK, out);
	if (sig(s, "db"))
		return of_big(s, out);
	if (sig(s, "ri"))
		return of_list(s, i, 4, CARVE_LEAF, out);
	return of_list(s, i, sig(s, "li") ? 4 : 8, CARVE_NK, out);
}

bool hl_carve_ref_next(struct hl_carve_refs *it, struct hl_carve_ref *out)
{
	uint32_t n = slots(it->cell);

	while (it->i < n)
		if (slot(it->cell, it->i++, out))
			return true;
	return false;
}
