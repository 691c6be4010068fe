/*
 * ewf_walk.c: every segment file's sections, from the first descriptor to
 * "next" or "done".  Here a missing, cut, swapped or foreign segment shows,
 * and is named with the place.
 *
 *	sectors -> table -> table2    a group: chunks and who finds them
 *
 * Progress: a section must begin behind the one before and inside the file.
 * libewf is not asked: it answers such a set with zeros of the full size.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "io/ewf_impl.h"
#include "io/ewf_walk.h"

/* ---- sections ---- ----------------------------------------------------- */

static enum hl_status on_next(struct walk *w)
{
	w->ended = true;
	return HL_OK;
}

static enum hl_status on_done(struct walk *w)
{
	w->ended = w->last = true;
	return HL_OK;
}

static const struct {
	const char *type;
	enum hl_status (*fn)(struct walk *w);
} handlers[] = {
	{ "header", hl_ewf_on_fact },
	{ "header2", hl_ewf_on_fact },
	{ "volume", hl_ewf_on_volume },
	{ "disk", hl_ewf_on_volume },
	{ "data", hl_ewf_on_volume },
	{ "sectors", hl_ewf_on_sectors },
	{ "table", hl_ewf_on_table },
	{ "table2", hl_ewf_on_table2 },
	{ "hash", hl_ewf_on_fact },
	{ "digest", hl_ewf_on_fact },
	{ "error2", hl_ewf_on_errors },
	{ "next", on_next },
	{ "done", on_done },
	/* session, ltree, xheader … say nothing that is needed */
};

/* ---- one segment file ------------------------------------------------- */

static enum hl_status read_exact(const struct walk *w, uint64_t off, void *buf,
                                 size_t len)
{
	size_t got;
	enum hl_status st = hl_files_pread(w->e->files, w->seg, off, buf, len,
	                                   &got);

	return st == HL_OK && got < len ? HL_END : st;
}

static enum hl_status check_head(struct walk *w, uint64_t want)
{
	uint8_t head[EWF_FILE_HEADER];
	uint32_t number = 0;
	enum hl_status st = read_exact(w, 0, head, sizeof(head));

	if (st == HL_OK)
		st = hl_ewf_file_header(span_of(head, sizeof(head)), &number);
	if (st != HL_OK)
		return hl_ewf_give_up(w, hl_ewf_flaw(w->e, w->path, HL_CORRUPT,
			"does not begin as an EWF segment file"));
	if (number != (uint16_t)want) /* EVF counts in 16 bits */
		return hl_ewf_give_up(w, hl_ewf_flaw(w->e, w->path, HL_CORRUPT,
			"says that it is segment %" PRIu32 ", where %" PRIu64
			" is expected", number, want));
	return HL_OK;
}

/* Chunks behind the entries: those before the cut are still there. */
static bool cut_table_helps(const struct walk *w)
{
	return w->e->allow_missing && strcmp(w->sect.type, "table") == 0 &&
	       !w->open && w->size - w->off > EWF_DESCRIPTOR;
}

/* A broken chain: whatever lies between here and the next sound section. */
static enum hl_status resume(struct walk *w, enum hl_status st)
{
	uint64_t found = w->off + 1;

	if (st == HL_OK)
		st = hl_ewf_resync(w->e, w->seg, &found);
	if (st == HL_END)
		return hl_ewf_give_up(w, HL_OK);
	if (st == HL_OK) {
		w->sect.type[0] = '\0';
		w->body = w->end = found;
		st = hl_ewf_add_hole(w->e);
	}
	return st;
}

/* Decode the descriptor at w->off and find the section's bounds. */
static enum hl_status read_section(struct walk *w)
{
	uint8_t raw[EWF_DESCRIPTOR];
	enum hl_status st = read_exact(w, w->off, raw, sizeof(raw));
	const char *t = w->sect.type;

	if (st == HL_END)
		return hl_ewf_give_up(w, hl_ewf_flaw(w->e, w->path, HL_CORRUPT,
			"ends at byte %" PRIu64 ", where a section should "
			"begin at %" PRIu64, w->size, w->off));
	if (st == HL_OK)
		st = hl_ewf_section(span_of(raw, sizeof(raw)), &w->sect);
	if (st != HL_OK)
		return resume(w, hl_ewf_flaw(w->e, w->path, st,
			"the section descriptor at byte %" PRIu64
			" is damaged", w->off));
	w->body = w->end = w->off + EWF_DESCRIPTOR;
	if (strcmp(t, "next") == 0 || strcmp(t, "done") == 0)
		return HL_OK;
	if (w->sect.next < w->body)
		return resume(w, hl_ewf_flaw(w->e, w->path, HL_CORRUPT,
			"the section at byte %" PRIu64 " points backwards",
			w->off));
	w->end = w->sect.next;
	if (w->end > w->size) {
		st = hl_ewf_flaw(w->e, w->path, HL_CORRUPT,
			"ends at byte %" PRIu64 ", within its section %s at %"
			PRIu64, w->size, t, w->off);
		w->end = w->size;
		if (st == HL_OK && strcmp(t, "sectors") == 0) {
			st = hl_ewf_on_sectors(w);
			w->data_whole = false;
		} else if (st == HL_OK && cut_table_helps(w)) {
			st = hl_ewf_try_table(w);
		}
		return hl_ewf_give_up(w, st);
	}
	return HL_OK;
}

