/*
 * fs.c: one view of every file system: finds the driver by content and hands
 * every call on to it.
 *
 * What lies at the start of a volume is asked in this order:
 *
 *	boot signatures   BitLocker To Go looks like FAT32 on purpose
 *	drivers           by their probe of the boot sector
 *	other signatures  before second copies, since a partition formatted
 *	                  anew may still end with its old NTFS boot sector
 *	second copies     when the first sector tells nothing
 */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "fs/fs_impl.h"

struct hl_fs_iter {
	struct hl_fs *fs;
	void *impl;
	bool sweep;
};

/* ---- opening --------------------------------------------------------- */

static bool final(enum hl_status st)
{
	return st == HL_NOMEM || st == HL_CANCELLED;
}

/* Damage in it is zeros here; the driver meets it again and says so. */
static enum hl_status head(struct hl_src *vol, void *buf, size_t max,
                           size_t *n)
{
	struct hl_ranges bad;

	hl_ranges_clear(&bad);
	*n = (size_t)min_u64(max, hl_src_size(vol));
	if (*n == 0)
		return HL_OK;
	return hl_src_read(vol, 0, buf, *n, &bad);
}

static enum hl_status open_with(struct hl_fs **out,
                                const struct hl_fs_ops *ops,
                                struct hl_src *vol, bool rescue,
                                const struct hl_ctx *ctx)
{
	struct hl_fs *fs = hl_zalloc(ctx, sizeof(*fs));

	*out = NULL;
	if (!fs)
		return HL_NOMEM;
	fs->ops = ops;
	fs->ctx = ctx;
	fs->src = vol;
	fs->info.name = "";
	fs->info.unallocated = HL_NO_OFFSET;
	enum hl_status st = ops->open(fs, rescue);
	if (st == HL_OK)
		*out = fs;
	else
		hl_free(ctx, fs);
	return st;
}

/*
 * The drivers in their order, those whose probe fits; for a rescue all of
 * them, backwards: the copies of FAT32 and exFAT lie in the first sectors,
 * which a format as NTFS overwrites, but NTFS's own lies in the last sector
 * and outlives every later format.
 */
static enum hl_status try_drivers(struct hl_fs_found *out, struct hl_src *vol,
                                  const struct hl_fs_driver *drivers,
                                  const void *p, size_t n, bool rescue,
                                  const struct hl_ctx *ctx)
{
	size_t n_drivers = 0;

	while (drivers[n_drivers].ops)
		n_drivers++;
	for (size_t i = 0; i < n_drivers; i++) {
		const struct hl_fs_driver *d =
			&drivers[rescue ? n_drivers - 1 - i : i];

		if (!rescue && d->ops->probe(p, n) != HL_OK)
			continue;
		enum hl_status st = open_with(&out->fs, d->ops, vol, rescue,
		                              ctx);
		if (st == HL_OK) {
			out->name = out->fs->info.name;
			out->reason = NULL;
			return HL_OK;
		}
		if (final(st))
			return st;
		if (st != HL_END && !out->damaged) {
			out->name = d->name;
			out->reason = st == HL_UNSUPPORTED ?
				"of a kind that is not read" :
				"damaged beyond use";
			out->damaged = true;
		}
	}
	return HL_END;
}

