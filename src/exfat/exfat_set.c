/*
 * exfat_set.c: an entry set: a file, its stream and its name.
 *
 *	85 n sum …          n more entries, checksum of all
 *	C0 flags len hash … clusters and sizes
 *	C1 15 units         as many as the length needs
 *	E0, E1 …            vendors' own, skipped
 *
 * A deleted set is the same with the in-use bits cleared; its checksum is
 * still that of the living.  A set that is damaged is shown as far as it
 * goes: what it cannot do without is the stream entry.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/times_impl.h"
#include "exfat/exfat.h"
#include "exfat/exfat_disk.h"

uint16_t hl_exfat_set_sum(struct span s, bool live)
{
	uint32_t sum = 0; /* of 16 bits; wider, for the carries */

	for (size_t i = 0; i < s.n; i++) {
		uint8_t b = s.p[i];
		if (i == 2 || i == 3)
			continue;
		if (live && i % EXFAT_ENTRY == 0)
			b |= EXFAT_IN_USE;
		sum = ((sum << 15 | sum >> 1) + b) & 0xFFFF;
	}
	return (uint16_t)sum;
}

struct hl_time hl_exfat_time(uint32_t stamp, uint8_t tenms, uint8_t utc)
{
	const int64_t quarter = INT64_C(15) * 60 * 10000000;
	struct hl_time t = hl_time_dos((uint16_t)(stamp >> 16),
	                               (uint16_t)stamp, tenms);
	int quarters = (utc & 0x40) ? (utc & 0x7F) - 128 : utc & 0x7F;

	if (t.kind == HL_TIME_LOCAL && (utc & 0x80)) {
		t.kind = HL_TIME_UTC; /* 1980 is far from the ends */
		t.ticks -= (uint64_t)(quarters * quarter);
	}
	return t;
}

const char *hl_exfat_fault_text(char *buf, unsigned faults)
{
	static const char *const text[] = {
		"checksum of the entry set", "name", "number of entries",
		"first cluster or size", "valid length", "hash of the name",
	};
	int n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		if (faults >> i & 1)
			n += snprintf(buf + n, 128 - (size_t)n, "%s%s",
			              n ? ", " : "", text[i]);
	return buf;
}

/* Entries of one set: of one state (in use or not), secondary. */
static unsigned run_length(struct span s, bool live)
{
	unsigned n = 1;

	while (n < EXFAT_SET_MAX &&
	       span_has(s, (size_t)n * EXFAT_ENTRY, EXFAT_ENTRY)) {
		uint8_t type = s.p[(size_t)n * EXFAT_ENTRY];
		if (!(type & EXFAT_SECONDARY) ||
		    live != !!(type & EXFAT_IN_USE))
			break;
		n++;
	}
	return n;
}

static bool is_type(struct span s, unsigned i, uint8_t type)
{
	const uint8_t *p = span_view(s, (uint64_t)i * EXFAT_ENTRY, EXFAT_ENTRY);

	return p && (*p | EXFAT_IN_USE) == type;
}

/* Linux once stored 256 characters as a length of 0: then the entries tell. */
static unsigned units_by_entries(struct span s, unsigned n_set)
{
	unsigned n = 0;

	while (2 + n < n_set && n < EXFAT_SET_MAX && is_type(s, 2 + n,
	                                                     EXFAT_NAME))
		n++;
	n *= EXFAT_NAME_UNITS;
	return n < EXFAT_MAX_UNITS ? n : EXFAT_MAX_UNITS;
}

static void take_units(struct span s, unsigned i, unsigned units,
                       struct hl_exfat_entry *e)
{
	const struct exfat_name *name = SPAN_VIEW(s, (uint64_t)i * EXFAT_ENTRY,
	                                          struct exfat_name);

	for (unsigned k = 0; k < EXFAT_NAME_UNITS && e->n_name < units; k++)
		e->name16[e->n_name++] = get16(name->unit[k]);
}

/* No name may hold a NUL, and none may be empty: a name has to be shown. */
static void check_name(struct hl_exfat_entry *e, bool by_entries)
{
	uint16_t n = 0;

	while (n < e->n_name && e->name16[n])
		n++;
	if (n < e->n_name)
		e->faults |= HL_EXFAT_BAD_NAME;
	if (by_entries)
		e->n_name = n;
	if (e->n_name == 0)
		e->name16[e->n_name++] = 0xFFFD;
}

/*
 * The name behind the stream; e->n_set grows when the set's entries were
 * miscounted.  n_there: entries that may belong to it.
 */
static void take_name(struct span s, unsigned n_there, unsigned units,
                      struct hl_exfat_entry *e)
{
	bool by_entries = units == 0;

