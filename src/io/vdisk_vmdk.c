/*
 * vdisk_vmdk.c: the descriptor of a VMDK, and the headers of sparse extents.
 *
 *	# Disk DescriptorFile          in a file of its own, or inside a
 *	CID=fffffffe                   sparse extent
 *	parentCID=ffffffff
 *	createType="twoGbMaxExtentSparse"
 *	parentFileNameHint="base.vmdk"
 *	RW 4192256 SPARSE "disk-s001.vmdk" [offset]
 *
 * Sparse extents begin with "KDMV" (or "COWD", of ESX):
 *
 *	12 capacity  20 grain  28 descriptor, its length  44 entries of a table
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/vdisk.h"

#define SECTOR 512
/* VMware writes 20 sectors; 10,000 extents of a line each are less. */
#define MAX_TEXT (1u << 20)
/* Sectors: VMware's are of 128, QEMU makes none of more. */
#define MAX_GRAIN (1u << 12)

/* Tables that the file itself could not hold are not allocated. */
enum hl_status hl_vmdk_header(const uint8_t head[VMDK_HEADER],
                              uint64_t file_size, const struct hl_at *at)
{
	uint64_t capacity = le64_at(head + 12), grain = le64_at(head + 20);
	uint32_t per_table = le32_at(head + 44);

	if (!memcmp(head, "COWD", 4)) {
		capacity = le32_at(head + 12);
		grain = le32_at(head + 16);
		per_table = 4096;
	}
	if (!is_power_of_two(grain) || grain > MAX_GRAIN ||
	    !is_power_of_two(per_table) || per_table > 1u << 16)
		return hl_fail(at, HL_CORRUPT, "is a VMDK with grains of %"
		               PRIu64 " sectors, %" PRIu32 " in a table, which "
		               "cannot be", grain, per_table);
	if (capacity / grain / per_table > file_size / 4)
		return hl_fail(at, HL_CORRUPT, "is a VMDK of %" PRIu64
		               " sectors, whose table its file cannot hold",
		               capacity);
	return HL_OK;
}

enum hl_status hl_vmdk_sparse(struct hl_src *file, uint8_t head[VMDK_HEADER],
                              const struct hl_at *at)
{
	if (hl_src_read(file, 0, head, VMDK_HEADER, NULL) != HL_OK ||
	    (memcmp(head, "KDMV", 4) != 0 && memcmp(head, "COWD", 4) != 0))
		return hl_fail(at, HL_CORRUPT,
		               "the header of this extent cannot be read");
	return hl_vmdk_header(head, hl_src_size(file), at);
}

static enum hl_status place(struct hl_src *file, uint64_t *off, uint64_t *len,
                            const struct hl_at *at)
{
	uint8_t head[VMDK_HEADER];
	size_t n = (size_t)min_u64(VMDK_HEADER, hl_src_size(file));
	enum hl_status st;

	*off = 0;
	*len = hl_src_size(file);
	if (hl_src_read(file, 0, head, n, NULL) != HL_OK)
		return hl_fail(at, HL_CORRUPT, "cannot be read");
	if (n < 64 || (memcmp(head, "KDMV", 4) != 0 &&
	               memcmp(head, "COWD", 4) != 0))
		return HL_OK;
	st = hl_vmdk_header(head, hl_src_size(file), at);
	if (st != HL_OK)
		return st;
	if (!memcmp(head, "COWD", 4) || !le64_at(head + 28))
		return hl_fail(at, HL_USAGE, "is an extent of a VMDK; name the "
		               "file that describes it");
	if (ckd_mul(off, le64_at(head + 28), (uint64_t)SECTOR) ||
	    ckd_mul(len, le64_at(head + 36), (uint64_t)SECTOR))
		*len = 0;
	return HL_OK;
}

enum hl_status hl_vmdk_text(char **out, struct hl_src *file,
                            const struct hl_at *at)
{
	static const char begins[] = "# Disk DescriptorFile";
	uint64_t off, len;
	enum hl_status st = place(file, &off, &len, at);
	char *text;

	*out = NULL;
	if (st != HL_OK)
		return st;
	if (len == 0 || len > MAX_TEXT)
		return hl_fail(at, HL_CORRUPT, "has a descriptor of %" PRIu64
		               " bytes, which cannot be", len);
	text = hl_zalloc(at->ctx, (size_t)len + 1);
	if (!text)
		return HL_NOMEM;
	if (hl_src_read(file, off, text, (size_t)len, NULL) != HL_OK ||
	    strncmp(text, begins, sizeof(begins) - 1) != 0) {
		hl_free(at->ctx, text);
		return hl_fail(at, HL_CORRUPT, "the descriptor of this VMDK "
		               "cannot be read%s", !off ? "" : "; if it "
		               "is an extent, name the file that describes "
		               "it");
	}
	*out = text;
	return HL_OK;
}

