/*
 * lift_once.c: what was written of hives, for lift_again.c: the same content
 * in a shadow copy is not written again.
 *
 *	begin   a hive is written: its set is open
 *	note    its file, then each log's: digests, and where it lies (once.h)
 *	end     all of it could be read: from now on it can be found
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lift/once.h"

static void set_free(struct hl_lift *lift, struct hl_once_set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		hl_free(lift->ctx, s->file[i].place);
		hl_free(lift->ctx, s->file[i].output);
		hl_free(lift->ctx, s->file[i].beside);
		lift->n_spots -= s->file[i].alike.n;
		hl_alike_free(&s->file[i].alike, lift->ctx);
	}
	hl_free(lift->ctx, s->file);
	hl_free(lift->ctx, s->key);
	hl_buf_free(&s->digests);
}

void hl_once_free(struct hl_lift *lift)
{
	for (size_t i = 0; i < lift->n_once; i++)
		set_free(lift, &lift->once[i]);
	hl_free(lift->ctx, lift->once);
}

bool hl_once_digest(struct hl_buf *b, const struct hl_pass *pass)
{
	const char *hex = pass->hex[HL_SHA256];

	/* what could not be read is like nothing else */
	return hl_buf_add(b, *hex && !pass->bad.bytes ? hex : "-",
	                  *hex && !pass->bad.bytes ? strlen(hex) : 1);
}

enum hl_status hl_once_begin(struct hl_lift *lift)
{
	enum hl_status st;

	if (!lift->once_wanted)
		return HL_OK;
	st = hl_grow(lift->ctx, (void **)&lift->once, &lift->cap_once,
	             lift->n_once, sizeof(*lift->once), HL_MAX_OUTPUT_FILES);
	if (st != HL_OK)
		return st;
	lift->once[lift->n_once++] = (struct hl_once_set){
		.digests = { .ctx = lift->ctx } };
	lift->once_open = true;
	return HL_OK;
}

static char *dup_or_null(struct hl_lift *lift, const char *s, bool *failed)
{
	char *p = s ? hl_strdup(lift->ctx, s) : NULL;

	*failed |= s && !p;
	return p;
}

/* One file more of the open set: what a pass over all of src has found. */
static enum hl_status add_file(struct once_file **out, struct hl_lift *lift,
                               const struct hl_volume *v, struct hl_src *src,
                               uint64_t size, const struct hl_pass *pass)
{
	struct hl_once_set *s = &lift->once[lift->n_once - 1];
	enum hl_status st = hl_grow(lift->ctx, (void **)&s->file, &s->cap,
	                            s->n, sizeof(*s->file),
	                            HL_MAX_OUTPUT_FILES);

	if (st != HL_OK)
		return st;
	struct once_file *f = *out = &s->file[s->n++];
	*f = (struct once_file){ .alike = { .size = size } };
	memcpy(f->hex, pass->hex, sizeof(f->hex));
	if (!hl_once_digest(&s->digests, pass))
		return HL_NOMEM;
	if (!lift->has_copies || !src || hl_src_size(src) != size)
		return HL_OK;
	st = hl_alike_take(&f->alike, v, src, size,
	                   HL_MAX_ALIKE_SPOTS - lift->n_spots, lift->ctx);
	lift->n_spots += f->alike.n;
	return st;
}

/* An item has been entered into the lists. */
enum hl_status hl_once_note(struct hl_lift *lift, const struct hl_item *item)
{
	struct once_file *f;
	bool failed = false;
	enum hl_status st;

	if (!lift->once_open || item->same_as)
		return HL_OK;
	st = add_file(&f, lift, item->volume, item->src, item->written,
	              &item->pass);
	if (st != HL_OK)
		return st;
	f->place = hl_asprintf(lift->ctx, "%s:%s", item->volume->id,
	                       item->trail->path.n ? item->trail->path.p
	                                           : "/");
	f->output = dup_or_null(lift, item->output, &failed);
	f->beside = dup_or_null(lift, item->beside, &failed);
	memcpy(f->beside_sha256, item->beside_sha256,
	       sizeof(f->beside_sha256));
	if (item->hive)
		lift->once[lift->n_once - 1].state = item->hive->report.state;
	return f->place && !failed ? HL_OK : HL_NOMEM;
}

/* One log that is not written. */
static enum hl_status look_at_log(struct hl_lift *lift,
                                  const struct hl_volume *v,
                                  struct hl_hive_log *log)
{
	struct hl_pass pass = { .hashes = ALL_HASHES };
	struct hl_src *src = NULL;
	struct once_file *f;
	enum hl_status st = hl_fs_stream(&src, v->fs, &log->entry.ref, NULL,
	                                 HL_STREAM_CONTENT);

	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st == HL_OK)
		st = hl_pass_run(&pass, src, log->path, lift->ctx);
	else
		src = NULL;
	if (st != HL_NOMEM && st != HL_CANCELLED && st != HL_UNSUPPORTED)
		st = add_file(&f, lift, v, src, src ? hl_src_size(src) : 0,
		              &pass);
	hl_src_close(src);
	return st;
}

enum hl_status hl_once_logs(struct hl_lift *lift, struct hl_streams *s)
{
	enum hl_status st = HL_OK;

	for (size_t i = 0; lift->once_open && i < s->hive->n_logs &&
	     st == HL_OK; i++)
		st = look_at_log(lift, s->hive->volume, &s->hive->logs[i]);
	return st;
}

void hl_once_end(struct hl_lift *lift, enum hl_status st)
{
	if (!lift->once_open)
		return;
	struct hl_once_set *s = &lift->once[lift->n_once - 1];
	lift->once_open = false;
	if (st == HL_OK && s->n && s->digests.n &&
	    !strchr(s->digests.p, '-')) {
		s->key = hl_strdup(lift->ctx, s->digests.p);
		return;
	}
	set_free(lift, s);
	lift->n_once--;
}
