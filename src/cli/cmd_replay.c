/*
 * cmd_replay.c: transaction logs applied to a hive that was extracted, by
 * the rules that hives and extract use on images.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lift/json_parts.h"
#include "replay.h"
#include "base/banned.h"

static void json(struct cli *c, const struct replay_files *f,
                 const struct hl_replay_report *r, const char *sha256,
                 const struct hl_hive_report *judged)
{
	struct hl_json *j = &c->out.json;

	hl_json_object(j);
	hl_json_kv(j, "path", c->o.orphan ? NULL : c->o.image);
	hl_json_text(j, "output", *sha256 ? c->o.output : "");
	hl_json_text(j, "sha256", sha256);
	hl_json_text(j, "state", *sha256 ? hl_hive_state_text(judged->state)
	                                 : "");
	hl_json_key(j, "logs");
	hl_json_array(j);
	for (size_t i = 0; i < f->n; i++) {
		hl_json_object(j);
		hl_json_kv(j, "path", f->path[i]);
		hl_json_kb(j, "used", r->used[i]);
		hl_json_object_end(j);
	}
	hl_json_array_end(j);
	hl_json_replay(j, r);
	hl_json_key(j, "notes");
	hl_json_array(j);
	for (size_t i = 0; i < r->n_notes; i++)
		hl_json_string(j, r->notes[i]);
	hl_json_array_end(j);
	hl_json_object_end(j);
	hl_json_newline(j);
}

static void say(struct cli *c, const struct replay_files *f,
                const struct hl_replay_report *r)
{
	char logs[512] = "";

	for (size_t i = 0; i < r->n_notes; i++)
		note_info(c, "replay", "%s", r->notes[i]);
	if (r->state == HL_REPLAY_CLEAN) {
		msg_say(c, "clean already: %s is a copy of it", c->o.output);
		return;
	}
	for (size_t i = 0; i < f->n; i++) {
		size_t at = strlen(logs);
		if (r->used[i])
			snprintf(logs + at, sizeof(logs) - at, "%s%s",
			         at ? ", " : "", f->log[i].name);
	}
	msg_say(c, "%s %u %s, the last is %u, from %s; written to %s",
	        c->o.orphan ? "gathered" : "replayed", r->entries,
	        r->entries == 1 ? "entry" : "entries", r->last_seq, logs,
	        c->o.output);
	if (r->state == HL_REPLAY_PARTIAL)
		note_loss(c, NULL, HL_NO_OFFSET, "replay", "%s: %s",
		          c->o.orphan ? "in part" : "in part only",
		          r->reason);
}

/* Of an orphan it goes without saying that it is not whole. */
static void say_judged(struct cli *c, const struct hl_hive_report *r)
{
	for (size_t i = 0; i < r->n_notes; i++) {
		if (c->o.orphan || r->state == HL_HIVE_CLEAN)
			note_info(c, "result", "%s", r->notes[i]);
		else
			note_loss(c, NULL, HL_NO_OFFSET, "result", "%s: %s",
			          hl_hive_state_text(r->state), r->notes[i]);
	}
}

static enum outcome finish(struct cli *c, struct replay_files *f,
                           struct hl_src *src,
                           const struct hl_replay_report *r)
{
	struct hl_hive_report judged;
	char sha256[65] = "";

	if (!replay_write(c, f, src, sha256, &judged))
		return FAILED;
	say(c, f, r);
	say_judged(c, &judged);
	if (c->o.json)
		json(c, f, r, sha256, &judged);
	return DONE;
}

static enum outcome refused(struct cli *c, const struct replay_files *f,
                            const struct hl_replay_report *r)
{
	const struct hl_hive_report none = { .n_notes = 0 };

	for (size_t i = 0; i < r->n_notes; i++)
		note_info(c, "replay", "%s", r->notes[i]);
	msg_error(c, "not replayed: %s", r->reason);
	if (c->o.json)
		json(c, f, r, "", &none);
	return FAILED;
}

bool replay_open(struct cli *c)
{
	struct replay_files *f = malloc(sizeof(*f));

	c->opened = f;
	if (!f) {
		msg_error(c, "out of memory");
		return false;
	}
	if (replay_find(c, f) && replay_create(c, f))
		return true;
	replay_drop(c);
	return false;
}

void replay_drop(struct cli *c)
{
	replay_close(c->opened);
	free(c->opened);
	c->opened = NULL;
}

static enum outcome replay(struct cli *c, struct replay_files *f)
{
	struct hl_replay_report r;
	struct hl_src *src;
	enum outcome outcome = FAILED;
	enum hl_status st;

	progress_total(c, f->hive ? hl_src_size(f->hive) : 0);
	if (c->o.orphan)
		st = hl_replay_orphan(&src, f->log, f->n, &r, &c->ctx);
	else
		st = hl_replay_open(&src, f->hive, f->log, f->n, &r, &c->ctx);
	if (st == HL_OK)
		outcome = finish(c, f, src, &r);
	else if (st == HL_END && r.state == HL_REPLAY_CLEAN)
		outcome = finish(c, f, f->hive, &r);
	else if (st == HL_END)
		outcome = refused(c, f, &r);
	else if (st != HL_CANCELLED)
		msg_error(c, "%s", show_status(c, st));
	hl_src_close(src);
	return outcome;
}

enum outcome cmd_replay(struct cli *c)
{
	enum outcome outcome;

	stats_phase(c, PHASE_READ);
	outcome = replay(c, c->opened);

	replay_drop(c);
	return outcome;
}