static const char *blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* The next word, at most size - 1 bytes of it. */
static const char *word(const char *p, char *dst, size_t size)
{
	size_t n = 0;

	p = blanks(p);
	while (*p && !strchr(" \t\r\n", *p)) {
		if (n + 1 < size)
			dst[n++] = *p;
		p++;
	}
	dst[n] = '\0';
	return p;
}

/* "text" up to the end of its line; false when it does not fit. */
static bool quoted(const char *p, char *dst, size_t size)
{
	size_t n;

	p = blanks(p);
	*dst = '\0';
	if (*p != '"')
		return false;
	n = strcspn(++p, "\"\r\n");
	if (n >= size || p[n] != '"')
		return false;
	memcpy(dst, p, n);
	dst[n] = '\0';
	return true;
}

static const char *next_line(const char *p)
{
	p += strcspn(p, "\r\n");
	return p + strspn(p, "\r\n");
}

static bool number(const char *p, uint64_t *out)
{
	*out = 0;
	for (; *p; p++)
		if (*p < '0' || *p > '9' || *out > UINT64_MAX / 16)
			return false;
		else
			*out = *out * 10 + (uint64_t)(*p - '0');
	return true;
}

bool hl_vmdk_extent(const char **p, struct vmdk_extent *out)
{
	char access[16], sectors[24];

	for (; **p; *p = next_line(*p)) {
		const char *q = word(*p, access, sizeof(access));
		if (strcmp(access, "RW") != 0 && strcmp(access, "RDONLY") != 0 &&
		    strcmp(access, "NOACCESS") != 0)
			continue;
		q = word(q, sectors, sizeof(sectors));
		if (!*sectors || !number(sectors, &out->sectors))
			continue;
		q = word(q, out->type, sizeof(out->type));
		out->off = 0;
		/* one that cannot be told keeps its place all the same */
		if (quoted(q, out->name, sizeof(out->name))) {
			q = strchr(strchr(q, '"') + 1, '"') + 1;
			word(q, sectors, sizeof(sectors));
			if (!number(sectors, &out->off))
				out->off = UINT64_MAX;
		}
		*p = next_line(*p);
		return true;
	}
	return false;
}

/* What follows "key=" at the beginning of a line, with or without quotes. */
static bool value(const char *text, const char *key, char *dst, size_t size)
{
	size_t n = strlen(key);

	for (const char *p = text; *p; p = next_line(p)) {
		if (strncmp(p, key, n) != 0 || *blanks(p + n) != '=')
			continue;
		p = blanks(blanks(p + n) + 1);
		if (*p != '"')
			word(p, dst, size);
		else if (!quoted(p, dst, size))
			return false;
		return *dst != '\0';
	}
	return false;
}

static const struct {
	const char *stored, *shown;
} types[] = {
	{ "monolithicSparse", "VMDK sparse" },
	{ "monolithicFlat", "VMDK flat" },
	{ "twoGbMaxExtentSparse", "VMDK split sparse" },
	{ "twoGbMaxExtentFlat", "VMDK split flat" },
	{ "streamOptimized", "VMDK stream-optimized" },
	{ "vmfs", "VMDK flat (ESX)" },
	{ "vmfsPreallocated", "VMDK flat (ESX)" },
	{ "vmfsEagerZeroedThick", "VMDK flat (ESX)" },
	{ "vmfsThin", "VMDK flat (ESX)" },
	{ "vmfsSparse", "VMDK sparse (ESX)" },
};

static void describe(struct vdisk_head *out, const char *text)
{
	char type[64], hint[VDISK_NAME];

	out->format = "VMDK";
	if (value(text, "createType", type, sizeof(type)))
		for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
			if (!strcmp(types[i].stored, type))
				out->format = types[i].shown;
	(void)value(text, "CID", out->id, sizeof(out->id));
	if (value(text, "parentCID", out->parent_id, sizeof(out->parent_id)))
		out->has_parent =
			hl_casecmp(out->parent_id, "ffffffff") != 0;
	if (!out->has_parent)
		*out->parent_id = '\0';
	else if (value(text, "parentFileNameHint", hint, sizeof(hint)))
		hl_vdisk_hint(out, hint, strlen(hint));
}

enum hl_status hl_vmdk_head(struct hl_src *file, struct vdisk_head *out,
                            const struct hl_at *at)
{
	struct vmdk_extent e;
	uint64_t sectors = 0;
	uint8_t magic[4];
	size_t n = 0;
	char *text;
	enum hl_status st = hl_vmdk_text(&text, file, at);

	if (st != HL_OK || !text)
		return st;
	describe(out, text);
	for (const char *p = text; hl_vmdk_extent(&p, &e); n++)
		if (ckd_add(&sectors, sectors, e.sectors))
			sectors = UINT64_MAX / SECTOR;
	out->lone = n == 1 && hl_src_read(file, 0, magic, 4, NULL) == HL_OK &&
	            !memcmp(magic, "KDMV", 4);
	out->size = sectors > UINT64_MAX / SECTOR ? 0 : sectors * SECTOR;
	out->sector_size = SECTOR;
	hl_free(at->ctx, text);
	return HL_OK;
}
