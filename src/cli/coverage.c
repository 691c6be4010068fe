/*
 * coverage.c: what was searched, and what was seen and not searched.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "cli.h"
#include "lift/json_parts.h"

void coverage_json(struct cli *c, const struct hl_coverage *v)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "type", "coverage");
	hl_json_key(j, "coverage");
	hl_json_coverage(j, v);
	hl_json_object_end(j);
	hl_json_newline(j);
}

/* Text that grows and is cut rather than overrun. */
struct line {
	char s[2048];
	size_t n;
};

static void add(struct line *l, const char *fmt, ...) HL_PRINTF(2, 3);
static void add(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->s + l->n, sizeof(l->s) - l->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->n += (size_t)n;
	if (l->n >= sizeof(l->s))
		l->n = sizeof(l->s) - 1;
}

static void add_searched(struct line *l, struct cli *c)
{
	const char *comma = "";

	for (size_t i = 0; i < hl_disk_count(c->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(c->disk, i);

		if (!v->fs)
			continue;
		add(l, "%s%s (%s)", comma, v->id, v->fs_name);
		comma = ", ";
	}
}

/* Gaps are many; people want their number and sum. */
static void add_gaps(struct line *l, const struct hl_coverage *v)
{
	uint64_t bytes = 0, n = 0;
	char size[SIZE_TEXT];

	for (size_t i = 0; i < v->n_unsearched; i++)
		if (!strcmp(v->unsearched[i].what, "gap")) {
			n++;
			bytes += v->unsearched[i].len;
		}
	if (n)
		add(l, "%s%llu %s (%s)", l->n ? "; " : "",
		    (unsigned long long)n, n == 1 ? "gap" : "gaps",
		    show_size(size, bytes));
}

static void add_unallocated(struct line *l, const struct hl_coverage *v)
{
	const char *before = l->n ? "; unallocated space of " :
	                            "unallocated space of ";
	char size[SIZE_TEXT];

	for (size_t i = 0; i < v->n_unsearched; i++) {
		const struct hl_unsearched *u = &v->unsearched[i];

		if (strcmp(u->what, "unallocated") != 0 || u->loss)
			continue;
		add(l, "%s%s", before, u->volume ? u->volume : "?");
		if (u->len != HL_NO_OFFSET)
			add(l, " (%s)", show_size(size, u->len));
		before = ", ";
	}
}

static void one(struct line *l, const struct hl_unsearched *u)
{
	add(l, "%s", l->n ? "; " : "");
	if (u->count)
		add(l, "%llu ", (unsigned long long)u->count);
	if (!strcmp(u->what, "volume") && u->volume)
		add(l, "volume %s", u->volume);
	else
		add(l, "%s%s%s", u->what, u->volume ? " of volume " : "",
		    u->volume ? u->volume : "");
	if (u->reason && *u->reason)
		add(l, " (%s)", u->reason);
}

static bool summed(const struct hl_unsearched *u)
{
	return !strcmp(u->what, "gap") || !strcmp(u->what, "unallocated");
}

static void say_searched(struct cli *c, const struct hl_coverage *v)
{
	struct line l = { .n = 0 };

	add_searched(&l, c);
	msg_say(c, "searched: %s%s%s", v->n_searched ? "volumes " : "nothing",
	        l.s, stop_by_budget(c) ? ", not to the end" :
	        c->o.volume || c->o.at_offset ? ", no other was asked for"
	                                      : "");
}

void coverage_unsearched(struct cli *c, const struct hl_coverage *v)
{
	struct line l = { .n = 0 };

	for (size_t i = 0; i < v->n_unsearched; i++)
		if (!v->unsearched[i].loss && !summed(&v->unsearched[i]))
			one(&l, &v->unsearched[i]);
	add_gaps(&l, v);
	add_unallocated(&l, v);
	if (l.n)
		msg_say(c, "not searched: %s", l.s);
	/* a loss is said in any case, also with -q */
	for (size_t i = 0; i < v->n_unsearched; i++) {
		l = (struct line){ .n = 0 };
		if (!v->unsearched[i].loss)
			continue;
		one(&l, &v->unsearched[i]);
		msg_error(c, "NOT SEARCHED: %s", l.s);
	}
}

enum hl_status coverage_report(struct cli *c, struct hl_coverage *out)
{
	const struct hl_unsearched rest = {
		.what = "rest", .off = HL_NO_OFFSET, .len = HL_NO_OFFSET,
		.reason = c->stop.timed_out ? "time budget reached"
		                            : "memory budget reached",
		.loss = true,
	};
	enum hl_status st;

	c->stop.finishing = true;
	st = hl_coverage_build(out, c->disk, &c->ctx);
	(void)memory_reached(c, st);
	if (st != HL_OK)
		return st;
	say_searched(c, out);
	coverage_unsearched(c, out);
	/* it has been said already */
	if (stop_by_budget(c))
		st = hl_coverage_add(out, &rest, &c->ctx);
	c->loss |= out->loss;
	if (st != HL_OK)
		hl_coverage_free(out, &c->ctx);
	return st;
}

/* For a PATH that is nowhere: where it was looked for. */
void coverage_looked_in(struct cli *c, const char *what)
{
	struct line l = { .n = 0 };

	(void)what;
	add_searched(&l, c);
	msg_say(c, "looked in: %s%s", l.n ? "volumes " : "nothing", l.s);
	for (size_t i = 0; i < hl_disk_count(c->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(c->disk, i);

		if (!v->fs && v->unread && !v->expected_empty && !v->skipped)
			msg_say(c, "not in: volume %s (%s)", v->id, v->unread);
	}
}
