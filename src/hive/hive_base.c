/*
 * hive_base.c: decodes the base block, a bin header and the texts of the
 * states.  Values are handed out as stored; hive_check.c judges them.
 */
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "base/times_impl.h"
#include "hive/hive_disk.h"
#include "hive/hive_impl.h"

static const char *const state_text[] = {
	[HL_HIVE_UNKNOWN] = "",
	[HL_HIVE_CLEAN] = "clean",
	[HL_HIVE_DIRTY] = "dirty",
	[HL_HIVE_REPLAYED] = "replayed",
	[HL_HIVE_EMPTY] = "empty",
	[HL_HIVE_DAMAGED] = "damaged",
	[HL_HIVE_NOT_A_HIVE] = "not-a-hive",
};

const char *hl_hive_state_text(enum hl_hive_state state)
{
	size_t i = (size_t)state;

	if (i >= sizeof(state_text) / sizeof(state_text[0]))
		return "";
	return state_text[i];
}

/* The values 0 and all ones are never stored. */
uint32_t hl_hive_checksum(const uint8_t *p)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 127; i++)
		sum ^= le32_at(p + 4 * i);
	if (sum == 0)
		return 1;
	return sum == UINT32_MAX ? UINT32_MAX - 1 : sum;
}

enum hl_status hl_base_block_decode(const void *p, size_t n,
                                    struct hl_base_block *out)
{
	struct span s = span_of(p, n);
	const struct hive_base_disk *d = SPAN_VIEW(s, 0, struct hive_base_disk);

	memset(out, 0, sizeof(*out));
	if (!d)
		return HL_RANGE;
	if (memcmp(d->signature, "regf", 4) != 0)
		return HL_END;
	out->signature = true;
	out->checksum_ok = get32(d->checksum) == hl_hive_checksum(s.p);
	out->seq1 = get32(d->seq1);
	out->seq2 = get32(d->seq2);
	out->last_written = hl_time_filetime(get64(d->written));
	out->major = get32(d->major);
	out->minor = get32(d->minor);
	out->type = get32(d->type);
	out->root_cell = get32(d->root_cell);
	out->bins_size = get32(d->bins_size);
	out->flags = get32(d->flags);
	/* shown, never used: a lone surrogate in it costs nothing */
	(void)hl_utf8_from16le(out->name, sizeof(out->name),
	                       span_of(d->name, sizeof(d->name)), true);
	return HL_OK;
}

enum hl_status hl_hive_bin_decode(struct span s, struct hive_bin *out)
{
	const struct hive_bin_disk *d = SPAN_VIEW(s, 0, struct hive_bin_disk);

	if (!d)
		return HL_RANGE;
	if (memcmp(d->signature, "hbin", 4) != 0)
		return HL_END;
	out->offset = get32(d->offset);
	out->size = get32(d->size);
	return HL_OK;
}
