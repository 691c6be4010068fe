/*
 * buf.h: text that grows.  p is always a string once something was added;
 * all of it is freed with hl_buf_free and reused after hl_buf_cut.
 */
#ifndef HL_BUF_H
#define HL_BUF_H

#include "hivelift/ctx.h"

struct hl_buf {
	const struct hl_ctx *ctx;
	char *p;
	size_t n, cap;
};

/* false: no memory; the buffer is as before */
bool hl_buf_add(struct hl_buf *b, const char *p, size_t n);
bool hl_buf_text(struct hl_buf *b, const char *s);
/* The same, in place of what was there. */
bool hl_buf_set(struct hl_buf *b, const char *s);
/* Back to its first n bytes. */
void hl_buf_cut(struct hl_buf *b, size_t n);
void hl_buf_free(struct hl_buf *b);

#endif
