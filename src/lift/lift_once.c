/*
 * lift_once.c: hives of shadow copies whose content is in the output already.
 *
 *	hive + logs -> digests -> in the list?  yes: entries that point there
 *	                                        no:  written, and listed
 *
 * Only what lies in a copy is left out, never what is live, and never in
 * silence: every place has its entry, with same_as and the output of the
 * first.  A hive and its logs are one: the same hive beside other logs is
 * another one when it is replayed.
 */
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lift/lift_impl.h"

#define ALL_HASHES (1u << HL_MD5 | 1u << HL_SHA1 | 1u << HL_SHA256)

/* Of the hive first, then of its logs. */
struct once_file {
	char *place;  /* "1:/Windows/System32/config/SAM" */
	char *output; /* or NULL */
	char *beside; /* or NULL */
	char beside_sha256[HL_HASH_HEX];
};

struct hl_once_set {
	char *key;    /* NULL: cannot be compared */
	size_t n, cap;
	struct once_file *file;
	struct hl_buf digests; /* becomes the key */
};

static void set_free(struct hl_once_set *s, const struct hl_ctx *ctx)
{
	for (size_t i = 0; i < s->n; i++) {
		hl_free(ctx, s->file[i].place);
		hl_free(ctx, s->file[i].output);
		hl_free(ctx, s->file[i].beside);
	}
	hl_free(ctx, s->file);
	hl_free(ctx, s->key);
	hl_buf_free(&s->digests);
}

void hl_once_free(struct hl_lift *lift)
{
	for (size_t i = 0; i < lift->n_once; i++)
		set_free(&lift->once[i], lift->ctx);
	hl_free(lift->ctx, lift->once);
}

static bool add_digest(struct hl_buf *b, const struct hl_pass *pass)
{
	const char *hex = pass->hex[HL_SHA256];

	/* what could not be read is like nothing else */
	return hl_buf_add(b, *hex && !pass->bad.bytes ? hex : "-",
	                  *hex && !pass->bad.bytes ? strlen(hex) : 1);
}

/* ---- what is written ----------------------------------------------------- */

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

/* An item has been entered into the lists. */
enum hl_status hl_once_note(struct hl_lift *lift, const struct hl_item *item)
{
	struct hl_once_set *s;
	bool failed = false;
	enum hl_status st;

	if (!lift->once_open || item->same_as)
		return HL_OK;
	s = &lift->once[lift->n_once - 1];
	st = hl_grow(lift->ctx, (void **)&s->file, &s->cap, s->n,
	             sizeof(*s->file), HL_MAX_OUTPUT_FILES);
	if (st != HL_OK)
		return st;
	struct once_file *f = &s->file[s->n++];
	f->place = hl_asprintf(lift->ctx, "%s:%s", item->volume->id,
	                       item->trail->path.n ? item->trail->path.p
	                                           : "/");
	f->output = dup_or_null(lift, item->output, &failed);
	f->beside = dup_or_null(lift, item->beside, &failed);
	memcpy(f->beside_sha256, item->beside_sha256,
	       sizeof(f->beside_sha256));
	if (!f->place || failed || !add_digest(&s->digests, &item->pass))
		return HL_NOMEM;
	return HL_OK;
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
	set_free(s, lift->ctx);
	lift->n_once--;
}

/* ---- what need not be ------------------------------------------------- */

static enum hl_status digest(struct hl_lift *lift, struct hl_hive *h,
                             size_t i, struct hl_src *src,
                             struct hl_pass *pass)
{
	pass->hashes = ALL_HASHES;
	if (i == 0)
		return hl_hive_pass(h, src, pass, lift->ctx);
	return hl_pass_run(pass, src, h->logs[i - 1].path, lift->ctx);
}

static enum hl_status open_log(struct hl_src **out, struct hl_hive *h,
                               size_t i)
{
	return hl_fs_stream(out, h->volume->fs, &h->logs[i].entry.ref, NULL,
	                    HL_STREAM_CONTENT);
}

static bool fatal(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED || st == HL_UNSUPPORTED;
}

/* Digests of all that belongs together; its notes are those of the writing. */
static enum hl_status digest_all(struct hl_lift *lift, struct hl_streams *s,
                                 struct hl_pass *pass, struct hl_buf *key)
{
	struct hl_hive *h = s->hive;
	enum hl_status st = HL_OK;

