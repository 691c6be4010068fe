/* exfat_facts.c: what `stat` shows of an exFAT file: its entry set and its
 * clusters. */
#include <stdio.h>

#include "base/banned.h"
#include "base/text.h"
#include "exfat/exfat_disk.h"
#include "fs/exfat_fs.h"
#include "fs/fact.h"

#define SET "entry set"

static void hex16(struct hl_fact *out, const char *key, uint16_t v)
{
	char buf[8];

	snprintf(buf, sizeof(buf), "0x%04x", v);
	hl_fact_text(out, SET, key, buf);
}

static void name(struct hl_fact *out, const struct hl_exfat_entry *e)
{
	char buf[HL_NAME_BYTES];

	hl_utf8_from16(buf, sizeof(buf), e->name16, e->n_name);
	hl_fact_text(out, SET, "name", buf);
}

static void attributes(struct hl_fact *out, const struct hl_exfat_entry *e)
{
	static const char *const bit[] = { "read-only", "hidden",  "system",
	                                   NULL,        "folder",  "archive" };
	char buf[128];
	int n = snprintf(buf, sizeof(buf), "0x%04x", e->attributes);

	for (unsigned i = 0; i < sizeof(bit) / sizeof(bit[0]); i++)
		if (bit[i] && e->attributes >> i & 1)
			n += snprintf(buf + n, sizeof(buf) - (size_t)n, " %s",
			              bit[i]);
	if (e->encrypted)
		snprintf(buf + n, sizeof(buf) - (size_t)n, " encrypted");
	hl_fact_text(out, SET, "attributes", buf);
}

static void state(struct hl_fact *out, const struct hl_exfat_entry *e)
{
	char buf[160], what[128];

	snprintf(buf, sizeof(buf), "%s%s%s", e->deleted ? "deleted" : "in use",
	         e->faults ? "; wrong: " : "",
	         hl_exfat_fault_text(what, e->faults));
	hl_fact_text(out, SET, "state", buf);
}

static void when(struct hl_fact *out, const char *key, struct hl_time t)
{
	char buf[HL_TIME_TEXT];

	hl_fact_text(out, SET, key, hl_time_text(buf, t));
}

/* "UTC+01:00" as stored, or that it is not set. */
static void offset(struct hl_fact *out, const char *key, uint8_t utc)
{
	int q = (utc & 0x40) ? (utc & 0x7F) - 128 : utc & 0x7F;
	int minutes = (q < 0 ? -q : q) * 15;
	char buf[24];

	if (!(utc & 0x80))
		snprintf(buf, sizeof(buf), "not set");
	else
		snprintf(buf, sizeof(buf), "UTC%c%02d:%02d", q < 0 ? '-' : '+',
		         minutes / 60, minutes % 60);
	hl_fact_text(out, SET, key, buf);
}

static void time_fact(const struct hl_exfat_entry *e, unsigned i,
                      struct hl_fact *out)
{
	static const char *const key[] = { "created", "modified", "accessed" };
	static const char *const zone[] = { "created offset",
	                                    "modified offset",
	                                    "accessed offset" };
	const struct exfat_file *f = SPAN_VIEW(span_of(e->raw, sizeof(e->raw)),
	                                       0, struct exfat_file);
	const uint8_t utc[] = { f->created_utc, f->modified_utc,
	                        f->accessed_utc };
	struct hl_exfat_times t;

	hl_exfat_fs_times(e, &t);
	const struct hl_time time[] = { t.created, t.modified, t.accessed };
	if (i % 2)
		offset(out, zone[i / 2], utc[i / 2]);
	else
		when(out, key[i / 2], time[i / 2]);
}

#define TIME_FACTS 6u
#define OTHER_FACTS 13u
#define SET_FACTS (OTHER_FACTS + TIME_FACTS)

static void set_fact(const struct hl_exfat_entry *e, unsigned i,
                     struct hl_fact *out)
{
	switch (i) {
	case 0:
		name(out, e);
		break;
	case 1:
		state(out, e);
		break;
	case 2:
		hl_fact_number(out, SET, "offset in volume", e->pos);
		break;
	case 3:
		hl_fact_number(out, SET, "entries", e->n_set);
		break;
	case 4:
		hl_fact_number(out, SET, "entries of vendors", e->n_vendor);
		break;
	case 5:
		hex16(out, "checksum", e->sum);
		break;
	case 6:
		hex16(out, "name hash", e->hash);
		break;
	case 7:
		attributes(out, e);
		break;
	case 8:
		hl_fact_number(out, SET, "stream flags", e->raw_stream[1]);
		break;
	case 9:
		hl_fact_number(out, SET, "first cluster", e->cluster);
		break;
	case 10:
		hl_fact_number(out, SET, "size", e->size);
		break;
	case 11:
		hl_fact_number(out, SET, "valid length", e->valid);
		break;
	case 12:
		hl_fact_text(out, SET, "clusters are", e->contiguous ?
		     "one row (no chain)" : "a chain in the FAT");
		break;
	default:
		time_fact(e, i - OTHER_FACTS, out);
		break;
	}
}

