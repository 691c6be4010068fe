/*
 * span.h: a stretch of bytes with its length, and the only way to look into
 * it.  Every comparison has the form `len <= s.n && off <= s.n - len`, so
 * nothing from a disk is ever added before it is checked.
 */
#ifndef HL_SPAN_H
#define HL_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const uint8_t *p;
	size_t n;
};

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){ .p = p, .n = n };
}

static inline bool span_has(struct span s, uint64_t off, uint64_t len)
{
	return len <= s.n && off <= s.n - len;
}

static inline bool span_sub(struct span s, uint64_t off, uint64_t len,
                            struct span *out)
{
	if (!span_has(s, off, len))
		return false;
	*out = span_of(s.p + off, (size_t)len);
	return true;
}

/* From off to the end; false when off lies behind it. */
static inline bool span_from(struct span s, uint64_t off, struct span *out)
{
	if (off > s.n)
		return false;
	*out = span_of(s.p + off, s.n - (size_t)off);
	return true;
}

static inline const void *span_view(struct span s, uint64_t off, size_t len)
{
	return span_has(s, off, len) ? s.p + off : NULL;
}

/* A `const struct type *` at off, or NULL; only for structs of le.h types. */
#define SPAN_VIEW(s, off, type) \
	((const type *)span_view((s), (off), sizeof(type)))

#endif
