/*
 * hive_impl.h: the decoders behind hive.h.  All are pure: a span in, a host
 * struct and a status out; nothing is read or allocated.
 */
#ifndef HL_HIVE_IMPL_H
#define HL_HIVE_IMPL_H

#include "base/span.h"
#include "hivelift/hive.h"

/* Of the 512 bytes of a base block. */
uint32_t hl_hive_checksum(const uint8_t *p);

struct hive_bin {
	uint32_t offset; /* bytes from the first bin, as stored */
	uint32_t size;   /* bytes, as stored */
};
/* HL_OK, HL_END (no "hbin"), HL_RANGE (fewer than 32 bytes) */
enum hl_status hl_hive_bin_decode(struct span s,
                                  struct hive_bin *out) HL_MUST_CHECK;

struct hive_root {
	uint64_t cell_size; /* bytes, size field included */
	bool nt31;          /* 1.1: an extra dword before the key */
	char name[HL_HIVE_NOTE_BYTES]; /* UTF-8, maybe cut */
};
/*
 * The key in the cell at the start of s, which may be cut after the name.
 * room is what lies between the cell and the end of the bins.  On failure
 * *why says what is wrong.
 *   HL_OK, HL_CORRUPT
 */
enum hl_status hl_hive_root_decode(struct span s, uint64_t room,
                                   uint32_t minor, struct hive_root *out,
                                   const char **why) HL_MUST_CHECK;
/* The most that hl_hive_root_decode looks at. */
#define HIVE_ROOT_WINDOW 1024u

struct hive_log_entry {
	uint32_t size, seq, bins_size, pages;
	uint32_t flags;
	uint64_t hash1, hash2; /* as stored */
};
/*
 * The header of a new-format entry; room is what is left of the file.
 *   HL_OK; HL_END (no "HvLE"); HL_CORRUPT (a size that cannot be)
 */
enum hl_status hl_hive_entry_decode(struct span s, uint64_t room,
                                    struct hive_log_entry *out) HL_MUST_CHECK;
/* Format and header of a log; entries are not walked. */
void hl_hive_log_header(struct span s, struct hl_log_info *out);

/* Why a log is not to be used, by its first 512 bytes; NULL: it is. */
const char *hl_hive_log_fault(struct span s);

/* What content that is not a hive looks like, in a few words. */
void hl_hive_sniff(struct span head, char *dst, size_t size);

#endif
