/*
 * record.c: a FILE record and the attributes in it.
 *
 *	| header | usa | attribute | attribute | .. | ffffffff |   slack
 *	               ^ attrs_off                            ^ used
 */
#include "base/banned.h"
#include "ntfs/ntfs.h"
#include "ntfs/ntfs_disk.h"

#include <string.h>

struct hl_ntfs_ref hl_ntfs_ref_of(uint64_t raw)
{
	return (struct hl_ntfs_ref){
		.number = raw & 0xffffffffffffull,
		.seq = (uint16_t)(raw >> 48),
	};
}

const char *hl_ntfs_type_name(uint32_t type)
{
	static const char *const name[] = {
		[1] = "$STANDARD_INFORMATION", [2] = "$ATTRIBUTE_LIST",
		[3] = "$FILE_NAME", [4] = "$OBJECT_ID",
		[5] = "$SECURITY_DESCRIPTOR", [6] = "$VOLUME_NAME",
		[7] = "$VOLUME_INFORMATION", [8] = "$DATA",
		[9] = "$INDEX_ROOT", [10] = "$INDEX_ALLOCATION",
		[11] = "$BITMAP", [12] = "$REPARSE_POINT",
		[13] = "$EA_INFORMATION", [14] = "$EA",
		[15] = "$PROPERTY_SET", /* NT 4 */
		[16] = "$LOGGED_UTILITY_STREAM",
	};

	if (type % 16 || type / 16 >= sizeof(name) / sizeof(name[0]) ||
	    !name[type / 16])
		return "?";
	return name[type / 16];
}

static enum hl_ntfs_magic magic_of(const uint8_t m[4])
{
	if (!memcmp(m, "FILE", 4))
		return NTFS_MAGIC_FILE;
	return memcmp(m, "BAAD", 4) ? NTFS_MAGIC_OTHER : NTFS_MAGIC_BAAD;
}

enum hl_status hl_ntfs_head_decode(struct span record, struct hl_ntfs_head *out)
{
	const struct ntfs_record *r = SPAN_VIEW(record, 0, struct ntfs_record);
	const struct ntfs_record_xp *xp;

	memset(out, 0, sizeof(*out));
	out->magic = NTFS_MAGIC_OTHER;
	if (!r)
		return HL_CORRUPT;
	out->magic = magic_of(r->block.magic);
	out->lsn = get64(r->block.lsn);
	out->seq = get16(r->sequence);
	out->links = get16(r->links);
	out->attrs_off = get16(r->attrs_off);
	out->flags = get16(r->flags);
	out->used = get32(r->used);
	out->allocated = get32(r->allocated);
	out->base = hl_ntfs_ref_of(get64(r->base));
	out->next_id = get16(r->next_id);
	xp = SPAN_VIEW(record, 0, struct ntfs_record_xp);
	if (xp && get16(r->block.usa_off) >= sizeof(*xp)) {
		out->has_number = true;
		out->number = get32(xp->number);
	}
	if (out->attrs_off < sizeof(*r) || out->attrs_off > record.n ||
	    out->used < out->attrs_off || out->used > record.n)
		return HL_CORRUPT;
	return HL_OK;
}

static enum hl_status resident(struct span a, struct hl_ntfs_attr *out)
{
	const struct ntfs_resident *r = SPAN_VIEW(a, 0, struct ntfs_resident);

	if (!r)
		return HL_CORRUPT;
	out->resident = true;
	out->indexed = r->indexed;
	if (!span_sub(a, get16(r->value_off), get32(r->value_len), &out->value))
		return HL_CORRUPT;
	out->size = out->valid = out->value.n;
	return HL_OK;
}

static enum hl_status nonresident(struct span a, struct hl_ntfs_attr *out)
{
	const struct ntfs_nonresident *r;

	r = SPAN_VIEW(a, 0, struct ntfs_nonresident);
	if (!r || get16(r->runs_off) < sizeof(*r))
		return HL_CORRUPT;
	out->lowest_vcn = get64(r->lowest_vcn);
	out->highest_vcn = get64(r->highest_vcn);
	out->unit_log2 = r->unit_log2;
	out->allocated = get64(r->allocated);
	out->size = get64(r->size);
	out->valid = get64(r->valid);
	if (!span_from(a, get16(r->runs_off), &out->runs))
		return HL_CORRUPT;
	/* All three are signed; more than half of the range is impossible. */
	if (out->lowest_vcn > INT64_MAX || out->size > INT64_MAX ||
	    out->valid > INT64_MAX || out->highest_vcn + 1 < out->lowest_vcn)
		return HL_CORRUPT;
	return HL_OK;
}

enum hl_status hl_ntfs_attr_next(struct span record, uint32_t *off,
                                 struct hl_ntfs_attr *out)
{
	const struct ntfs_attr_head *h;
	const uint8_t *type = span_view(record, *off, 4);
	struct span a;

	memset(out, 0, sizeof(*out));
	if (*off >= record.n)
		return HL_END;
	if (type && le32_at(type) == NTFS_TYPE_END) {
		*off = (uint32_t)record.n;
		return HL_END;
	}
	h = SPAN_VIEW(record, *off, struct ntfs_attr_head);
	out->off = *off;
	if (!h || get32(h->len) < sizeof(*h) || get32(h->len) % 8 ||
	    !span_sub(record, *off, get32(h->len), &a)) {
		*off = (uint32_t)record.n; /* no way to the next one */
		return HL_CORRUPT;
	}
	*off += get32(h->len);
	out->type = get32(h->type);
	out->len = get32(h->len);
	out->id = get16(h->id);
	out->flags = get16(h->flags);
	if (h->name_units && !span_sub(a, get16(h->name_off),
	                               (uint64_t)h->name_units * 2, &out->name))
		return HL_CORRUPT;
	return h->nonresident ? nonresident(a, out) : resident(a, out);
}