static enum hl_status one_section(struct walk *w)
{
	enum hl_status st = read_section(w);

	if (st != HL_OK || w->stop)
		return st;
	for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++)
		if (strcmp(handlers[i].type, w->sect.type) == 0)
			return handlers[i].fn(w);
	return HL_OK;
}

static enum hl_status walk_sections(struct walk *w)
{
	enum hl_status st = HL_OK;

	w->off = EWF_FILE_HEADER;
	for (size_t n = 0; st == HL_OK && !w->ended && !w->stop; n++) {
		if (hl_cancelled(w->e->src.ctx))
			return HL_CANCELLED;
		if (n == HL_MAX_EWF_SECTIONS)
			return hl_ewf_give_up(w, hl_ewf_flaw(w->e, w->path,
				HL_LIMIT, "has more than %d sections",
				(int)n));
		st = one_section(w);
		w->off = w->end;
	}
	/* what the stop was about has been said; the group goes with it */
	if (st == HL_OK && !w->stop)
		st = hl_ewf_close_group(w);
	return st;
}

/* How a file's sections came to their end. */
enum finish { SET_GOES_ON, SET_ENDS, UNKNOWN };

static enum hl_status walk_file(struct ewf *e, size_t i, uint64_t want,
                                enum finish *finish)
{
	const struct seg_file *f = &e->files->seg[i];
	struct walk w = { .e = e, .seg = i, .path = f->path,
	                  .size = f->size };
	size_t before = e->n_tables;
	enum hl_status st = check_head(&w, want);

	if (st == HL_OK && !w.stop)
		st = walk_sections(&w);
	/* a foreign file's tables may have come before its data section */
	if (st == HL_OK && w.stop && e->n_tables > before &&
	    strcmp(w.sect.type, "data") == 0 && w.end <= w.size) {
		while (e->n_tables > before)
			hl_free(e->src.ctx, e->table[--e->n_tables].entries);
		st = hl_ewf_add_hole(e);
	}
	*finish = w.last ? SET_ENDS : w.ended ? SET_GOES_ON : UNKNOWN;
	return st;
}

/* ---- the set ---------------------------------------------------------- */

static enum hl_status missing(struct ewf *e, uint64_t number)
{
	char *path = hl_alloc(e->src.ctx, HL_MAX_PATH);
	const char *name = path;
	enum hl_status st;

	if (!path)
		return HL_NOMEM;
	if (!hl_files_name(e->files, number, path, HL_MAX_PATH))
		name = e->files->seg[0].path;
	st = hl_ewf_flaw(e, name, HL_IO, "segment %" PRIu64
	                 " of the set is missing", number);
	hl_free(e->src.ctx, path);
	return st == HL_OK ? hl_ewf_add_hole(e) : st;
}

static void say_surplus(const struct ewf *e, size_t i)
{
	hl_say(&(struct hl_at){ e->src.ctx, NULL, HL_NO_OFFSET,
	                        e->files->seg[i + 1].path },
	       "is not read: the set ends with %s",
	       hl_path_base(e->files->seg[i].path));
}

enum hl_status hl_ewf_walk(struct ewf *e)
{
	const struct hl_files *f = e->files;
	bool named = f->name.scheme != SEG_NONE;
	uint64_t base = named ? f->seg[0].number : 1, want = 1;
	enum finish finish = UNKNOWN;
	enum hl_status st = HL_OK;

	for (size_t i = 0; i < f->n && st == HL_OK && finish != SET_ENDS;
	     i++) {
		uint64_t number = named ? f->seg[i].number - base + 1 : 1;
		for (; want < number && st == HL_OK; want++)
			st = missing(e, want + base - 1);
		if (st == HL_OK)
			st = walk_file(e, i, want++, &finish);
		if (st == HL_OK && finish == SET_ENDS && i + 1 < f->n)
			say_surplus(e, i);
	}
	/* a cut last file was said, and cannot tell whether others follow */
	if (st == HL_OK && finish == SET_GOES_ON)
		st = missing(e, want + base - 1);
	return st;
}
