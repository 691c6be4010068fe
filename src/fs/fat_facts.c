/* fat_facts.c: what `stat` shows of a FAT file: its entry and its chain. */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "fat/fat_disk.h"
#include "fs/fat_fs.h"
#include "fs/fact.h"

static void units(struct hl_fact *out, const char *key, const uint16_t *u,
                  size_t n)
{
	char buf[HL_FAT_NAME8];

	hl_utf8_from16(buf, sizeof(buf), u, n);
	hl_fact_text(out, "entry", key, buf);
}

static void attributes(struct hl_fact *out, uint8_t bits)
{
	static const char *const name[] = { "read-only", "hidden",  "system",
	                                    "label",     "folder",  "archive" };
	char buf[128];
	int n = snprintf(buf, sizeof(buf), "0x%02x", bits);

	for (unsigned i = 0; i < 6; i++)
		if (bits >> i & 1)
			n += snprintf(buf + n, sizeof(buf) - (size_t)n, " %s",
			              name[i]);
	hl_fact_text(out, "entry", "attributes", buf);
}

static void when(struct hl_fact *out, const char *key, struct hl_time t)
{
	char buf[HL_TIME_TEXT];

	hl_fact_text(out, "entry", key, hl_time_text(buf, t));
}

#define ENTRY_FACTS 11

static void entry_fact(const struct hl_fat_entry *e, unsigned i,
                       struct hl_fact *out)
{
	struct hl_time created, modified, accessed;
	char hex[23];

	hl_fat_fs_times(e, &created, &modified, &accessed);
	hl_hex(hex, e->raw, 11);
	switch (i) {
	case 0:
		units(out, "name", e->name16, e->n_name);
		break;
	case 1:
		units(out, "short name", e->short16, e->n_short);
		break;
	case 2:
		hl_fact_text(out, "entry", "raw name", hex);
		break;
	case 3:
		hl_fact_number(out, "entry", "offset in volume", e->pos);
		break;
	case 4:
		attributes(out, e->attributes);
		break;
	case 5:
		hl_fact_number(out, "entry", "nt case flags", e->raw[12]);
		break;
	case 6:
		hl_fact_number(out, "entry", "first cluster", e->cluster);
		break;
	case 7:
		hl_fact_number(out, "entry", "size", le32_at(e->raw + 28));
		break;
	case 8:
		when(out, "created", created);
		break;
	case 9:
		when(out, "modified", modified);
		break;
	default:
		when(out, "accessed", accessed);
		break;
	}
}

static void run_fact(struct hl_fs *fs, const struct hl_run *r,
                     struct hl_fact *out)
{
	const struct hl_fat_geom *g =
		hl_fat_geom(((struct fat_fs *)fs->impl)->vol);
	uint64_t off = g->data_off +
	               (uint64_t)(r->cluster - 2) * g->cluster_size;
	uint64_t image_off = hl_src_image_offset(fs->src, off);
	char buf[160];
	int n = snprintf(buf, sizeof(buf), "%u-%u (%u clusters, %llu bytes)",
	                 r->cluster, r->cluster + r->n - 1, r->n,
	                 (unsigned long long)r->n * g->cluster_size);

	if (image_off == HL_NO_OFFSET)
		snprintf(buf + n, sizeof(buf) - (size_t)n, " not in the image");
	else
		n += snprintf(buf + n, sizeof(buf) - (size_t)n,
		              " at image offset %llu",
		              (unsigned long long)image_off);
	if (r->quality != HL_Q_OK)
		snprintf(buf + n, sizeof(buf) - (size_t)n, ", %s",
		         hl_quality_text(r->quality));
	hl_fact_text(out, "chain", "run", buf);
}

/* Deleted: the chain is gone, and what is shown is not from the FAT. */
static enum hl_status guess_fact(const struct hl_fat_entry *e,
                                 const struct hl_fat_chain *c, size_t i,
                                 struct hl_fact *out)
{
	bool first = c->cut == HL_FAT_CUT_FIRST;

	switch (i) {
	case 0:
		hl_fact_number(out, "chain", "clusters", c->runs.clusters);
		return HL_OK;
	case 1:
		hl_fact_text(out, "chain", "state",
		     first ? e->what == HL_FAT_FOLDER ?
		     "nothing is left of the folder" :
		     hl_fat_cut_text(c->cut) : hl_fat_guess_text(c->guess));
		return HL_OK;
	case 2:
		if (!e->high_lost)
			return HL_END;
		hl_fact_text(out, "chain", "first cluster",
		     "upper half is 0: cleared by Windows, or it was");
		return HL_OK;
	default:
		return HL_END;
	}
}

/* The facts that follow the runs. */
static enum hl_status chain_fact(const struct hl_fat_chain *c, size_t i,
                                 struct hl_fact *out)
{
	char buf[160];

	switch (i) {
	case 0:
		hl_fact_number(out, "chain", "clusters", c->runs.clusters);
		return HL_OK;
	case 1:
		snprintf(buf, sizeof(buf), "%s", hl_fat_cut_text(c->cut));
		if (c->cut_at)
			snprintf(buf, sizeof(buf), "%s (FAT[%u] is %u)",
			         hl_fat_cut_text(c->cut), c->cut_at,
			         c->cut_value);
		hl_fact_text(out, "chain", "state", buf);
		return HL_OK;
	case 2:
		hl_fact_number(out, "chain", "entries from the second FAT",
		               c->second);
		return HL_OK;
	default:
		return HL_END;
	}
}

static enum hl_status load(struct hl_fs *fs, const struct hl_ref *ref)
{
	struct fat_fs *f = fs->impl;
	uint32_t want = HL_FAT_ALL;
	enum hl_status st;

	hl_fat_chain_free(f->vol, &f->chain);
	f->have_fact = false;
	st = hl_fat_fs_entry(fs, ref, &f->fact);
	if (st != HL_OK)
		return st;
	if (!f->fact.cluster && !f->fact.size)
		want = 0;
	if (f->fact.deleted) {
		st = hl_fat_guess(f->vol, &f->fact, false, &f->chain);
		f->have_fact = st == HL_OK;
		return st;
	}
	st = hl_fat_chain_walk(f->vol, f->fact.cluster, want, &f->chain);
	if (st != HL_OK)
		return st;
	f->have_fact = true;
	if (f->chain.cut == HL_FAT_WHOLE &&
	    (uint64_t)f->chain.runs.clusters *
	            hl_fat_geom(f->vol)->cluster_size < f->fact.size)
		f->chain.cut = HL_FAT_CUT_SHORT;
	return HL_OK;
}

enum hl_status hl_fat_fs_fact_next(struct hl_fs *fs, const struct hl_ref *ref,
                                   unsigned *cursor, struct hl_fact *out)
{
	struct fat_fs *f = fs->impl;
	unsigned i = *cursor;
	enum hl_status st;

	if (!f->have_fact || i == 0 || f->fact.pos != ref->id * FAT_SLOT) {
		st = load(fs, ref);
		if (st != HL_OK)
			return st;
	}
	*cursor = i + 1;
	if (i < ENTRY_FACTS) {
		entry_fact(&f->fact, i, out);
		return HL_OK;
	}
	if (i - ENTRY_FACTS < f->chain.runs.n) {
		run_fact(fs, &f->chain.runs.run[i - ENTRY_FACTS], out);
		return HL_OK;
	}
	i -= ENTRY_FACTS + (unsigned)f->chain.runs.n;
	return f->fact.deleted ? guess_fact(&f->fact, &f->chain, i, out) :
	       chain_fact(&f->chain, i, out);
}
