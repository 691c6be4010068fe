/* fat_fs.c: FAT as a file system like any other. */
#include <stdio.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "base/text.h"
#include "fat/fat_disk.h"
#include "fs/fat_fs.h"


static struct fat_fs *impl(struct hl_fs *fs)
{
	return fs->impl;
}

static enum hl_status probe(const void *p, size_t n)
{
	struct hl_fat_geom g;
	const char *why;

	return hl_fat_boot_decode(span_of(p, n), &g, &why);
}

static void fill_info(struct hl_fs *fs, const struct hl_fat *v)
{
	const struct hl_fat_geom *g = hl_fat_geom(v);
	struct hl_fs_info *info = &fs->info;
	size_t n;
	const uint16_t *label = hl_fat_label(v, &n);

	info->name = g->kind == HL_FAT32   ? "fat32"
	             : g->kind == HL_FAT16 ? "fat16"
	                                   : "fat12";
	hl_utf8_from16(info->label, sizeof(info->label), label, n);
	if (g->has_serial)
		snprintf(info->serial, sizeof(info->serial), "%04X-%04X",
		         g->serial >> 16, g->serial & 0xFFFF);
	info->cluster_size = g->cluster_size;
	info->sector_size = g->sector_size;
	info->size = g->size;
	info->boot_backup = hl_fat_boot_backup(v);
	info->dirty = hl_fat_dirty(v);
	info->unallocated = HL_NO_OFFSET;
}

static enum hl_status fs_open(struct hl_fs *fs, bool rescue)
{
	struct fat_fs *f = hl_zalloc(fs->ctx, sizeof(*f));
	enum hl_status st;

	if (!f)
		return HL_NOMEM;
	st = hl_fat_open(&f->vol, fs->src, rescue, fs->ctx);
	if (st != HL_OK) {
		hl_free(fs->ctx, f);
		return st;
	}
	fs->impl = f;
	fill_info(fs, f->vol);
	return HL_OK;
}

static void fs_close(struct hl_fs *fs)
{
	struct fat_fs *f = impl(fs);

	if (!f)
		return;
	hl_fat_chain_free(f->vol, &f->chain);
	hl_free(fs->ctx, f->folders.slot);
	hl_fat_close(f->vol);
	hl_free(fs->ctx, f);
	fs->impl = NULL;
}

static enum hl_status root(struct hl_fs *fs, struct hl_entry *out)
{
	(void)fs;
	*out = (struct hl_entry){ .type = HL_DIR,
	                          .flags = HL_ENTRY_FULL,
	                          .attributes = FAT_ATTR_DIR };
	return HL_OK;
}

static enum hl_status lookup(struct hl_fs *fs, const struct hl_ref *dir,
                             const char *name, struct hl_entry *out)
{
	uint16_t name16[HL_NAME_UNITS];
	size_t n = hl_utf16_from8(name16, HL_NAME_UNITS, name);
	struct hl_fat_entry e;
	uint32_t first;
	unsigned how;
	enum hl_status st;

	if (n == SIZE_MAX || n == 0)
		return HL_END;
	st = hl_fat_fs_folder(fs, dir, &first, &how);
	if (st == HL_OK)
		st = hl_fat_lookup(impl(fs)->vol, first, how, name16, n, &e);
	if (st == HL_OK)
		hl_fat_fs_fill(out, fs, &e, dir);
	return st;
}

static unsigned dir_how(unsigned how)
{
	return how & HL_LIST_DELETED ? HL_FAT_DIR_DELETED : 0;
}

static enum hl_status list(void **out, struct hl_fs *fs,
                           const struct hl_ref *dir, unsigned how)
{
	struct fat_iter *it = hl_zalloc(fs->ctx, sizeof(*it));
	uint32_t first;
	unsigned gone;
	enum hl_status st;

	*out = NULL;
	if (!it)
		return HL_NOMEM;
	it->folder = *dir;
	it->how = how;
	st = hl_fat_fs_folder(fs, dir, &first, &gone);
	if (st == HL_OK)
		st = hl_fat_dir_open(&it->dir, impl(fs)->vol, first,
		                     gone | dir_how(how));
	else if (st == HL_END && gone)
		st = HL_OK; /* nothing is left of it, which is no loss */
	if (st != HL_OK) {
		hl_free(fs->ctx, it);
		return st;
	}
	*out = it;
	return HL_OK;
}

enum hl_status hl_fat_fs_iter_next(struct hl_fs *fs, struct fat_iter *it,
                                   struct hl_entry *out)
{
	enum hl_status st;

