/*
 * hive_log.c: what a transaction log says of itself.
 *
 *	0          512
 *	| header   | "DIRT", dirty bitmap | pages of 512 …           old
 *	| "regf"   | "HvLE" entry | "HvLE" entry | stale entries …   new
 *
 * A log without a usable header is ignored by Windows, whatever follows.
 */
#include <string.h>

#include "base/banned.h"
#include "hive/hive_disk.h"
#include "hive/hive_impl.h"

static bool all_zero(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i])
			return false;
	return true;
}

static bool bins_size_ok(uint32_t size)
{
	return size >= HIVE_PAGE && size % HIVE_PAGE == 0;
}

static const char *format_of(struct span s)
{
	const void *mark = span_view(s, HIVE_SECTOR, 4);

	if (mark && memcmp(mark, "DIRT", 4) == 0)
		return "DIRT";
	if (mark && memcmp(mark, "HvLE", 4) == 0)
		return "HvLE";
	return "unknown";
}

const char *hl_hive_log_fault(struct span s)
{
	const struct hive_base_disk *d = SPAN_VIEW(s, 0, struct hive_base_disk);
	struct hl_base_block b;

	if (hl_base_block_decode(s.p, s.n, &b) != HL_OK)
		return "it has no header";
	if (!b.checksum_ok)
		return "its header's checksum is wrong";
	if (b.seq1 != b.seq2)
		return "its header's sequence numbers differ";
	if (b.type != 1 && b.type != 2 && b.type != 6)
		return "its header is not of a log's type";
	if (b.major != 1 || get32(d->format) != 1 || get32(d->clustering) != 1)
		return "its header's version is not known";
	if (!bins_size_ok(b.bins_size))
		return "its header's size of the bins cannot be";
	return NULL;
}

void hl_hive_log_header(struct span s, struct hl_log_info *out)
{
	struct hl_base_block b;

	memset(out, 0, sizeof(*out));
	if (all_zero(s)) {
		out->format = "empty";
		return;
	}
	out->format = "unknown";
	if (hl_base_block_decode(s.p, s.n, &b) != HL_OK)
		return;
	out->format = format_of(s);
	out->first_seq = out->last_seq = b.seq1;
	bool new_log = strcmp(out->format, "HvLE") == 0;
	bool type_ok = new_log ? b.type == 6 : b.type == 1 || b.type == 2;
	out->header_ok = type_ok && !hl_hive_log_fault(s);
}

enum hl_status hl_hive_entry_decode(struct span s, uint64_t room,
                                    struct hive_log_entry *out)
{
	const struct hive_entry_disk *d =
		SPAN_VIEW(s, 0, struct hive_entry_disk);

	memset(out, 0, sizeof(*out));
	if (!d || memcmp(d->signature, "HvLE", 4) != 0)
		return HL_END;
	out->size = get32(d->size);
	out->flags = get32(d->flags);
	out->seq = get32(d->seq);
	out->bins_size = get32(d->bins_size);
	out->pages = get32(d->pages);
	out->hash1 = get64(d->hash1);
	out->hash2 = get64(d->hash2);
	if (out->size < HIVE_SECTOR || out->size % HIVE_SECTOR ||
	    out->size > room)
		return HL_CORRUPT;
	/* 64-bit: 8 * pages of a hostile count wraps in 32 */
	uint64_t table = sizeof(*d) + UINT64_C(8) * out->pages;
	if (!out->pages || table > out->size || !bins_size_ok(out->bins_size))
		return HL_CORRUPT;
	return HL_OK;
}

/* Entries of an earlier round lie behind the live ones: the sequence tells. */
static void walk(struct span s, struct hl_log_info *out)
{
	uint32_t want = out->first_seq;
	struct hive_log_entry e;
	uint64_t off = HIVE_SECTOR;
	struct span rest;

	while (span_from(s, off, &rest) &&
	       hl_hive_entry_decode(rest, rest.n, &e) == HL_OK &&
	       e.seq == want) {
		out->last_seq = want++; /* wraps at 2^32, as it should */
		off += e.size;
	}
}

enum hl_status hl_log_info_decode(const void *p, size_t n,
                                  struct hl_log_info *out)
{
	struct span s = span_of(p, n);

	hl_hive_log_header(s, out);
	if (strcmp(out->format, "HvLE") == 0)
		walk(s, out);
	return HL_OK;
}
