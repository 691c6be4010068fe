/* hashed.c: see hashed.h. */
#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/hash.h"
#include "lift/hashed.h"

struct one {
	struct hl_alike alike;
	char sha256[HL_HASH_HEX];
};

struct hl_hashed {
	const struct hl_ctx *ctx;
	struct one *one;
	size_t n, cap, n_spots;
};

struct hl_hashed *hl_hashed_new(const struct hl_ctx *ctx)
{
	struct hl_hashed *k = hl_zalloc(ctx, sizeof(*k));

	if (k)
		k->ctx = ctx;
	return k;
}

void hl_hashed_free(struct hl_hashed *hashed)
{
	if (!hashed)
		return;
	for (size_t i = 0; i < hashed->n; i++)
		hl_alike_free(&hashed->one[i].alike, hashed->ctx);
	hl_free(hashed->ctx, hashed->one);
	hl_free(hashed->ctx, hashed);
}

/* Which of several with the same bytes it is does not matter. */
static enum hl_status look(const struct hl_hashed *hashed,
                           const struct hl_alike *a,
                           const char **sha256,
                           const struct hl_ctx *ctx)
{
	unsigned tries = 0;

	for (size_t i = 0; i < hashed->n; i++) {
		enum hl_likeness like;

		if (!hl_alike_may_be(a, &hashed->one[i].alike))
			continue;
		if (++tries > HL_MAX_ALIKE_TRIES)
			return HL_OK;
		enum hl_status st = hl_alike_compare(
			a, &hashed->one[i].alike, &like, ctx);
		if (st != HL_OK)
			return st;
		if (like == HL_ALIKE_SAME) {
			*sha256 = hashed->one[i].sha256;
			return HL_OK;
		}
	}
	return HL_OK;
}

enum hl_status hl_hashed_find(struct hl_hashed *hashed,
                              const struct hl_hive *hive, struct hl_src *src,
                              struct hl_alike *a, const char **sha256,
                              const struct hl_ctx *ctx)
{
	enum hl_status st = hl_alike_take(
		a, hive->volume, src, hl_src_size(src),
		HL_MAX_ALIKE_SPOTS - hashed->n_spots, ctx);

	*sha256 = NULL;
	/* only what lies in a copy is likely to be there already */
	if (st == HL_OK && a->known && hive->volume->shadow)
		st = look(hashed, a, sha256, ctx);
	return st;
}

enum hl_status hl_hashed_add(struct hl_hashed *hashed,
                             const struct hl_hive *hive, struct hl_alike *a)
{
	void *array = hashed->one;
	enum hl_status st = HL_OK;

	if (!a->known)
		return HL_OK;
	st = hl_grow(hashed->ctx, &array, &hashed->cap, hashed->n,
	             sizeof(*hashed->one), HL_MAX_HIVES);
	hashed->one = array;
	if (st == HL_LIMIT)
		return HL_OK;
	if (st != HL_OK)
		return st;
	struct one *one = &hashed->one[hashed->n++];
	one->alike = *a;
	hl_copy(one->sha256, sizeof(one->sha256), hive->sha256);
	hashed->n_spots += a->n;
	*a = (struct hl_alike){ .size = a->size };
	return HL_OK;
}
