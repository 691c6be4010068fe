/*
 * manifest_read.c: cuts a manifest into the elements of its "files", each of
 * which jansson parses by itself: 200,000 files need no gigabyte.
 *
 *	{ …, "files": [ {…}, {…} ], … }
 *	depth 1        2  3
 *
 * Only brackets and strings are followed here.  "runs" of an element are left
 * out: they are what can be long, and nobody asks for them.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lift/buf.h"
#include "lift/manifest_read.h"

#define DEPTH 64
#define KEY 16

struct hl_manifest_in {
	const struct hl_ctx *ctx;
	int fd;
	char buf[65536];
	size_t at, n;
	bool begun, string, escaped;
	size_t depth;
	char open[DEPTH];   /* brackets */
	char word[KEY];     /* the last string, cut */
	size_t n_word;
	char key[4][KEY];   /* the key before what is open, by depth */
	bool taking;        /* inside an element */
	size_t skipping;    /* depth of its "runs", or 0 */
	struct hl_buf element;
};

enum hl_status hl_manifest_in_open(struct hl_manifest_in **out, int fd,
                                   const struct hl_ctx *ctx)
{
	struct hl_manifest_in *in = hl_zalloc(ctx, sizeof(*in));

	*out = in;
	if (!in)
		return HL_NOMEM;
	in->ctx = ctx;
	in->fd = fd;
	in->element.ctx = ctx;
	return HL_OK;
}

void hl_manifest_in_close(struct hl_manifest_in *in)
{
	if (!in)
		return;
	hl_buf_free(&in->element);
	hl_free(in->ctx, in);
}

static enum hl_status fill(struct hl_manifest_in *in)
{
	ssize_t n;

	do
		n = read(in->fd, in->buf, sizeof(in->buf));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return HL_IO;
	in->at = 0;
	in->n = (size_t)n;
	return n ? HL_OK : HL_END;
}

static enum hl_status take(struct hl_manifest_in *in, char c)
{
	if (!in->taking || in->skipping)
		return HL_OK;
	if (in->element.n >= HL_MAX_MANIFEST_ENTRY)
		return HL_LIMIT;
	return hl_buf_add(&in->element, &c, 1) ? HL_OK : HL_NOMEM;
}

static enum hl_status in_string(struct hl_manifest_in *in, char c)
{
	if (in->escaped)
		in->escaped = false;
	else if (c == '\\')
		in->escaped = true;
	else if (c == '"')
		in->string = false;
	if (in->string && in->n_word + 1 < KEY)
		in->word[in->n_word++] = c;
	in->word[in->n_word] = '\0';
	return take(in, c);
}

static enum hl_status opens(struct hl_manifest_in *in, char c)
{
	enum hl_status st;

	if (in->depth == DEPTH || (in->depth == 0 && (in->begun || c != '{')))
		return HL_CORRUPT;
	in->begun = true;
	in->open[in->depth++] = c;
	if (in->depth == 3 && c == '{' && in->open[1] == '[' &&
	    !strcmp(in->key[1], "files")) {
		in->taking = true;
		hl_buf_cut(&in->element, 0);
	}
	st = take(in, c);
	if (in->taking && in->depth == 4 && c == '[' &&
	    !strcmp(in->key[3], "runs"))
		in->skipping = in->depth;
	return st;
}

/* HL_END: an element is complete. */
static enum hl_status closes(struct hl_manifest_in *in, char c)
{
	enum hl_status st;

	if (!in->depth || in->open[in->depth - 1] != (c == '}' ? '{' : '['))
		return HL_CORRUPT;
	if (in->skipping == in->depth)
		in->skipping = 0;
	st = take(in, c);
	in->depth--;
	if (st != HL_OK || !in->taking || in->depth != 2)
		return st;
	in->taking = false;
	return HL_END;
}

static enum hl_status step(struct hl_manifest_in *in, char c)
{
	if (in->string)
		return in_string(in, c);
	switch (c) {
	case '"':
		in->string = true;
		in->n_word = 0;
		break;
	case ':':
		if (in->depth < 4)
			memcpy(in->key[in->depth], in->word, KEY);
		break;
	case '{':
	case '[':
		return opens(in, c);
	case '}':
	case ']':
		return closes(in, c);
	default:
		break;
	}
	return take(in, c);
}

static enum hl_status parse(struct hl_manifest_in *in, json_t **out)
{
	json_error_t error;

	*out = json_loadb(in->element.p, in->element.n,
	                  JSON_REJECT_DUPLICATES, &error);
	return *out ? HL_OK : HL_CORRUPT;
}

enum hl_status hl_manifest_in_next(struct hl_manifest_in *in, json_t **out)
{
	enum hl_status st = HL_OK;

	*out = NULL;
	while (st == HL_OK) {
		if (in->at == in->n) {
			st = fill(in);
			if (st == HL_END)
				return in->begun && !in->depth ? HL_END
				                               : HL_CORRUPT;
			if (st != HL_OK)
				return st;
		}
		st = step(in, in->buf[in->at++]);
	}
	return st == HL_END ? parse(in, out) : st;
}

const char *hl_manifest_text(json_t *entry, const char *key)
{
	return json_string_value(json_object_get(entry, key));
}

bool hl_manifest_number(json_t *entry, const char *key, uint64_t *out)
{
	json_t *v = json_object_get(entry, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*out = (uint64_t)json_integer_value(v);
	return true;
}
