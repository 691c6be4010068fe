/*
 * ldm.c: decodes the structures of a dynamic disk's database.  Pure: bytes
 * in, struct out.  A record is a row of fields, each after the other:
 *
 *	number   1 byte length, then so many bytes, big-endian
 *	text     1 byte length, then so many characters
 *	fixed    as it stands
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/be.h"
#include "base/limits.h"
#include "vol/ldm.h"
#include "vol/ldm_disk.h"

#define MAX_SECTORS (UINT64_C(1) << 54) /* their bytes fit into 63 bits */

static bool sum_ok(struct span sector)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)sector;
	return true;
#else
	uint32_t sum = 0;

	for (size_t i = 0; i < LDM_SECTOR; i++)
		if (i < LDM_SUM || i >= LDM_SUM + 4)
			sum += sector.p[i];
	return sum == be32_at(sector.p + LDM_SUM);
#endif
}

static bool begins(struct span s, const char *magic)
{
	return s.n >= LDM_SECTOR && memcmp(s.p, magic, strlen(magic)) == 0;
}

/* Printable ASCII up to n bytes; the rest of a name is of no use to anyone. */
static void copy_text(char *out, size_t size, const uint8_t *p, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n && p[i] && k + 1 < size; i++)
		out[k++] = (char)(p[i] >= 0x20 && p[i] < 0x7f ? p[i] : '?');
	out[k] = '\0';
}

enum hl_status hl_ldm_privhead(struct span s, struct ldm_privhead *out)
{
	memset(out, 0, sizeof(*out));
	if (!begins(s, LDM_PRIVHEAD))
		return HL_END;
	copy_text(out->disk, sizeof(out->disk), s.p + LDM_PH_DISK, 64);
	copy_text(out->group, sizeof(out->group), s.p + LDM_PH_GROUP, 64);
	copy_text(out->name, sizeof(out->name), s.p + LDM_PH_NAME, 32);
	out->data = be64_at(s.p + LDM_PH_DATA);
	out->n_data = be64_at(s.p + LDM_PH_DATA_N);
	out->db = be64_at(s.p + LDM_PH_DB);
	out->n_db = be64_at(s.p + LDM_PH_DB_N);
	if (!sum_ok(s) || out->data >= MAX_SECTORS ||
	    out->n_data >= MAX_SECTORS || out->db >= MAX_SECTORS ||
	    out->n_db >= MAX_SECTORS || !out->disk[0])
		return HL_CORRUPT;
	return HL_OK;
}

enum hl_status hl_ldm_toc(struct span s, struct ldm_toc *out)
{
	memset(out, 0, sizeof(*out));
	if (!begins(s, LDM_TOCBLOCK))
		return HL_END;
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *e = s.p + LDM_TOC_ENTRY + i * LDM_TOC_ENTRY_N;

		if (memcmp(e, "config", 7) != 0)
			continue;
		out->config = be64_at(e + LDM_TOC_START);
		out->n_config = be64_at(e + LDM_TOC_LEN);
	}
	return sum_ok(s) && out->config && out->config < LDM_DB_SECTORS &&
	       out->n_config && out->n_config <= LDM_DB_SECTORS ? HL_OK
	                                                        : HL_CORRUPT;
}

enum hl_status hl_ldm_vmdb(struct span s, struct ldm_vmdb *out)
{
	memset(out, 0, sizeof(*out));
	if (!begins(s, LDM_VMDB))
		return HL_END;
	out->block_size = be32_at(s.p + LDM_VM_SIZE);
	out->off = be32_at(s.p + LDM_VM_OFF);
	out->consistent = be16_at(s.p + LDM_VM_STATUS) == 1;
	out->committed = be64_at(s.p + LDM_VM_COMMITTED);
	if (out->block_size <= LDM_VB_DATA + LDM_OB_DATA ||
	    out->block_size > LDM_SECTOR || out->off > s.n)
		return HL_CORRUPT;
	out->n_blocks = (uint32_t)((s.n - out->off) / out->block_size);
	uint32_t last = be32_at(s.p + LDM_VM_LAST);
	if (last < out->n_blocks)
		out->n_blocks = last + 1;
	return HL_OK;
}

enum hl_status hl_ldm_block(struct span s, struct ldm_block *out)
{
	if (s.n <= LDM_VB_DATA || memcmp(s.p, LDM_VBLK, 4) != 0)
		return HL_END;
	*out = (struct ldm_block){
		.group = be32_at(s.p + LDM_VB_GROUP),
		.index = be16_at(s.p + LDM_VB_INDEX),
		.count = be16_at(s.p + LDM_VB_COUNT),
		.data = span_of(s.p + LDM_VB_DATA, s.n - LDM_VB_DATA),
	};
	return out->group && out->count && out->index < out->count ? HL_OK
	                                                           : HL_END;
}

/* ---- fields of an object ----------------------------------------------- */

