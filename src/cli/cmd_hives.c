/*
 * cmd_hives.c: every hive at every place where Windows keeps one, judged.
 */
#include <string.h>

#include "base/banned.h"
#include "hives.h"

static const char *colour_of(enum hl_hive_state state)
{
	switch (state) {
	case HL_HIVE_CLEAN:
	case HL_HIVE_REPLAYED:
		return "32";
	case HL_HIVE_DIRTY:
	case HL_HIVE_EMPTY:
		return "33";
	default:
		return "31";
	}
}

/* What could not even be opened was not examined, but is damaged. */
const char *hive_state(const struct hl_hive *h)
{
	return h->report.state == HL_HIVE_UNKNOWN ? "damaged" :
	       hl_hive_state_text(h->report.state);
}

static void row(struct table *t, const struct hl_hive *h,
                const struct hl_hive *same)
{
	char when[HL_TIME_TEXT];

	table_cell(t, h->volume->id);
	table_cell(t, hive_state(h));
	table_cell(t, hl_kind_text(h->kind));
	table_cell(t, h->user);
	table_cellf(t, "%llu", (unsigned long long)h->entry.size);
	table_cellf(t, "%zu", h->n_logs);
	if (h->entry.flags & HL_ENTRY_DELETED)
		table_cellf(t, "%s  (deleted, @%llu-%u)", h->path,
		            (unsigned long long)h->entry.ref.id,
		            h->entry.ref.seq);
	else if (h->point && h->point->created.kind != HL_TIME_NONE)
		table_cellf(t, "%s  (restore point of %s)", h->path,
		            hl_time_text(when, h->point->created));
	else
		table_cell(t, h->path);
	if (t->n_columns == 8 && same && strcmp(same->path, h->path) != 0)
		table_cellf(t, "%s:%s", same->volume->id, same->path);
	else if (t->n_columns == 8)
		table_cell(t, same ? same->volume->id : NULL);
	table_colour(t, colour_of(h->report.state));
}

uint64_t hives_bytes(struct hl_hives *hives)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < hl_hives_count(hives); i++)
		sum += hl_hives_get(hives, i)->entry.size;
	return sum;
}

/* The library says why a hive is not sound; when it has no words, we do. */
void hive_say(struct cli *c, const struct hl_hive *h)
{
	enum hl_hive_state s = h->report.state;

	if ((s == HL_HIVE_UNKNOWN || s == HL_HIVE_NOT_A_HIVE ||
	     s == HL_HIVE_DAMAGED) && !h->report.n_notes)
		note_loss(c, NULL, HL_NO_OFFSET, h->path, "%s",
		          s == HL_HIVE_UNKNOWN ? "could not be examined" :
		          hl_hive_state_text(s));
}

bool hives_find(struct cli *c, struct hl_hives **out)
{
	const struct hl_hive_query q = {
		.kinds = c->o.kinds, .user = c->o.user, .path = c->o.glob,
		.deleted = c->o.deleted, .deep = c->o.deep,
	};
	enum hl_status st = hl_hives_find(out, c->disk, &q, &c->ctx);

	stats_phase(c, PHASE_READ);
	if (st == HL_OK)
		return true;
	if (st != HL_CANCELLED)
		msg_error(c, "%s", show_status(c, st));
	*out = NULL;
	return false;
}

/* "No hives" is never said without "looked in", which coverage prints. */
enum outcome hives_none(struct cli *c)
{
	bool asked = c->o.kinds || c->o.user || c->o.glob;

	msg_error(c, "no hive%s found%s", asked ? " that was asked for" : "",
	          c->o.deep ? "" : " where Windows keeps them");
	return NOTHING;
}

static enum outcome each(struct cli *c, struct hl_hives *hives,
                         struct table *t)
{
	for (size_t i = 0; i < hl_hives_count(hives); i++) {
		struct hl_hive *h = hl_hives_get(hives, i);
		size_t mark = hl_notelog_count(c->log);
		enum hl_status st = hl_hives_examine(
			hives, i, c->o.json || c->o.snapshots, &c->ctx);

		if (st == HL_NOMEM)
			msg_error(c, "%s", show_status(c, st));
		if (st == HL_NOMEM || st == HL_CANCELLED)
			return FAILED;
		progress_done(c, h->entry.size);
		if (c->o.json)
			hive_json(c, hives, i, mark);
		else
			row(t, h, hl_hives_same(hives, i));
		hive_say(c, h);
	}
	return DONE;
}

static enum outcome cover(struct cli *c, enum outcome outcome)
{
	struct hl_coverage v;

	out_flush(&c->out); /* the table stands before the words about it */
	if (stop_signalled(c) || coverage_report(c, &v) != HL_OK)
		return FAILED;
	if (c->o.json)
		coverage_json(c, &v);
	hl_coverage_free(&v, &c->ctx);
	return outcome;
}

enum outcome cmd_hives(struct cli *c)
{
	struct table t = {
		.head = { "volume", "state", "kind", "user", "size", "logs",
		          "path", "same as" },
		.right = { true, [4] = true, [5] = true },
		.n_columns = c->o.snapshots ? 8 : 7,
		.bold = 1,
	};
	struct hl_hives *hives;
	struct machines who = { .n = 0 };
	enum outcome outcome;

	if (!hives_find(c, &hives))
		return stop_by_budget(c) ? cover(c, FAILED) : FAILED;
	progress_total(c, hives_bytes(hives));
	outcome = hives_identify(c, hives, &who) ? each(c, hives, &t) : FAILED;
	if (hl_hives_count(hives) == 0)
		outcome = hives_none(c);
	else if (!c->o.json && !table_print(&t, &c->out, c->colour))
		outcome = FAILED;
	table_free(&t);
	if (outcome == DONE && !c->o.json) {
		out_flush(&c->out); /* the table stands before the words */
		hives_summary(c, hives, &who);
	}
	hl_hives_free(hives);
	return cover(c, outcome);
}
