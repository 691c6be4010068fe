/*
 * fake_fs.h: a file system made of a list of paths, in memory, and a disk of
 * such volumes, so that the search is tested without a format.
 *
 *	"/Windows/System32/config/SYSTEM"   a file (folders are implied)
 *	"/Users/x/"                         a folder
 *	"/Documents and Settings@"          a link
 *	"/dir/file!"                        a file whose stream cannot be opened
 *
 * It defines the hl_disk_* calls that the search uses; the linker then takes
 * none of the real ones.
 */
#ifndef FAKE_FS_H
#define FAKE_FS_H

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/fs_impl.h"
#include "testing.h"

#define FAKE_NODES 20000

struct fake_node {
	char name[64];
	size_t parent;
	enum hl_type type;
	bool broken;
	const uint8_t *content;
	size_t size;
};

struct fake_fs {
	struct hl_fs fs;
	size_t n, last; /* nodes; where the last search ended */
	size_t lookups, lists, names, streams; /* what was asked for */
	struct fake_node node[FAKE_NODES];
};

struct hl_disk {
	size_t n;
	struct hl_volume v[4];
	uint64_t gap_off, gap_len;
};

static struct fake_fs fake[2];
static struct hl_disk fake_disk;

size_t hl_disk_count(struct hl_disk *d)
{
	return d->n;
}

struct hl_volume *hl_disk_volume(struct hl_disk *d, size_t i)
{
	return &d->v[i];
}

enum hl_status hl_disk_gap(struct hl_disk *d, size_t i, uint64_t *off,
                           uint64_t *len)
{
	*off = d->gap_off;
	*len = d->gap_len;
	return i == 0 && d->gap_len ? HL_OK : HL_END;
}

static void fake_entry(struct fake_fs *f, size_t i, struct hl_entry *out)
{
	const struct fake_node *n = &f->node[i];

	memset(out, 0, sizeof(*out));
	out->ref.id = i;
	out->parent.id = n->parent;
	out->type = n->type;
	out->flags = HL_ENTRY_FULL;
	out->size = n->size;
	snprintf(out->name, sizeof(out->name), "%s", n->name);
}

static enum hl_status fake_root(struct hl_fs *fs, struct hl_entry *out)
{
	fake_entry(fs->impl, 0, out);
	return HL_OK;
}

static size_t fake_child(struct fake_fs *f, size_t dir, const char *name)
{
	for (size_t i = 1; i < f->n; i++)
		if (f->node[i].parent == dir &&
		    strcasecmp(f->node[i].name, name) == 0)
			return i;
	return 0;
}

static enum hl_status fake_lookup(struct hl_fs *fs, const struct hl_ref *dir,
                                  const char *name, struct hl_entry *out)
{
	struct fake_fs *f = fs->impl;
	size_t i = fake_child(f, (size_t)dir->id, name);

	f->lookups++;
	if (!i)
		return HL_END;
	fake_entry(f, i, out);
	return HL_OK;
}

static enum hl_status fake_by_ref(struct hl_fs *fs, const struct hl_ref *ref,
                                  bool by_number, struct hl_entry *out)
{
	(void)by_number;
	fake_entry(fs->impl, (size_t)ref->id, out);
	return HL_OK;
}

struct fake_iter {
	size_t dir, next;
};

static enum hl_status fake_list(void **iter, struct hl_fs *fs,
                                const struct hl_ref *dir, unsigned how)
{
	struct fake_fs *f = fs->impl;
	struct fake_iter *it = calloc(1, sizeof(*it));

	(void)how;
	ck_assert_ptr_nonnull(it);
	f->lists++;
	it->dir = (size_t)dir->id;
	it->next = 1;
	*iter = it;
	return HL_OK;
}

static enum hl_status fake_next(struct hl_fs *fs, void *iter,
                                struct hl_entry *out)
{
	struct fake_fs *f = fs->impl;
	struct fake_iter *it = iter;

	for (; it->next < f->n; it->next++) {
		if (f->node[it->next].parent != it->dir)
			continue;
		f->names++;
		fake_entry(f, it->next++, out);
		return HL_OK;
	}
	return HL_END;
}

static void fake_list_close(struct hl_fs *fs, void *iter)
{
	(void)fs;
	free(iter);
}

static enum hl_status fake_stream(struct hl_src **out, struct hl_fs *fs,
                                  const struct hl_ref *ref,
                                  const char *stream, enum hl_stream_how how)
{
	struct fake_fs *f = fs->impl;
	const struct fake_node *n = &f->node[ref->id];

	(void)stream;
	(void)how;
	*out = NULL;
	f->streams++;
	if (n->broken)
		return HL_CORRUPT;
	return hl_src_mem(out, n->content ? n->content : (const uint8_t *)"",
	                  n->size, false, fs->ctx);
}

static const struct hl_fs_ops fake_ops = {
	.root = fake_root,
	.lookup = fake_lookup,
	.entry = fake_by_ref,
	.list = fake_list,
	.next = fake_next,
	.list_close = fake_list_close,
	.stream = fake_stream,
};

static size_t fake_make(struct fake_fs *f, size_t parent, const char *name,
                        size_t len)
{
	ck_assert_uint_lt(f->n, FAKE_NODES);
	ck_assert_uint_lt(len, sizeof(f->node[0].name));
	struct fake_node *n = &f->node[f->n];
	memset(n, 0, sizeof(*n));
	memcpy(n->name, name, len);
	n->parent = parent;
	n->type = HL_DIR;
	return f->n++;
}

/* Add one path; returns its node. */
static struct fake_node *fake_add(struct fake_fs *f, const char *path)
{
	size_t at = 0;

	while (*path == '/' && path[1]) {
		size_t len = strcspn(++path, "/@!");
		char name[64] = "";
		ck_assert_uint_lt(len, sizeof(name));
		memcpy(name, path, len);
		size_t i = fake_child(f, at, name);
		at = i ? i : fake_make(f, at, path, len);
		path += len;
	}
	f->node[at].type = *path == '@' ? HL_LINK :
	                   *path == '/' ? HL_DIR : HL_FILE;
	f->node[at].broken = *path == '!';
	return &f->node[at];
}

/* A disk of one or two fresh volumes. */
static struct hl_disk *fake_start(size_t volumes)
{
	memset(&fake_disk, 0, sizeof(fake_disk));
	fake_disk.n = volumes;
	for (size_t i = 0; i < volumes; i++) {
		struct fake_fs *f = &fake[i];
		struct hl_volume *v = &fake_disk.v[i];
		memset(f, 0, sizeof(*f));
		f->fs.ops = &fake_ops;
		f->fs.ctx = test_ctx();
		f->fs.impl = f;
		f->fs.info.name = "fake";
		f->fs.info.unallocated = HL_NO_OFFSET;
		f->n = 1;
		f->node[0].type = HL_DIR;
		f->node[0].parent = SIZE_MAX;
		snprintf(v->id, sizeof(v->id), "%zu", i + 1);
		v->fs = &f->fs;
		v->fs_name = "fake";
		v->len = 1 << 20;
		v->off = (i + 1) << 20;
	}
	return &fake_disk;
}

#endif
