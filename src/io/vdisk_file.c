/* vdisk_file.c: one open file of an image as a source of its own, and what
 * it is. */
#include <string.h>

#include "base/banned.h"
#include "base/mem.h"
#include "io/src_impl.h"
#include "io/vdisk.h"

#define UNIT 4096 /* what a disk can fail to read */

struct one {
	struct hl_src src;
	const struct hl_files *files;
	size_t seg;
};

/* The file is shorter than it was, or cannot be read: piece by piece. */
static void read_hard(const struct one *o, uint64_t off, uint8_t *buf,
                      size_t len, struct hl_ranges *bad)
{
	while (len) {
		size_t n = UNIT - (size_t)(off % UNIT), got;
		if (n > len)
			n = len;
		(void)!hl_files_pread(o->files, o->seg, off, buf, n, &got);
		if (got < n) {
			memset(buf + got, 0, n - got);
			hl_ranges_add(bad, off + got, n - got, HL_WHAT_DATA,
			              HL_Q_UNREADABLE);
		}
		off += n;
		buf += n;
		len -= n;
	}
}

static enum hl_status one_read(struct hl_src *src, uint64_t off, void *buf,
                               size_t len, struct hl_ranges *bad)
{
	const struct one *o = (const struct one *)src;
	size_t got;

	if (hl_files_pread(o->files, o->seg, off, buf, len, &got) != HL_OK ||
	    got < len)
		read_hard(o, off, buf, len, bad);
	return HL_OK;
}

static void one_close(struct hl_src *src)
{
	hl_free(src->ctx, src);
}

static const struct hl_src_ops one_ops = {
	.read = one_read,
	.close = one_close,
};

enum hl_status hl_vdisk_file(struct hl_src **out, const struct hl_files *f,
                             size_t seg)
{
	struct one *o = hl_zalloc(f->ctx, sizeof(*o));

	*out = NULL;
	if (!o)
		return HL_NOMEM;
	hl_src_init(&o->src, &one_ops, f->ctx, f->seg[seg].path,
	            f->seg[seg].size, 0);
	o->files = f;
	o->seg = seg;
	*out = &o->src;
	return HL_OK;
}

enum files_kind hl_vdisk_kind(struct hl_src *file, const char **other)
{
	uint8_t first[512];
	size_t n = sizeof(first);
	enum files_kind kind = FILES_RAW;

	*other = NULL;
	if (n > hl_src_size(file))
		n = (size_t)hl_src_size(file);
	if (hl_src_read(file, 0, first, n, NULL) == HL_OK)
		kind = hl_signature(first, n, other);
	return kind == FILES_RAW && hl_vhd_at_end(file) ? FILES_VHD : kind;
}
