/* verify_show.c: what verify found out about an image. */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "lift/json_parts.h"
#include "verify.h"

static const char *why(const struct hl_verify_bad *b)
{
	return b->what == HL_WHAT_MISSING ? "missing"
	                                  : hl_quality_text(
		(enum hl_quality)b->quality);
}

/* ---- text ------------------------------------------------------------- */

static void chunks_of(char *dst, size_t size, const struct hl_verify *v,
                      const struct hl_verify_bad *b)
{
	*dst = '\0';
	if (!v->chunk_size)
		return;
	uint64_t first = b->off / v->chunk_size;
	uint64_t last = (b->off + b->len - 1) / v->chunk_size;
	if (first == last)
		snprintf(dst, size, ", chunk %llu", (unsigned long long)first);
	else
		snprintf(dst, size, ", chunks %llu to %llu",
		         (unsigned long long)first, (unsigned long long)last);
}

static void text_bad(struct cli *c, const struct hl_verify *v)
{
	char chunks[64];

	for (size_t i = 0; i < v->n_bad; i++) {
		const struct hl_verify_bad *b = &v->bad[i];
		chunks_of(chunks, sizeof(chunks), v, b);
		out_printf(&c->out, "bad      offset %llu, %llu bytes%s: %s\n",
		           (unsigned long long)b->off,
		           (unsigned long long)b->len, chunks, why(b));
	}
}

static void text_files(struct cli *c, const struct hl_verify *v)
{
	for (size_t i = 0; i < v->n_files; i++) {
		const struct hl_verify_file *f = &v->file[i];
		out_printf(&c->out, "file     %s:", f->volume);
		out_name(&c->out, f->path);
		out_printf(&c->out, " (%llu bytes, the first at %llu)\n",
		           (unsigned long long)f->bytes,
		           (unsigned long long)f->off);
	}
	if (v->unowned)
		out_printf(&c->out, "no file  %llu of the bad bytes: %s\n",
		           (unsigned long long)v->unowned, v->files_part ?
		           "in no file of the volume asked for" :
		           "free, slack, or of the file system itself");
}

static void text_hash(struct cli *c, const struct hl_verify *v, int kind)
{
	const struct hl_verify_hash *h = &v->hash[kind];

	if (h->state == HL_HASH_NOT_ASKED)
		return;
	out_printf(&c->out, "%-8s %s", hl_verify_name(kind), h->computed);
	switch (h->state) {
	case HL_HASH_NOT_ASKED:
		break;
	case HL_HASH_NOT_STORED:
		out_text(&c->out, "  not stored");
		break;
	case HL_HASH_MATCH:
		out_text(&c->out, "  stored, matches");
		break;
	case HL_HASH_MATCH_TAIL:
		out_printf(&c->out, "\n         %s  stored, matches with the "
		           "%zu %s behind the last whole sector",
		           h->with_tail, v->tail,
		           v->tail == 1 ? "byte" : "bytes");
		break;
	case HL_HASH_INCOMPARABLE:
	case HL_HASH_MISMATCH:
		out_printf(&c->out, "\n         %s  stored, %s", h->stored,
		           h->state == HL_HASH_MISMATCH ? "does not match" :
		           "cannot be compared: bytes are damaged");
		break;
	}
	out_text(&c->out, "\n");
}

void verify_text(struct cli *c, const struct hl_verify *v)
{
	char text[512];

	text_bad(c, v);
	text_files(c, v);
	for (int k = 0; k < HL_VERIFY_KINDS; k++)
		text_hash(c, v, k);
	hl_verify_verdict(v, text, sizeof(text));
	out_printf(&c->out, "verdict  %s\n", text);
}

/* ---- JSON ------------------------------------------------------------- */

static void json_hashes(struct hl_json *j, const struct hl_verify *v)
{
	hl_json_key(j, "hashes");
	hl_json_array(j);
	for (int k = 0; k < HL_VERIFY_KINDS; k++) {
		const struct hl_verify_hash *h = &v->hash[k];
		if (h->state == HL_HASH_NOT_ASKED)
			continue;
		hl_json_object(j);
		hl_json_kv(j, "name", hl_verify_name(k));
		hl_json_text(j, "computed", h->computed);
		hl_json_text(j, "computed_with_tail", h->with_tail);
		hl_json_text(j, "stored", h->stored);
		hl_json_kv(j, "state", hl_hash_state_text(h->state));
		hl_json_object_end(j);
	}
	hl_json_array_end(j);
}

static void json_bad(struct hl_json *j, const struct hl_verify *v)
{
	hl_json_key(j, "bad");
	hl_json_array(j);
	for (size_t i = 0; i < v->n_bad; i++) {
		const struct hl_verify_bad *b = &v->bad[i];
		hl_json_object(j);
		hl_json_ku(j, "offset", b->off);
		hl_json_ku(j, "length", b->len);
		if (v->chunk_size)
			hl_json_ku(j, "chunk", b->off / v->chunk_size);
		else
			hl_json_kn(j, "chunk");
		hl_json_kv(j, "state", why(b));
		hl_json_object_end(j);
	}
	hl_json_array_end(j);
}

static void json_file(struct hl_json *j, const struct hl_verify_file *f)
{
	hl_json_object(j);
	hl_json_kv(j, "volume", f->volume);
	hl_json_kv(j, "path", f->path);
	if (f->record)
		hl_json_ku(j, "record", f->ref.id);
	else
		hl_json_kn(j, "record");
	hl_json_ku(j, "offset", f->off);
	hl_json_ku(j, "bad_bytes", f->bytes);
	hl_json_object_end(j);
}

static void json_files(struct hl_json *j, const struct hl_verify *v)
{
	if (!v->files_known) {
		hl_json_kn(j, "files");
		hl_json_kn(j, "no_file_bytes");
		return;
	}
	hl_json_key(j, "files");
	hl_json_array(j);
	for (size_t i = 0; i < v->n_files; i++)
		json_file(j, &v->file[i]);
	hl_json_array_end(j);
	hl_json_ku(j, "no_file_bytes", v->unowned);
}

void verify_json(struct cli *c, const struct hl_verify *v)
{
	struct hl_json *j = &c->out.json;
	struct hl_image_info info;
	char text[512];

	hl_verify_verdict(v, text, sizeof(text));
	hl_json_object(j);
	hl_json_kv(j, "type", "verify");
	if (hl_image_info(c->image, &info) == HL_OK) {
		hl_json_kv(j, "path", info.path);
		hl_json_kv(j, "format", info.format);
	}
	hl_json_ku(j, "size", v->size);
	hl_json_kv(j, "state", hl_verify_word(v));
	hl_json_kv(j, "verdict", text);
	json_hashes(j, v);
	hl_json_ku(j, "tail", v->tail);
	hl_json_ku(j, "chunk_size", v->chunk_size);
	hl_json_ku(j, "chunks", v->n_chunks);
	hl_json_ku(j, "bad_chunks", v->bad_chunks);
	hl_json_ku(j, "bad_bytes", v->bad_bytes);
	json_bad(j, v);
	json_files(j, v);
	hl_json_object_end(j);
	hl_json_newline(j);
}
