/* carve_out.c: a find as a JSON line, and the last words of `carve`. */
#include "base/banned.h"
#include "carve.h"
#include "lift/json_parts.h"

static enum hl_status runs(struct cli *c, struct hl_carve *carve, size_t i)
{
	struct hl_json *j = &c->out.json;
	struct hl_runs r = { .leaf = hl_runs_leaf(c->image) };
	struct hl_run run;
	enum hl_status st = hl_carve_open(&r.src, carve, i);

	if (st != HL_OK)
		return st;
	r.end = hl_src_size(r.src);
	hl_json_key(j, "runs");
	hl_json_array(j);
	while ((st = hl_runs_next(&r, &run)) == HL_OK)
		hl_json_run(j, &run);
	hl_json_array_end(j);
	hl_src_close(r.src);
	return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_OK;
}

enum hl_status carve_json(struct cli *c, struct hl_carve *carve, size_t i,
                          size_t mark)
{
	const struct hl_carved *p = hl_carve_get(carve, i);
	struct hl_json *j = &c->out.json;
	enum hl_status st;

	hl_json_object(j);
	hl_json_carved_where(j, p);
	hl_json_kv(j, "output", p->output);
	hl_json_ku(j, "size", p->size);
	hl_json_text(j, "sha256", p->sha256);
	hl_json_carved(j, p);
	st = runs(c, carve, i);
	hl_json_notes(j, &p->report, c->log, mark);
	hl_json_object_end(j);
	hl_json_newline(j);
	return st;
}

enum hl_status carve_cover(struct cli *c, struct hl_carve *carve,
                           struct hl_coverage *out)
{
	static const struct hl_unsearched rest = {
		.what = "rest", .off = HL_NO_OFFSET, .len = HL_NO_OFFSET,
		.reason = "time budget reached", .loss = true,
	};
	char size[SIZE_TEXT];
	enum hl_status st;

	c->stop.finishing = true;
	st = hl_carve_coverage(carve, out);
	if (st != HL_OK)
		return st;
	msg_say(c, "carved: %s of %s", show_size(size, out->carved),
	        c->o.all && (c->o.volume || c->o.at_offset) ?
	        "what was asked for, all but live hives" :
	        c->o.all ? "the medium, all but live hives" :
	        "space that no live file uses");
	coverage_unsearched(c, out);
	if (stop_by_budget(c))
		st = hl_coverage_add(out, &rest, &c->ctx);
	c->loss |= out->loss;
	if (st != HL_OK)
		hl_coverage_free(out, &c->ctx);
	return st;
}
