/* bde_boot.c: the boot sector of a BitLocker volume; see bde_disk.h. */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "bde/bde.h"
#include "bde/bde_disk.h"

/* {4967d63b-2e29-4ad8-8399-f6a339e3d001} */
static const uint8_t usual[16] = {
	0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
	0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01,
};
/* {92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8}: encrypted as it is written */
static const uint8_t on_write[16] = {
	0x3b, 0x4d, 0xa8, 0x92, 0x80, 0xdd, 0x0e, 0x4d,
	0x9e, 0x4e, 0xb1, 0xe3, 0x28, 0x4e, 0xae, 0xd8,
};

static enum hl_status three(const uint8_t *guid, const uint8_t *off,
                            struct bde_boot *out)
{
	if (memcmp(guid, on_write, 16) == 0)
		return HL_UNSUPPORTED;
	if (memcmp(guid, usual, 16) != 0)
		return HL_END;
	out->n = 3;
	for (size_t i = 0; i < 3; i++)
		out->off[i] = le64_at(off + 8 * i);
	return HL_OK;
}

static enum hl_status vista(const uint8_t *b, struct bde_boot *out)
{
	uint64_t lcn = le64_at(b + BDE_BOOT_LCN);

	out->variant = BDE_VISTA;
	out->n = 1;
	out->cluster_size = out->sector_size * b[0x0d];
	if (!out->cluster_size || !is_power_of_two(out->cluster_size) ||
	    ckd_mul(&out->off[0], lcn, (uint64_t)out->cluster_size))
		return HL_CORRUPT;
	return HL_OK;
}

enum hl_status hl_bde_boot(struct span boot, struct bde_boot *out)
{
	const uint8_t *b = span_view(boot, 0, 512);

	memset(out, 0, sizeof(*out));
	if (!b)
		return HL_END;
	out->sector_size = le16_at(b + 0x0b);
	if (out->sector_size != 0 &&
	    (out->sector_size < 512 || out->sector_size > 4096 ||
	     !is_power_of_two(out->sector_size)))
		out->sector_size = 0;
	if (memcmp(b + 3, BDE_SIGNATURE, 8) != 0) {
		out->variant = BDE_TO_GO;
		return three(b + BDE_TO_GO_GUID, b + BDE_TO_GO_OFFSETS, out);
	}
	out->variant = BDE_SEVEN;
	enum hl_status st = three(b + BDE_BOOT_GUID, b + BDE_BOOT_OFFSETS,
	                          out);
	if (st != HL_END)
		return st;
	return le64_at(b + BDE_BOOT_LCN) ? vista(b, out) : HL_CORRUPT;
}
