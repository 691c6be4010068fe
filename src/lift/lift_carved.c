/*
 * lift_carved.c: a find in the output folder.
 *
 *	carved/v2/0000001234567-SYSTEM.hive    a hive, whole or its beginning
 *	carved/v2/0000001234567.regf           a base block alone
 *	carved/v2/0000001234567-8192.hbins     bins from that offset on
 *	carved/v2/0000001234567-SYSTEM.log     a log with its header
 *	carved/v2/0000001234567-17.hvle        entries, the first number 17
 *	carved/gap/...                         where no volume is
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "hive/hive_role.h"
#include "lift/carve_impl.h"
#include "lift/find_impl.h"
#include "lift/lift_impl.h"
#include "lift/names.h"
#include "base/banned.h"

static const char *const ending[] = {
	[HL_CARVED_HIVE] = "hive", [HL_CARVED_BASE] = "regf",
	[HL_CARVED_BINS] = "hbins", [HL_CARVED_LOG] = "log",
	[HL_CARVED_ENTRIES] = "hvle", [HL_CARVED_OLD_LOG] = "log",
};

/* The last part of the embedded name, made harmless; or "". */
static void name_of(const struct hl_carved *p, char *dst, size_t size)
{
	const char *name = p->base.name;
	uint16_t u[32];
	size_t n;

	*dst = '\0';
	for (const char *s = p->base.name; *s; s++)
		if (*s == '\\' || *s == '/')
			name = s + 1;
	n = hl_utf16_from8(u, 32, name);
	if (!*name || n == SIZE_MAX ||
	    hl_name_escape(dst, size, u, n, false) == SIZE_MAX ||
	    strchr(dst, '/'))
		*dst = '\0';
}

static bool set_rel(struct hl_buf *rel, const struct hl_carved *p)
{
	char text[96], name[HL_ESCAPED_BYTES(32)];

	snprintf(text, sizeof(text), "carved/%s%s/%013llu",
	         p->volume ? "v" : "gap", p->volume ? p->volume->id : "",
	         (unsigned long long)p->off);
	name_of(p, name, sizeof(name));
	if (!hl_buf_set(rel, text))
		return false;
	*text = '\0';
	if (p->what == HL_CARVED_BINS)
		snprintf(text, sizeof(text), "-%lu", (unsigned long)p->bin_off);
	if (p->what == HL_CARVED_ENTRIES)
		snprintf(text, sizeof(text), "-%lu",
		         (unsigned long)p->first_seq);
	if (*name && !(hl_buf_text(rel, "-") && hl_buf_text(rel, name)))
		return false;
	return hl_buf_text(rel, text) && hl_buf_text(rel, ".") &&
	       hl_buf_text(rel, ending[p->what]);
}

/* The kind by name and keys, like that of any hive found by its content. */
static enum hl_status kind(struct hl_carved *p, struct hl_src *src)
{
	struct hl_hive_role role;
	enum hl_status st = hl_hive_role(&role, src);

	if (st == HL_OK)
		p->kind = hl_kind_of(&role, "");
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}

/* A part of a hive is one, although the test misses its beginning. */
static void judge(struct hl_carved *p, struct hl_hive_check *check)
{
	hl_hive_check_finish(check, &p->report);
	if (p->what == HL_CARVED_BINS)
		p->report.state = HL_HIVE_DAMAGED;
	if (p->what == HL_CARVED_BINS)
		p->report.n_notes = 0;
}

static bool is_hive(const struct hl_carved *p)
{
	return p->what == HL_CARVED_HIVE || p->what == HL_CARVED_BASE ||
	       p->what == HL_CARVED_BINS;
}

static enum hl_status write_one(struct hl_lift *lift, struct hl_item *item,
                                struct hl_carved *p)
{
	struct hl_trail t = { .path = { .ctx = lift->ctx },
		              .rel = { .ctx = lift->ctx } };
	enum hl_status st = HL_NOMEM;

	if (set_rel(&t.rel, p) && hl_buf_set(&t.path, t.rel.p)) {
		item->trail = &t;
		item->mark = lift->ctx->log ?
		             hl_notelog_count(lift->ctx->log) : 0;
		st = hl_lift_item(lift, item);
	}
	if (st == HL_OK && *item->pass.hex[HL_SHA256] && p->output)
		hl_copy(p->sha256, sizeof(p->sha256),
		        item->pass.hex[HL_SHA256]);
	item->trail = NULL;
	hl_buf_free(&t.path);
	hl_buf_free(&t.rel);
	return st;
}

void hl_carved_written(struct hl_item *item)
{
	struct hl_carved *p = item->carved;

	if (item->check && item->written == item->size)
		judge(p, item->check);
	if (item->output)
		p->output = hl_strdup(item->ctx, item->output);
}

enum hl_status hl_lift_carved(struct hl_lift *lift, struct hl_carve *c,
                              size_t i)
{
	struct hl_carved *p = &c->find[i]->pub;
	struct hl_entry *e = hl_zalloc(lift->ctx, sizeof(*e));
	struct hl_volume nowhere = { .fs_name = "" };
	struct hl_item item = { .volume = p->volume ? p->volume : &nowhere,
		                .stream = "", .carved = p, .entry = e,
		                .ctx = lift->ctx };
	enum hl_status st = e ? HL_OK : HL_NOMEM;

	if (st == HL_OK)
		st = hl_carve_src(&item.given, c->find[i], lift->ctx);
	if (st == HL_OK) {
		e->type = HL_FILE;
		e->size = p->size;
		st = kind(p, item.given);
	}
	if (st == HL_OK && is_hive(p))
		st = hl_hive_check_new(&item.check, lift->ctx);
	if (st == HL_OK)
		st = write_one(lift, &item, p);
	hl_hive_check_free(item.check);
	hl_src_close(item.given);
	hl_free(lift->ctx, e);
	return st;
}
