/*
 * same.c: see same.h.  A table of open addressing, filled as far as it was
 * asked for:
 *
 *	h[0 ... done)   in it, but for those without a digest yet: from the
 *	                first of them on it is gone through once more
 *	slot            1 + index into h, 0: free; the first of equal ones
 */
#include <string.h>

#include "base/mem.h"
#include "lift/same.h"
#include "base/banned.h"

struct hl_same {
	const struct hl_ctx *ctx;
	size_t done, cap;
	uint32_t slot[];
};

struct hl_same *hl_same_new(size_t n, const struct hl_ctx *ctx)
{
	struct hl_same *s;
	size_t cap = 16;

	if (n > UINT32_MAX / 4)
		return NULL;
	while (cap < 2 * n)
		cap *= 2;
	s = hl_zalloc(ctx, sizeof(*s) + cap * sizeof(s->slot[0]));
	if (s) {
		s->ctx = ctx;
		s->cap = cap;
	}
	return s;
}

void hl_same_free(struct hl_same *same)
{
	if (same)
		hl_free(same->ctx, same);
}

/* Where that digest is, or would be: the digest is its own hash. */
static uint32_t *place(struct hl_same *s, struct hl_hive *const *h,
                       const char *sha256)
{
	size_t at = 0;

	for (int i = 0; i < 8; i++)
		at = at << 4 | (((unsigned char)sha256[i] +
		                 (sha256[i] > '9' ? 9u : 0u)) & 15);
	for (;; at++) {
		uint32_t *p = &s->slot[at & (s->cap - 1)];

		if (!*p || strcmp(h[*p - 1]->sha256, sha256) == 0)
			return p;
	}
}

static void fill(struct hl_same *s, struct hl_hive *const *h, size_t n)
{
	size_t done = n;

	for (size_t k = s->done; k < n; k++) {
		if (!h[k]->sha256[0]) {
			done = done < k ? done : k;
			continue;
		}
		uint32_t *p = place(s, h, h[k]->sha256);
		if (!*p || *p - 1 > k)
			*p = (uint32_t)k + 1;
	}
	if (s->done < done)
		s->done = done;
}

const struct hl_hive *hl_same_find(struct hl_same *same,
                                   struct hl_hive *const *h, size_t i)
{
	if (!same) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(h[k]->sha256, h[i]->sha256) == 0)
				return h[k];
		return NULL;
	}
	fill(same, h, i);
	uint32_t p = *place(same, h, h[i]->sha256);
	return p && p - 1 < i ? h[p - 1] : NULL;
}
