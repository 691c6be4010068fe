/* buf.c: see buf.h. */
#include <string.h>

#include "base/ckd.h"
#include "base/mem.h"
#include "lift/buf.h"
#include "base/banned.h"

static bool reserve(struct hl_buf *b, size_t n)
{
	size_t need, want;

	if (ckd_add(&need, b->n, n) || ckd_add(&need, need, (size_t)1))
		return false;
	if (need <= b->cap)
		return true;
	if (ckd_mul(&want, need, (size_t)2))
		want = need;
	char *p = hl_realloc(b->ctx, b->p, want);
	if (!p)
		return false;
	b->p = p;
	b->cap = want;
	return true;
}

bool hl_buf_add(struct hl_buf *b, const char *p, size_t n)
{
	if (!reserve(b, n))
		return false;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
	return true;
}

bool hl_buf_text(struct hl_buf *b, const char *s)
{
	return hl_buf_add(b, s, strlen(s));
}

bool hl_buf_set(struct hl_buf *b, const char *s)
{
	size_t n = b->n;

	b->n = 0;
	if (hl_buf_text(b, s))
		return true;
	b->n = n;
	return false;
}

void hl_buf_cut(struct hl_buf *b, size_t n)
{
	if (n < b->n) {
		b->n = n;
		b->p[n] = '\0';
	}
}

void hl_buf_free(struct hl_buf *b)
{
	hl_free(b->ctx, b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}
