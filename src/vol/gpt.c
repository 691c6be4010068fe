/*
 * gpt.c: decodes a GPT header and its entries.  Pure: bytes in, struct out.
 * Where to look and which copy to believe is in gpt_find.c.
 */
#include <string.h>
#include <zlib.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/limits.h"
#include "base/text.h"
#include "vol/gpt_disk.h"
#include "vol/vol_impl.h"

static void decode(const struct gpt_disk_header *d, struct gpt_header *h)
{
	h->my_lba = get64(d->my_lba);
	h->alternate_lba = get64(d->alternate_lba);
	h->first_usable = get64(d->first_usable);
	h->last_usable = get64(d->last_usable);
	h->array_lba = get64(d->array_lba);
	h->n_entries = get32(d->n_entries);
	h->entry_size = get32(d->entry_size);
	h->array_crc = get32(d->array_crc);
	memcpy(h->disk_guid, d->disk_guid, sizeof(h->disk_guid));
}

bool hl_gpt_sane(const struct gpt_header *h)
{
	return h->n_entries <= HL_MAX_PARTS &&
	       h->entry_size >= sizeof(struct gpt_disk_entry) &&
	       is_power_of_two(h->entry_size) &&
	       (uint64_t)h->n_entries * h->entry_size <= HL_MAX_GPT_ARRAY &&
	       h->array_lba > 0;
}

static bool crc_ok(struct span sector, const struct gpt_disk_header *d)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)sector, (void)d;
	return true;
#else
	static const uint8_t zero[4];
	uint32_t size = get32(d->header_size);
	const uint8_t *p = sector.p;
	uLong crc;

	if (size < GPT_HEADER_MIN || size > sector.n)
		return false;
	crc = crc32(0, p, 16); /* up to the checksum itself */
	crc = crc32(crc, zero, 4);
	crc = crc32(crc, p + 20, size - 20);
	return crc == get32(d->header_crc);
#endif
}

enum hl_status hl_gpt_parse_header(struct span sector, uint64_t lba,
                                   struct gpt_header *out)
{
	const struct gpt_disk_header *d =
		SPAN_VIEW(sector, 0, struct gpt_disk_header);

	memset(out, 0, sizeof(*out));
	if (!d || memcmp(d->magic, GPT_MAGIC, sizeof(d->magic)) != 0)
		return HL_END;
	decode(d, out);
	if (!crc_ok(sector, d) || out->my_lba != lba)
		return HL_CORRUPT;
	return hl_gpt_sane(out) ? HL_OK : HL_UNSUPPORTED;
}

bool hl_gpt_array_ok(const struct gpt_header *h, struct span array)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)h;
	return array.n > 0;
#else
	return crc32(0, array.p, (uInt)array.n) == h->array_crc;
#endif
}

enum hl_status hl_gpt_parse_entry(struct span array, const struct gpt_header *h,
                                  uint32_t i, struct gpt_entry *out)
{
	static const uint8_t unused[16];
	const struct gpt_disk_entry *d =
		SPAN_VIEW(array, (uint64_t)i * h->entry_size,
		          struct gpt_disk_entry);

	if (!d || memcmp(d->type, unused, sizeof(unused)) == 0)
		return HL_END;
	hl_guid_text(out->type, d->type);
	hl_guid_text(out->guid, d->guid);
	out->first = get64(d->first);
	out->last = get64(d->last);
	out->attributes = get64(d->attributes);
	hl_utf8_from16le(out->name, sizeof(out->name),
	                 span_of(d->name, sizeof(d->name)), true);
	return HL_OK;
}