static bool all_zero(const uint8_t *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* The one signature that lies further in: VMFS's volume header at 1 MiB. */
static bool is_vmfs(struct hl_src *vol)
{
	uint8_t b[4];

	return hl_src_size(vol) > 0x100200 &&
	       hl_src_read(vol, 0x100000, b, sizeof(b), NULL) == HL_OK &&
	       memcmp(b, "\x0d\xd0\x01\xc0", 4) == 0;
}

/* The others as far in as 64 KiB. */
static enum hl_status look_further(struct hl_fs_found *out, struct hl_src *vol,
                                   const struct hl_ctx *ctx)
{
	uint8_t *p = hl_alloc(ctx, HL_KNOWN_BYTES);
	size_t n;

	if (!p)
		return HL_NOMEM;
	enum hl_status st = head(vol, p, HL_KNOWN_BYTES, &n);
	if (st == HL_OK) {
		const struct hl_known *k = hl_known_find(p, n, false);

		out->zeros = all_zero(p, n);
		if (k) {
			out->name = k->foreign ? "" : k->fs_name;
			out->reason = k->reason;
		} else if (is_vmfs(vol)) {
			out->name = "vmfs";
			out->reason = "VMware VMFS: not read";
		}
	}
	hl_free(ctx, p);
	return st == HL_OK ? HL_END : st;
}

enum hl_status hl_fs_identify_with(struct hl_fs_found *out, struct hl_src *vol,
                                   bool rescue,
                                   const struct hl_fs_driver *drivers,
                                   const struct hl_ctx *ctx)
{
	uint8_t p[HL_PROBE_BYTES];
	size_t n;

	*out = (struct hl_fs_found){ .name = "" };
	enum hl_status st = head(vol, p, sizeof(p), &n);
	if (st != HL_OK)
		return st;
	const struct hl_known *boot = hl_known_find(p, n, true);
	if (boot) {
		out->name = boot->fs_name;
		out->reason = boot->reason;
		return HL_END;
	}
	st = try_drivers(out, vol, drivers, p, n, false, ctx);
	if (st != HL_END)
		return st;
	if (!out->damaged)
		st = look_further(out, vol, ctx);
	if (st == HL_END && rescue && (out->damaged || !out->reason))
		st = try_drivers(out, vol, drivers, p, n, true, ctx);
	return st;
}

void hl_fs_close(struct hl_fs *fs)
{
	if (!fs)
		return;
	hl_fs_paths_free(fs);
	fs->ops->close(fs);
	hl_free(fs->ctx, fs);
}

const struct hl_fs_info *hl_fs_info(struct hl_fs *fs)
{
	return &fs->info;
}

struct hl_src *hl_fs_source(struct hl_fs *fs)
{
	return fs->src;
}

enum hl_status hl_fs_unallocated(struct hl_fs *fs, uint64_t *bytes)
{
	*bytes = fs->info.unallocated;
	if (*bytes != HL_NO_OFFSET)
		return HL_OK;
	enum hl_status st = HL_END;
	if (fs->ops->unallocated)
		st = fs->ops->unallocated(fs, bytes);
	if (st == HL_OK)
		fs->info.unallocated = *bytes;
	return st;
}

enum hl_status hl_fs_free_next(struct hl_fs *fs, uint64_t *cursor,
                               uint64_t *off, uint64_t *len)
{
	uint64_t size = hl_src_size(fs->src), at = *cursor, n;
	bool used;

	*len = 0;
	if (!fs->ops->in_use)
		return HL_UNSUPPORTED;
	if (fs->info.size)
		size = min_u64(size, fs->info.size);
	for (; at < size; at += n) {
		n = size - at;
		enum hl_status st = hl_cancelled(fs->ctx) ? HL_CANCELLED :
			fs->ops->in_use(fs, at, &n, &used);
		if (st != HL_OK && st != HL_END)
			return st;
		used = st == HL_OK && used;
		if (used && *len)
			break;
		if (!used && !*len)
			*off = at;
		*len += used ? 0 : n;
	}
	*cursor = at;
	return *len ? HL_OK : HL_END;
}

/* ---- files ----------------------------------------------------------- */

enum hl_status hl_fs_root(struct hl_fs *fs, struct hl_entry *out)
{
	return fs->ops->root(fs, out);
}

enum hl_status hl_fs_lookup(struct hl_fs *fs, const struct hl_ref *dir,
                            const char *name, struct hl_entry *out)
{
	return fs->ops->lookup(fs, dir, name, out);
}

enum hl_status hl_fs_entry(struct hl_fs *fs, const struct hl_ref *ref,
                           struct hl_entry *out)
{
	return fs->ops->entry(fs, ref, false, out);
}

static enum hl_status begin(struct hl_fs_iter **out, struct hl_fs *fs,
                            const struct hl_ref *dir, unsigned how)
{
	struct hl_fs_iter *it = hl_zalloc(fs->ctx, sizeof(*it));

	*out = NULL;
	if (!it)
		return HL_NOMEM;
	it->fs = fs;
	it->sweep = !dir;
	enum hl_status st = dir ? fs->ops->list(&it->impl, fs, dir, how) :
	                    fs->ops->sweep(&it->impl, fs, how);
	if (st == HL_OK)
		*out = it;
	else
		hl_free(fs->ctx, it);
	return st;
}

enum hl_status hl_fs_list(struct hl_fs_iter **out, struct hl_fs *fs,
                          const struct hl_ref *dir, unsigned how)
{
	return begin(out, fs, dir, how);
}

bool hl_fs_can_sweep(const struct hl_fs *fs)
{
	return fs->ops->sweep != NULL;
}

enum hl_status hl_fs_sweep(struct hl_fs_iter **out, struct hl_fs *fs,
                           unsigned how)
{
	*out = NULL;
	return fs->ops->sweep ? begin(out, fs, NULL, how) : HL_UNSUPPORTED;
}

enum hl_status hl_fs_next(struct hl_fs_iter *it, struct hl_entry *out)
{
	if (hl_cancelled(it->fs->ctx))
		return HL_CANCELLED;
	if (it->sweep)
		return it->fs->ops->sweep_next(it->fs, it->impl, out);
	return it->fs->ops->next(it->fs, it->impl, out);
}

void hl_fs_iter_close(struct hl_fs_iter *it)
{
	if (!it)
		return;
	if (it->sweep)
		it->fs->ops->sweep_close(it->fs, it->impl);
	else
		it->fs->ops->list_close(it->fs, it->impl);
	hl_free(it->fs->ctx, it);
}

enum hl_status hl_fs_parent(struct hl_fs *fs, const struct hl_entry *entry,
                            struct hl_entry *out)
{
	return fs->ops->parent ? fs->ops->parent(fs, entry, out) : HL_END;
}

enum hl_status hl_fs_stream(struct hl_src **out, struct hl_fs *fs,
                            const struct hl_ref *ref, const char *stream,
                            enum hl_stream_how how)
{
	*out = NULL;
	return fs->ops->stream(out, fs, ref, stream ? stream : "", how);
}

enum hl_status hl_fs_stream_next(struct hl_fs *fs, const struct hl_ref *ref,
                                 unsigned *cursor, struct hl_stream_info *out)
{
	return fs->ops->stream_next(fs, ref, cursor, out);
}

enum hl_status hl_fs_link(struct hl_fs *fs, const struct hl_ref *ref,
                          char *buf, size_t n)
{
	return fs->ops->link ? fs->ops->link(fs, ref, buf, n) : HL_END;
}

enum hl_status hl_fs_fact_next(struct hl_fs *fs, const struct hl_ref *ref,
                               unsigned *cursor, struct hl_fact *out)
{
	return fs->ops->fact_next ?
	       fs->ops->fact_next(fs, ref, cursor, out) : HL_END;
}
