/*
 * ewf_sections.h: decoders of EWF structures: span in, host struct out.  No
 * I/O and no allocation.  HL_OK, HL_CORRUPT (too short, checksum, impossible)
 */
#ifndef HL_EWF_SECTIONS_H
#define HL_EWF_SECTIONS_H

#include "base/span.h"
#include "hivelift/status.h"

#define EWF_FILE_HEADER 13
#define EWF_DESCRIPTOR 76
#define EWF_VOLUME 1052
#define EWF_VOLUME_SMART 94
#define EWF_TABLE_HEAD 24
#define EWF_ERRORS_HEAD 520

struct ewf_section {
	char type[17];
	uint64_t next, size; /* as stored */
};

struct ewf_volume {
	uint64_t sectors;
	uint32_t chunks, sectors_per_chunk, bytes_per_sector;
	uint8_t set_id[16]; /* zeros: none */
	bool smart;
};

struct ewf_table_head {
	uint32_t n;
	uint64_t base;
};

struct ewf_hashes {
	bool has_md5, has_sha1;
	uint8_t md5[16], sha1[20];
};

struct ewf_bad_sectors {
	uint64_t first, count;
};

/* HL_END: no EVF signature. */
enum hl_status hl_ewf_file_header(struct span s, uint32_t *segment)
	HL_MUST_CHECK;
enum hl_status hl_ewf_section(struct span s, struct ewf_section *out)
	HL_MUST_CHECK;
/* s: the body of a volume, disk or data section */
enum hl_status hl_ewf_volume(struct span s, struct ewf_volume *out)
	HL_MUST_CHECK;
enum hl_status hl_ewf_table_head(struct span s, struct ewf_table_head *out)
	HL_MUST_CHECK;
/* Adds to what is known already; a zero hash counts as none. */
enum hl_status hl_ewf_hash(struct span s, struct ewf_hashes *out)
	HL_MUST_CHECK;
enum hl_status hl_ewf_digest(struct span s, struct ewf_hashes *out)
	HL_MUST_CHECK;
/* The body of error2: how many entries, all of them in s. */
enum hl_status hl_ewf_errors(struct span s, uint32_t *n) HL_MUST_CHECK;
struct ewf_bad_sectors hl_ewf_error(struct span s, uint32_t i);

#endif