struct fields {
	struct span s;
	size_t pos;
	bool bad; /* one of them did not fit; the others are zero then */
};

static const uint8_t *take(struct fields *f, size_t n)
{
	const uint8_t *p = f->bad ? NULL : span_view(f->s, f->pos, n);

	if (p)
		f->pos += n;
	else
		f->bad = true;
	return p;
}

static uint64_t take_number(struct fields *f)
{
	const uint8_t *n = take(f, 1);
	const uint8_t *p = n ? take(f, *n) : NULL;
	uint64_t v = 0;

	if (!p)
		return 0;
	if (*n > 8)
		f->bad = true;
	for (size_t i = 0; i < *n && !f->bad; i++)
		v = v << 8 | p[i];
	return v;
}

static void take_text(struct fields *f, char *out, size_t size)
{
	const uint8_t *n = take(f, 1);
	const uint8_t *p = n ? take(f, *n) : NULL;

	copy_text(out, size, p, p ? *n : 0);
}

static void skip_field(struct fields *f)
{
	char none[LDM_NAME];

	take_text(f, none, sizeof(none));
}

static uint64_t take_64(struct fields *f)
{
	const uint8_t *p = take(f, 8);

	return p ? be64_at(p) : 0;
}

static void volume(struct fields *f, unsigned flags, struct ldm_object *o)
{
	skip_field(f);  /* "gen", "raid5" */
	skip_field(f);  /* a drive letter that must not be given */
	(void)take(f, 21); /* state, and numbers */
	skip_field(f);  /* how many components */
	(void)take(f, 16);
	o->size = take_number(f);
	(void)take(f, 5);  /* and the type of partition */
	(void)take(f, 16); /* GUID */
	if (flags & LDM_VOLUME_ID1)
		skip_field(f);
	if (flags & LDM_VOLUME_ID2)
		skip_field(f);
	if (flags & LDM_VOLUME_SIZE2)
		skip_field(f);
	if (flags & LDM_VOLUME_DRIVE)
		take_text(f, o->drive, sizeof(o->drive));
}

static void component(struct fields *f, unsigned flags, struct ldm_object *o)
{
	char state[16];

	take_text(f, state, sizeof(state));
	o->active = strcmp(state, "ACTIVE") == 0;
	const uint8_t *layout = take(f, 5);
	o->layout = layout ? layout[0] : 0;
	skip_field(f); /* how many partitions */
	(void)take(f, 16);
	o->parent = take_number(f);
	(void)take(f, 1);
	if (flags & LDM_COMP_STRIPE) {
		o->stripe = take_number(f);
		o->columns = take_number(f);
	}
}

static void partition(struct fields *f, unsigned flags, struct ldm_object *o)
{
	(void)take(f, 12);
	o->start = take_64(f);
	o->at = take_64(f);
	o->size = take_number(f);
	o->parent = take_number(f);
	o->disk = take_number(f);
	if (flags & LDM_PART_INDEX)
		o->index = take_number(f);
}

/* Revision 3 has the GUID as text, revision 4 as 16 bytes. */
static void disk(struct fields *f, unsigned revision, struct ldm_object *o)
{
	if (revision < 4) {
		take_text(f, o->guid, sizeof(o->guid));
		return;
	}
	const uint8_t *g = take(f, 16);
	if (g)
		snprintf(o->guid, sizeof(o->guid), "%02x%02x%02x%02x-%02x%02x-"
		         "%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		         g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8],
		         g[9], g[10], g[11], g[12], g[13], g[14], g[15]);
}

static bool sane(const struct ldm_object *o)
{
	return o->size < MAX_SECTORS && o->start < MAX_SECTORS &&
	       o->at < MAX_SECTORS && o->stripe < MAX_SECTORS;
}

enum hl_status hl_ldm_object(struct span s, struct ldm_object *out)
{
	struct fields f = { .s = s, .pos = LDM_OB_DATA };

	memset(out, 0, sizeof(*out));
	if (s.n < LDM_OB_DATA)
		return HL_CORRUPT;
	uint32_t len = be32_at(s.p + LDM_OB_LEN);
	unsigned flags = s.p[LDM_OB_FLAGS], type = s.p[LDM_OB_TYPE];
	if (len > s.n - LDM_OB_DATA)
		return HL_CORRUPT;
	f.s.n = LDM_OB_DATA + len;
	out->kind = type & 15;
	out->id = take_number(&f);
	take_text(&f, out->name, sizeof(out->name));
	switch (out->kind) {
	case LDM_KIND_VOLUME:
		volume(&f, flags, out);
		break;
	case LDM_KIND_COMPONENT:
		component(&f, flags, out);
		break;
	case LDM_KIND_PARTITION:
		partition(&f, flags, out);
		break;
	case LDM_KIND_DISK:
		disk(&f, type >> 4, out);
		break;
	default:
		return HL_END;
	}
	return f.bad || !out->id || !sane(out) ? HL_CORRUPT : HL_OK;
}