	if (by_entries) {
		units = units_by_entries(s, e->n_set);
		e->faults |= HL_EXFAT_BAD_NAME;
	}
	unsigned need = (units + EXFAT_NAME_UNITS - 1) / EXFAT_NAME_UNITS;
	for (unsigned i = 2; i < 2 + need; i++) {
		if (i >= n_there || !is_type(s, i, EXFAT_NAME)) {
			e->faults |= HL_EXFAT_BAD_NAME;
			break;
		}
		take_units(s, i, units, e);
		if (i >= e->n_set) {
			e->n_set = i + 1;
			e->faults |= HL_EXFAT_BAD_COUNT;
		}
	}
	if (e->n_set > 2 + need)
		e->n_vendor = e->n_set - 2 - need;
	/* a name of more entries than its length says is cut short by it */
	for (unsigned i = 2 + need; i < e->n_set; i++)
		if (is_type(s, i, EXFAT_NAME))
			e->faults |= HL_EXFAT_BAD_NAME;
	check_name(e, by_entries);
}

static bool is_efs(const struct exfat_file *f, const struct hl_exfat_entry *e)
{
	static const char pfile[] = ".PFILE";
	const unsigned n = sizeof(pfile) - 1;

	if (!(get16(f->reserved1) & EXFAT_RESERVED_EFS))
		return false;
	if (e->what == HL_EXFAT_IS_FOLDER)
		return true;
	for (unsigned i = 0; i < n; i++)
		if (e->n_name < n ||
		    e->name16[e->n_name - n + i] != (uint16_t)pfile[i])
			return false;
	return true;
}

static void take_stream(const struct exfat_stream *s,
                        const struct hl_exfat_geom *g, struct hl_exfat_entry *e)
{
	uint64_t room = (uint64_t)g->n_clusters * g->cluster_size;

	memcpy(e->raw_stream, s, sizeof(e->raw_stream));
	e->hash = get16(s->hash);
	e->size = get64(s->size);
	e->valid = min_u64(get64(s->valid), e->size);
	if (get64(s->valid) > e->size)
		e->faults |= HL_EXFAT_BAD_VALID;
	if (s->flags & EXFAT_HAS_CLUSTERS) {
		e->cluster = get32(s->cluster);
		e->contiguous = s->flags & EXFAT_NO_CHAIN;
	}
	if (e->cluster == 0 ? e->size > 0 || e->what == HL_EXFAT_IS_FOLDER
	    : e->cluster < 2 || e->cluster - 2 >= g->n_clusters)
		e->faults |= HL_EXFAT_BAD_PLACE;
	if (e->size > room)
		e->faults |= HL_EXFAT_BAD_PLACE;
	if (e->what == HL_EXFAT_IS_FOLDER)
		e->valid = e->size; /* what it holds is entries, not zeros */
}

enum hl_status hl_exfat_set_decode(struct span s,
                                   const struct hl_exfat_geom *g,
                                   struct hl_exfat_entry *out, unsigned *used)
{
	const struct exfat_file *f = SPAN_VIEW(s, 0, struct exfat_file);
	struct span set;

	memset(out, 0, sizeof(*out));
	*used = 1;
	if (!f)
		return HL_END;
	bool live = f->type & EXFAT_IN_USE;
	unsigned there = run_length(s, live);
	if (there < 2 || !is_type(s, 1, EXFAT_STREAM))
		return HL_END;
	memcpy(out->raw, f, sizeof(out->raw));
	out->deleted = !live;
	out->attributes = get16(f->attributes);
	out->what = out->attributes & EXFAT_ATTR_FOLDER ? HL_EXFAT_IS_FOLDER
	                                                : HL_EXFAT_IS_FILE;
	out->sum = get16(f->sum);
	out->n_set = 1u + f->n_secondary;
	if (out->n_set > there) {
		out->n_set = there;
		out->faults |= HL_EXFAT_BAD_COUNT;
	}
	if (out->n_set < 2)
		out->n_set = 2;
	if (!span_sub(s, 0, (uint64_t)out->n_set * EXFAT_ENTRY, &set))
		return HL_END;
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	if (hl_exfat_set_sum(set, true) != out->sum)
		out->faults |= HL_EXFAT_BAD_SUM;
#endif
	const struct exfat_stream *stream =
		SPAN_VIEW(s, EXFAT_ENTRY, struct exfat_stream);
	if (!stream)
		return HL_END;
	take_stream(stream, g, out);
	take_name(s, there, stream->n_name, out);
	out->encrypted = is_efs(f, out);
	*used = out->n_set;
	return HL_OK;
}
