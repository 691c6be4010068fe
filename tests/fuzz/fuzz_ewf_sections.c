/* fuzz_ewf_sections.c: every EWF decoder over the same bytes. */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "io/ewf_sections.h"
#include "io/ewf_values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hl_ctx ctx;
	struct span s = span_of(data, size);
	struct ewf_values values = { 0 };
	struct ewf_hashes hashes = { 0 };
	struct ewf_section section;
	struct ewf_volume volume;
	struct ewf_table_head table;
	uint32_t n, sum = 0;

	if (hl_ewf_file_header(s, &n) == HL_OK)
		sum += n;
	if (hl_ewf_section(s, &section) == HL_OK)
		sum += (uint32_t)strlen(section.type);
	if (hl_ewf_volume(s, &volume) == HL_OK)
		sum += volume.chunks;
	if (hl_ewf_table_head(s, &table) == HL_OK)
		sum += table.n;
	if (hl_ewf_hash(s, &hashes) == HL_OK)
		sum += hashes.md5[15];
	if (hl_ewf_digest(s, &hashes) == HL_OK)
		sum += hashes.sha1[19];
	if (hl_ewf_errors(s, &n) == HL_OK)
		for (uint32_t i = 0; i < n; i++)
			sum += (uint32_t)hl_ewf_error(s, i).first;
	if (hl_ewf_values_add(&values, s, &ctx) == HL_OK)
		sum += (uint32_t)values.n;
	hl_ewf_values_free(&values, &ctx);
	return sum == 0xffffffff ? -1 : 0;
}
