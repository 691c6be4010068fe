/* fuzz_base_block.c: the first bytes of a hive, a log, or anything else. */
#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "hive/hive_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_of(data, size);
	struct hl_base_block base;
	struct hl_log_info log;
	struct hive_bin bin;
	struct hive_root root;
	struct hive_log_entry entry;
	const char *why = NULL;
	char text[64];

	enum hl_status st = hl_base_block_decode(data, size, &base);
	if (st == HL_OK && (!base.signature || strlen(base.name) > 96 ||
	                    base.checksum_ok !=
	                    (hl_hive_checksum(data) == le32_at(data + 508))))
		abort();
	hl_hive_log_header(s, &log);
	if (!log.format)
		abort();
	if (size >= 512)
		(void)hl_hive_log_fault(s);
	if (hl_hive_bin_decode(s, &bin) == HL_OK && size < 32)
		abort();
	if (hl_hive_root_decode(s, size, size & 1 ? 1 : 5, &root, &why) !=
	    HL_OK && !why)
		abort();
	if (hl_hive_entry_decode(s, size, &entry) == HL_OK &&
	    entry.size > size)
		abort();
	hl_hive_sniff(s, text, sizeof(text));
	if (strlen(text) >= sizeof(text))
		abort();
	return 0;
}