	if (!it->dir)
		return HL_END;
	if (it->short_next) {
		it->short_next = false;
		hl_fat_fs_fill(out, fs, &it->last, &it->folder);
		out->flags |= HL_ENTRY_SHORT_NAME;
		hl_fat_fs_set_name(out, it->last.short16, it->last.n_short);
		return HL_OK;
	}
	do {
		st = hl_fat_dir_next(it->dir, &it->last);
		if (st != HL_OK)
			return st;
	} while ((it->how & HL_LIST_NO_LIVE) && !it->last.deleted);
	hl_fat_fs_fill(out, fs, &it->last, &it->folder);
	it->short_next = it->last.long_name && (it->how & HL_LIST_SHORT);
	return HL_OK;
}

static enum hl_status next(struct hl_fs *fs, void *iter, struct hl_entry *out)
{
	return hl_fat_fs_iter_next(fs, iter, out);
}

static void list_close(struct hl_fs *fs, void *iter)
{
	struct fat_iter *it = iter;

	if (!it)
		return;
	hl_fat_dir_close(it->dir);
	hl_free(fs->ctx, it);
}

static enum hl_status stream(struct hl_src **out, struct hl_fs *fs,
                             const struct hl_ref *ref, const char *name,
                             enum hl_stream_how how)
{
	static const enum hl_fat_how as[] = {
		[HL_STREAM_CONTENT] = HL_FAT_CONTENT,
		[HL_STREAM_SLACK] = HL_FAT_SLACK,
		[HL_STREAM_RAW] = HL_FAT_CHAIN,
		[HL_STREAM_LOOK] = HL_FAT_LOOK,
	};
	struct hl_fat_entry e;
	enum hl_status st;

	*out = NULL;
	if (name && *name)
		return HL_END;
	st = hl_fat_fs_entry(fs, ref, &e);
	if (st != HL_OK)
		return st;
	if (e.what == HL_FAT_FOLDER && how != HL_STREAM_RAW)
		return HL_END;
	return hl_fat_stream(out, impl(fs)->vol, &e, as[how]);
}

static enum hl_status stream_next(struct hl_fs *fs, const struct hl_ref *ref,
                                  unsigned *cursor, struct hl_stream_info *out)
{
	struct fat_fs *f = impl(fs);
	struct hl_fat_entry e;
	struct hl_fat_chain c;
	enum hl_status st;

	if ((*cursor)++ > 0)
		return HL_END;
	st = hl_fat_fs_entry(fs, ref, &e);
	if (st != HL_OK || e.what == HL_FAT_FOLDER)
		return st == HL_OK ? HL_END : st;
	st = e.deleted ? hl_fat_guess(f->vol, &e, false, &c) :
	     hl_fat_chain_walk(f->vol, e.cluster, e.cluster ? HL_FAT_ALL : 0,
	                       &c);
	if (st != HL_OK)
		return st;
	*out = (struct hl_stream_info){
		.size = e.size,
		.valid = e.size,
		.allocated = (uint64_t)c.runs.clusters *
		             hl_fat_geom(f->vol)->cluster_size,
	};
	hl_fat_chain_free(f->vol, &c);
	return HL_OK;
}

static enum hl_status no_link(struct hl_fs *fs, const struct hl_ref *ref,
                              char *buf, size_t n)
{
	(void)fs;
	(void)ref;
	if (n)
		buf[0] = '\0';
	return HL_END;
}

static enum hl_status unallocated(struct hl_fs *fs, uint64_t *bytes)
{
	return hl_fat_free_bytes(impl(fs)->vol, bytes);
}

static enum hl_status in_use(struct hl_fs *fs, uint64_t off, uint64_t *n,
                             bool *used)
{
	const struct hl_fat_geom *g = hl_fat_geom(impl(fs)->vol);
	uint64_t cs = g->cluster_size, i;
	uint32_t many;

	*used = true;
	if (off < g->data_off) {
		*n = min_u64(*n, g->data_off - off);
		return HL_OK;
	}
	i = (off - g->data_off) / cs;
	if (i >= g->n_clusters)
		return HL_OK;
	enum hl_status st = hl_fat_in_use(impl(fs)->vol, (uint32_t)i + 2,
	                                  &many, used);
	if (st == HL_OK || st == HL_END)
		*n = min_u64(*n, g->data_off + (i + many) * cs - off);
	return st;
}

const struct hl_fs_ops hl_fs_fat = {
	.probe = probe,
	.open = fs_open,
	.close = fs_close,
	.root = root,
	.lookup = lookup,
	.entry = hl_fat_fs_entry_op,
	.list = list,
	.next = next,
	.list_close = list_close,
	.sweep = hl_fat_fs_sweep,
	.sweep_next = hl_fat_fs_sweep_next,
	.sweep_close = hl_fat_fs_sweep_close,
	.parent = hl_fat_fs_parent,
	.stream = stream,
	.stream_next = stream_next,
	.link = no_link,
	.fact_next = hl_fat_fs_fact_next,
	.unallocated = unallocated,
	.in_use = in_use,
};
