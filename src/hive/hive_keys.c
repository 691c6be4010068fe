/*
 * hive_keys.c: see hive_keys.h.
 *
 *	nk --subkeys--> lf, lh | n | n x (cell, hash)  |  li | n | n x cell
 *	                ri     | n | n x cell of one of those
 *	   --values---> n x cell of vk -> | name | data, or cell of it |
 *
 * Every cell is read through one function; a budget of cells bounds it all,
 * since lists may name each other.
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/text.h"
#include "hive/hive_disk.h"
#include "hive/hive_impl.h"
#include "hive/hive_keys.h"
#include "io/note.h"
#include "io/src_impl.h"

#define DEPTH 3          /* lists of lists: Windows makes two */
#define NK_NAME sizeof(struct hive_nk_disk)
#define INLINE 0x80000000u

static bool stops(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

static enum hl_status read_at(struct hive_tree *t, uint64_t off, void *buf,
                              size_t n)
{
	struct hl_ranges bad;

	hl_ranges_clear(&bad);
	enum hl_status st = hl_src_read(t->src, HIVE_BASE_SIZE + off, buf, n,
	                                &bad);
	if (stops(st))
		return st;
	return st == HL_OK && !bad.bytes ? HL_OK : HL_END;
}

static enum hl_status spent(struct hive_tree *t)
{
	if (!t->spent)
		hl_warn(&(struct hl_at){ t->src->ctx, t->src, HL_NO_OFFSET,
		                         "hive" },
		        "more than %u cells would have to be read to tell "
		        "what it is, or whose", HL_MAX_HIVE_CELLS);
	t->spent = true;
	return HL_END;
}

/*
 * Up to n bytes of a cell's content from `skip` on; *got of them, and *room
 * bytes in all.  HL_END when it is no cell in use.
 */
static enum hl_status cell(struct hive_tree *t, uint64_t at, uint64_t skip,
                           void *buf, size_t n, size_t *got)
{
	uint8_t p[4];

	*got = 0;
	if (!t->budget)
		return spent(t);
	if (at % 8 || at > t->bins || t->bins - at < 8)
		return HL_END;
	t->budget--;
	enum hl_status st = read_at(t, at, p, sizeof(p));
	if (st != HL_OK)
		return st;
	uint32_t raw = le32_at(p);
	uint64_t head = t->old ? 8 : 4;
	uint64_t size = UINT64_C(0x100000000) - raw;
	if (!(raw & 0x80000000u) || size > t->bins - at || size <= head ||
	    size - head <= skip)
		return HL_END;
	*got = (size_t)min_u64(n, size - head - skip);
	return read_at(t, at + head + skip, buf, *got);
}

/* One byte a character, or UTF-16LE. */
static void set_name(char *dst, size_t size, struct span s, bool latin)
{
	uint16_t u[256];
	size_t n = s.n < 256 ? s.n : 256;

	if (!latin) {
		(void)hl_utf8_from16le(dst, size, s, false);
		return;
	}
	for (size_t i = 0; i < n; i++)
		u[i] = s.p[i];
	(void)hl_utf8_from16(dst, size, u, n);
}

static enum hl_status key_at(struct hive_tree *t, uint32_t at,
                             struct hive_key *out)
{
	uint8_t p[NK_NAME + 512];
	size_t n;
	enum hl_status st = cell(t, at, 0, p, sizeof(p), &n);
	const struct hive_nk_disk *nk;

	memset(out, 0, sizeof(*out));
	if (st != HL_OK)
		return st;
	nk = SPAN_VIEW(span_of(p, n), 0, struct hive_nk_disk);
	if (!nk || memcmp(nk->signature, "nk", 2) != 0)
		return HL_END;
	out->n_subkeys = le32_at(p + 0x14);
	out->subkeys = le32_at(p + 0x1c);
	out->n_values = le32_at(p + 0x24);
	out->values = le32_at(p + 0x28);
	size_t len = (size_t)min_u64(get16(nk->name_len), n - NK_NAME);
	set_name(out->name, sizeof(out->name), span_of(p + NK_NAME, len),
	         !t->old && get16(nk->flags) & HIVE_NK_LATIN1);
	return HL_OK;
}

enum hl_status hl_tree_open(struct hive_tree *t, struct hl_src *src,
                            struct hive_key *root)
{
	uint64_t size = hl_src_size(src);
	uint8_t p[HIVE_BASE_USED];
	struct hl_base_block b = { .signature = false };
	struct hl_ranges bad;

	*t = (struct hive_tree){ .src = src, .root = 32,
		                 .budget = HL_MAX_HIVE_CELLS };
	if (size <= HIVE_BASE_SIZE)
		return HL_END;
	t->bins = size - HIVE_BASE_SIZE;
	hl_ranges_clear(&bad);
	enum hl_status st = hl_src_read(src, 0, p, sizeof(p), &bad);
	if (stops(st))
		return st;
	if (hl_base_block_decode(p, sizeof(p), &b) == HL_OK)
		t->root = b.root_cell;
	st = key_at(t, t->root, root);
	if (st != HL_END || b.minor > 1)
		return st;
	t->old = true;
	return key_at(t, t->root, root);
}

/* ---- subkeys ----------------------------------------------------------- */

/*
 * The i-th key of a list.  *i counts down through lists of lists; HL_END and
 * *i > 0 says that the list has fewer.
 */
/* "ri" holds lists that are not "ri": NOLINTNEXTLINE(misc-no-recursion) */
static enum hl_status in_list(struct hive_tree *t, uint32_t list, uint32_t *i,
                              uint32_t *out, unsigned depth)
{
	uint8_t p[8];
	size_t n;
	enum hl_status st = cell(t, list, 0, p, 4, &n);

	if (st != HL_OK || n < 4)
		return stops(st) ? st : HL_END;
	uint32_t count = le16_at(p + 2);
	bool nested = memcmp(p, "ri", 2) == 0;
	bool hashed = memcmp(p, "lf", 2) == 0 || memcmp(p, "lh", 2) == 0;
	if (!nested && !hashed && memcmp(p, "li", 2) != 0)
		return HL_END;
	if (!nested && *i >= count) {
		*i -= count;
		return HL_END;
	}
	uint32_t first = nested ? 0 : *i, step = hashed ? 8 : 4;
	for (uint32_t k = first; k < count; k++) {
		st = cell(t, list, 4 + (uint64_t)step * k, p, 4, &n);
		if (st != HL_OK || n < 4)
			return stops(st) ? st : HL_END;
		*out = le32_at(p);
		if (!nested)
			return HL_OK;
		if (!depth)
			return HL_END;
		st = in_list(t, *out, i, out, depth - 1);
		if (st != HL_END)
			return st;
	}
	return HL_END;
}

enum hl_status hl_tree_next(struct hive_tree *t, const struct hive_key *key,
                            uint32_t *i, struct hive_key *out)
{
	while (*i < key->n_subkeys) {
		uint32_t at, left = (*i)++;
		enum hl_status st = in_list(t, key->subkeys, &left, &at,
		                            DEPTH);
		if (st == HL_END)
			return HL_END; /* the list is shorter, or broken */
		if (st == HL_OK)
			st = key_at(t, at, out);
		if (st != HL_END || t->spent)
			return st;
	}
	return HL_END;
}

static enum hl_status child(struct hive_tree *t, const struct hive_key *from,
                            const char *name, struct hive_key *out)
{
	uint32_t i = 0;
	enum hl_status st;

	while ((st = hl_tree_next(t, from, &i, out)) == HL_OK)
		if (hl_casecmp(out->name, name) == 0)
			break;
	return st;
}

enum hl_status hl_tree_find(struct hive_tree *t, const struct hive_key *from,
                            const char *path, struct hive_key *out)
{
	struct hive_key at = *from;

	for (;;) {
		char name[128];
		size_t n = strcspn(path, "/");
		if (n >= sizeof(name))
			return HL_END;
		memcpy(name, path, n);
		name[n] = '\0';
		enum hl_status st = child(t, &at, name, out);
		if (st != HL_OK || !path[n])
			return st;
		at = *out;
		path += n + 1;
	}
}

/* ---- values ------------------------------------------------------------ */

static enum hl_status data_of(struct hive_tree *t, const uint8_t *vk,
                              struct hive_value *out)
{
	uint32_t len = le32_at(vk + 4);

	out->type = le32_at(vk + 12);
	if (len & INLINE) {
		out->n = (size_t)min_u64(len & ~INLINE, 4);
		memcpy(out->data, vk + 8, out->n);
		return HL_OK;
	}
	if (!len)
		return HL_OK;
	return cell(t, le32_at(vk + 8), 0, out->data,
	            (size_t)min_u64(len, sizeof(out->data)), &out->n);
}

static enum hl_status value_at(struct hive_tree *t, uint32_t at,
                               const char *want, struct hive_value *out)
{
	uint8_t p[20 + 256];
	char name[HIVE_NAME_BYTES];
	size_t n;
	enum hl_status st = cell(t, at, 0, p, sizeof(p), &n);

	memset(out, 0, sizeof(*out));
	if (st != HL_OK)
		return st;
	if (n < 20 || memcmp(p, "vk", 2) != 0)
		return HL_END;
	size_t len = (size_t)min_u64(le16_at(p + 2), n - 20);
	set_name(name, sizeof(name), span_of(p + 20, len),
	         !t->old && le16_at(p + 16) & 1);
	return hl_casecmp(name, want) ? HL_END : data_of(t, p, out);
}

enum hl_status hl_tree_value(struct hive_tree *t, const struct hive_key *key,
                             const char *name, struct hive_value *out)
{
	for (uint32_t i = 0; i < key->n_values && !t->spent; i++) {
		uint8_t p[4];
		size_t n;
		enum hl_status st = cell(t, key->values, (uint64_t)4 * i, p,
		                         sizeof(p), &n);
		if (st != HL_OK || n < 4)
			return stops(st) ? st : HL_END;
		st = value_at(t, le32_at(p), name, out);
		if (st != HL_END)
			return st;
	}
	return HL_END;
}

bool hl_value_text(const struct hive_value *v, char *dst, size_t size)
{
	if (size)
		*dst = '\0';
	if (v->type != 1 && v->type != 2) /* REG_SZ, REG_EXPAND_SZ */
		return false;
	(void)hl_utf8_from16le(dst, size, span_of(v->data, v->n), true);
	return *dst != '\0';
}
