/*
 * ewf_sections.c: the structures of ewf_disk.h decoded and checked.
 */
#include <string.h>

#include "base/banned.h"
#include "io/ewf_disk.h"
#include "io/ewf_sections.h"
#include "io/inflate.h"

/* Does the checksum behind the first n bytes match? */
static bool sums_up(struct span s, size_t n, le32 stored)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)s;
	(void)n;
	(void)stored;
	return true;
#else
	return hl_adler32(span_of(s.p, n)) == get32(stored);
#endif
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

enum hl_status hl_ewf_file_header(struct span s, uint32_t *segment)
{
	static const uint8_t evf[8] = "EVF\x09\x0d\x0a\xff";
	const struct ewf_file_header_disk *d =
		SPAN_VIEW(s, 0, struct ewf_file_header_disk);

	if (!d || memcmp(d->signature, evf, sizeof(evf)) != 0)
		return HL_END;
	*segment = get16(d->segment);
	return d->one == 1 ? HL_OK : HL_CORRUPT;
}

enum hl_status hl_ewf_section(struct span s, struct ewf_section *out)
{
	const struct ewf_section_disk *d =
		SPAN_VIEW(s, 0, struct ewf_section_disk);

	if (!d || !sums_up(s, sizeof(*d) - 4, d->checksum))
		return HL_CORRUPT;
	memcpy(out->type, d->type, sizeof(d->type));
	out->type[sizeof(d->type)] = '\0';
	out->next = get64(d->next);
	out->size = get64(d->size);
	return HL_OK;
}

static enum hl_status volume_smart(struct span s, struct ewf_volume *out)
{
	const struct ewf_volume_smart_disk *d =
		SPAN_VIEW(s, 0, struct ewf_volume_smart_disk);

	if (!d || !sums_up(s, sizeof(*d) - 4, d->checksum))
		return HL_CORRUPT;
	*out = (struct ewf_volume){
		.sectors = get32(d->sectors),
		.chunks = get32(d->chunks),
		.sectors_per_chunk = get32(d->sectors_per_chunk),
		.bytes_per_sector = get32(d->bytes_per_sector),
		.smart = true,
	};
	return HL_OK;
}

enum hl_status hl_ewf_volume(struct span s, struct ewf_volume *out)
{
	const struct ewf_volume_disk *d =
		SPAN_VIEW(s, 0, struct ewf_volume_disk);

	if (!d)
		return volume_smart(s, out);
	if (!sums_up(s, sizeof(*d) - 4, d->checksum))
		return HL_CORRUPT;
	*out = (struct ewf_volume){
		.sectors = get64(d->sectors),
		.chunks = get32(d->chunks),
		.sectors_per_chunk = get32(d->sectors_per_chunk),
		.bytes_per_sector = get32(d->bytes_per_sector),
	};
	memcpy(out->set_id, d->set_id, sizeof(out->set_id));
	return HL_OK;
}

enum hl_status hl_ewf_table_head(struct span s, struct ewf_table_head *out)
{
	const struct ewf_table_disk *d = SPAN_VIEW(s, 0, struct ewf_table_disk);

	if (!d || !sums_up(s, sizeof(*d) - 4, d->checksum))
		return HL_CORRUPT;
	out->n = get32(d->n);
	out->base = get64(d->base);
	return HL_OK;
}

enum hl_status hl_ewf_hash(struct span s, struct ewf_hashes *out)
{
	const struct ewf_hash_disk *d = SPAN_VIEW(s, 0, struct ewf_hash_disk);

	if (!d || !sums_up(s, sizeof(*d) - 4, d->checksum))
		return HL_CORRUPT;
	if (!all_zero(d->md5, sizeof(d->md5))) {
		out->has_md5 = true;
		memcpy(out->md5, d->md5, sizeof(out->md5));
	}
	return HL_OK;
}

enum hl_status hl_ewf_digest(struct span s, struct ewf_hashes *out)
{
	const struct ewf_digest_disk *d =
		SPAN_VIEW(s, 0, struct ewf_digest_disk);

	if (!d || !sums_up(s, sizeof(*d) - 4, d->checksum))
		return HL_CORRUPT;
	if (!out->has_md5 && !all_zero(d->md5, sizeof(d->md5))) {
		out->has_md5 = true;
		memcpy(out->md5, d->md5, sizeof(out->md5));
	}
	if (!all_zero(d->sha1, sizeof(d->sha1))) {
		out->has_sha1 = true;
		memcpy(out->sha1, d->sha1, sizeof(out->sha1));
	}
	return HL_OK;
}

enum hl_status hl_ewf_errors(struct span s, uint32_t *n)
{
	const struct ewf_errors_disk *d =
		SPAN_VIEW(s, 0, struct ewf_errors_disk);
	uint64_t bytes;

	if (!d || !sums_up(s, sizeof(*d) - 4, d->checksum))
		return HL_CORRUPT;
	*n = get32(d->n);
	bytes = (uint64_t)*n * sizeof(struct ewf_error_disk);
	return span_has(s, sizeof(*d), bytes) ? HL_OK : HL_CORRUPT;
}

struct ewf_bad_sectors hl_ewf_error(struct span s, uint32_t i)
{
	const struct ewf_error_disk *d =
		SPAN_VIEW(s, sizeof(struct ewf_errors_disk) +
		          (uint64_t)i * sizeof(*d), struct ewf_error_disk);

	if (!d)
		return (struct ewf_bad_sectors){ 0, 0 };
	return (struct ewf_bad_sectors){ get32(d->first), get32(d->count) };
}
