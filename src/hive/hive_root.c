/*
 * hive_root.c: decodes the root key of a hive.
 *
 *	1.2 and later   | size | nk … name_len … name |
 *	1.1 (NT 3.1)    | size | last | nk … name_len … name (UTF-16LE) |
 *
 * Which of the two it is, is told by where "nk" stands: a hive whose base
 * block is stale may claim the wrong version (seen: 1.1 stated, 1.3 inside).
 */
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "hive/hive_disk.h"
#include "hive/hive_impl.h"

#define NAME_MAX_BYTES 512 /* 255 UTF-16 units, with room for one more */

static void latin1_name(struct span s, char *dst, size_t size)
{
	uint16_t u[NAME_MAX_BYTES];

	for (size_t i = 0; i < s.n; i++)
		u[i] = s.p[i];
	(void)hl_utf8_from16(dst, size, u, s.n);
}

static enum hl_status bad(const char **why, const char *text)
{
	*why = text;
	return HL_CORRUPT;
}

/* s begins at "nk"; room is what the cell has from there. */
static enum hl_status key_name(struct span s, uint64_t room, bool nt31,
                               struct hive_root *out, const char **why)
{
	const struct hive_nk_disk *nk = SPAN_VIEW(s, 0, struct hive_nk_disk);
	struct span name;

	if (!nk || room < sizeof(*nk))
		return bad(why, "its cell is too small for a key");
	uint16_t len = get16(nk->name_len);
	if (len > NAME_MAX_BYTES)
		return bad(why, "its name is longer than a name can be");
	if (len > room - sizeof(*nk) || !span_sub(s, sizeof(*nk), len, &name))
		return bad(why, "its name runs out of its cell");
	if (!nt31 && get16(nk->flags) & HIVE_NK_LATIN1)
		latin1_name(name, out->name, sizeof(out->name));
	else
		(void)hl_utf8_from16le(out->name, sizeof(out->name), name,
		                       false);
	return HL_OK;
}

static bool is_nk(struct span s, uint64_t off)
{
	const void *p = span_view(s, off, 2);

	return p && memcmp(p, "nk", 2) == 0;
}

enum hl_status hl_hive_root_decode(struct span s, uint64_t room,
                                   uint32_t minor, struct hive_root *out,
                                   const char **why)
{
	const uint8_t *p = span_view(s, 0, 4);
	struct span key;

	memset(out, 0, sizeof(*out));
	if (!p)
		return bad(why, "it lies beyond the end of the file");
	uint32_t raw = le32_at(p);
	if (!(raw & 0x80000000u))
		return bad(why, "its cell is not in use");
	/* unsigned on purpose: 0x80000000 has no positive int32_t */
	out->cell_size = UINT64_C(0x100000000) - raw;
	if (out->cell_size > room)
		return bad(why, "its cell is larger than the bins");
	out->nt31 = minor <= 1 && !is_nk(s, 4) && is_nk(s, 8);
	uint64_t off = out->nt31 ? 8 : 4;
	if (!is_nk(s, off))
		return bad(why, "no key stands there");
	if (out->cell_size < off || !span_from(s, off, &key))
		return bad(why, "its cell is too small for a key");
	return key_name(key, out->cell_size - off, out->nt31, out, why);
}