	for (size_t i = 0; i <= h->n_logs && st == HL_OK; i++) {
		struct hl_src *given = i == 0 ? s->src :
			i <= HL_REPLAY_LOGS ? s->log[i - 1] : NULL;
		struct hl_src *src = given;

		if (!given && i)
			st = open_log(&src, h, i - 1);
		if (st == HL_OK && src)
			st = digest(lift, h, i, src, &pass[i]);
		if (!given)
			hl_src_close(src);
		if (fatal(st))
			return st;
		st = HL_OK;
		if (!add_digest(key, &pass[i]))
			st = HL_NOMEM;
	}
	return st;
}

enum hl_status hl_once_logs(struct hl_lift *lift, struct hl_streams *s)
{
	struct hl_hive *h = s->hive;
	enum hl_status st = HL_OK;

	for (size_t i = 0; lift->once_open && i < h->n_logs && st == HL_OK;
	     i++) {
		struct hl_pass pass = { .hashes = ALL_HASHES };
		struct hl_src *src = NULL;

		st = open_log(&src, h, i);
		if (st == HL_OK)
			st = digest(lift, h, i + 1, src, &pass);
		hl_src_close(src);
		if (fatal(st))
			return st;
		st = add_digest(&lift->once[lift->n_once - 1].digests, &pass)
			? HL_OK : HL_NOMEM;
	}
	return st;
}

static const struct hl_once_set *find(const struct hl_lift *lift,
                                      const char *key)
{
	for (size_t i = 0; i < lift->n_once; i++)
		if (lift->once[i].key && !strcmp(lift->once[i].key, key))
			return &lift->once[i];
	return NULL;
}

/* One entry that points to what was written before. */
static enum hl_status enter(struct hl_lift *lift, struct hl_item *item,
                            const struct once_file *f)
{
	struct hl_src *own = NULL;
	enum hl_status st = HL_OK;

	if (!item->given)
		st = hl_fs_stream(&own, item->volume->fs, &item->entry->ref,
		                  NULL, HL_STREAM_CONTENT);
	if (fatal(st))
		return st;
	item->src = item->given ? item->given : own;
	item->size = item->written = item->src ? hl_src_size(item->src) : 0;
	item->same_as = f->place;
	item->output = f->output;
	item->beside = f->beside;
	memcpy(item->beside_sha256, f->beside_sha256,
	       sizeof(item->beside_sha256));
	st = hl_lift_enter(lift, item);
	hl_src_close(own);
	item->src = NULL;
	return st;
}

static enum hl_status enter_all(struct hl_lift *lift, struct hl_streams *s,
                                const struct hl_once_set *set,
                                const struct hl_pass *pass, size_t mark)
{
	struct hl_hive *h = s->hive;
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < set->n && i <= h->n_logs && st == HL_OK; i++) {
		struct hl_hive_log *log = i ? &h->logs[i - 1] : NULL;
		struct hl_item item = {
			.volume = h->volume, .stream = "", .pass = pass[i],
			.entry = log ? &log->entry : &h->entry,
			.hive = i ? NULL : h, .log = log, .of = i ? h : NULL,
			.given = i == 0 ? s->src : i <= HL_REPLAY_LOGS ?
			         s->log[i - 1] : NULL,
			.mark = mark, .streams = i ? NULL : s,
		};
		struct hl_trail t;

		st = hl_lift_trail(&t, lift, &item,
		                   log ? log->path : h->path);
		item.trail = &t;
		if (st == HL_OK)
			st = enter(lift, &item, &set->file[i]);
		hl_trail_free(&t);
	}
	return st;
}

enum hl_status hl_once_try(struct hl_lift *lift, struct hl_streams *s)
{
	size_t mark = lift->ctx->log ? hl_notelog_count(lift->ctx->log) : 0;
	struct hl_buf key = { .ctx = lift->ctx };
	struct hl_pass *pass;
	enum hl_status st;

	if (!lift->once_wanted || !s->hive->volume->shadow || !s->src)
		return HL_END;
	pass = hl_zalloc(lift->ctx, (s->hive->n_logs + 1) * sizeof(*pass));
	if (!pass)
		return HL_NOMEM;
	st = digest_all(lift, s, pass, &key);
	const struct hl_once_set *set = st == HL_OK ? find(lift, key.p) : NULL;
	if (set) {
		hl_streams_say(s);
		st = enter_all(lift, s, set, pass, mark);
	} else if (st == HL_OK) {
		st = HL_END;
	}
	hl_buf_free(&key);
	hl_free(lift->ctx, pass);
	return st;
}