static void run_fact(struct hl_fs *fs, const struct hl_run *r,
                     struct hl_fact *out)
{
	const struct hl_exfat_geom *g =
		hl_exfat_geom(((struct exfat_fs *)fs->impl)->vol);
	uint64_t off = g->heap_off +
	               (uint64_t)(r->cluster - 2) * g->cluster_size;
	uint64_t image_off = hl_src_image_offset(fs->src, off);
	char buf[160];
	int n = snprintf(buf, sizeof(buf), "%u-%u (%u clusters, %llu bytes)",
	                 r->cluster, r->cluster + (r->n - 1), r->n,
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

/* Clusters of the chain that the bitmap counts as free. */
static enum hl_status free_fact(struct exfat_fs *f, struct hl_fact *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < f->chain.runs.n; i++) {
		const struct hl_run *r = &f->chain.runs.run[i];
		uint64_t here;
		enum hl_status st = hl_exfat_count_free(f->vol, r->cluster,
		                                        r->n, &here);
		if (st == HL_END) {
			hl_fact_text(out, "chain", "clusters marked free",
			             "not known");
			return HL_OK;
		}
		if (st != HL_OK)
			return st;
		n += here;
	}
	hl_fact_number(out, "chain", "clusters marked free", n);
	return HL_OK;
}

/* The facts that follow the runs. */
static enum hl_status chain_fact(struct exfat_fs *f, size_t i,
                                 struct hl_fact *out)
{
	const struct hl_exfat_chain *c = &f->chain;
	char buf[160];

	switch (i) {
	case 0:
		hl_fact_number(out, "chain", "clusters", c->runs.clusters);
		return HL_OK;
	case 1:
		snprintf(buf, sizeof(buf), "%s",
		         f->fact.deleted && c->cut == HL_EXFAT_WHOLE ?
		         hl_exfat_guess_text(c->guess) :
		         hl_exfat_cut_text(c->cut));
		if (c->cut_at)
			snprintf(buf, sizeof(buf), "%s (FAT[%u] is %u)",
			         hl_exfat_cut_text(c->cut), c->cut_at,
			         c->cut_value);
		hl_fact_text(out, "chain", "state", buf);
		return HL_OK;
	case 2:
		hl_fact_number(out, "chain", "entries from the other FAT",
		               c->second);
		return HL_OK;
	case 3:
		return free_fact(f, out);
	default:
		return HL_END;
	}
}

static enum hl_status load(struct hl_fs *fs, const struct hl_ref *ref)
{
	struct exfat_fs *f = fs->impl;
	enum hl_status st;

	hl_exfat_chain_free(f->vol, &f->chain);
	f->have_fact = false;
	st = hl_exfat_fs_entry(fs, ref, &f->fact);
	if (st == HL_OK)
		st = hl_exfat_chain_of(f->vol, &f->fact, &f->chain);
	f->have_fact = st == HL_OK;
	return st;
}

enum hl_status hl_exfat_fs_fact_next(struct hl_fs *fs, const struct hl_ref *ref,
                                     unsigned *cursor, struct hl_fact *out)
{
	struct exfat_fs *f = fs->impl;
	unsigned i = *cursor;
	enum hl_status st;

	if (!f->have_fact || i == 0 ||
	    f->fact.pos != ref->id * HL_EXFAT_SLOT) {
		st = load(fs, ref);
		if (st != HL_OK)
			return st;
	}
	*cursor = i + 1;
	if (i < SET_FACTS) {
		set_fact(&f->fact, i, out);
		return HL_OK;
	}
	if (i - SET_FACTS < f->chain.runs.n) {
		run_fact(fs, &f->chain.runs.run[i - SET_FACTS], out);
		return HL_OK;
	}
	return chain_fact(f, i - SET_FACTS - f->chain.runs.n, out);
}
