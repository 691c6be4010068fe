/*
 * ntfs_dump.c: every file and stream of a volume as lines
 *
 *	type TAB record TAB size TAB sha256 TAB path
 *
 * for comparing with other readers.  Not a test by itself: check_ntfs_*.c
 * and people run it.  usage: ntfs_dump IMAGE [OFFSET [LENGTH]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/hash.h"
#include "fs/fs_impl.h"
#include "hivelift/hivelift.h"

static struct hl_stats stats;
static unsigned n_loss;

static void note(void *user, const struct hl_note *n)
{
	(void)user;
	if (n->level >= HL_LOSS)
		n_loss++;
	fprintf(stderr, "%s: %s: %s\n",
	        n->level == HL_INFO ? "info" : n->level == HL_LOSS ? "LOSS" :
	        "FAILED", n->what, n->text);
}

static const struct hl_ctx ctx = { .note = note, .stats = &stats };

static void sum_stream(struct hl_src *s, char hex[HL_HASH_HEX])
{
	static uint8_t buf[65536];
	uint64_t off = 0, size = hl_src_size(s);
	struct hl_ranges bad;
	struct hl_hash *h;

	hl_ranges_clear(&bad);
	if (size > 8ull << 30) {
		snprintf(hex, HL_HASH_HEX, "-");
		return;
	}
	if (hl_hash_new(&h, 1u << HL_SHA256, &ctx))
		exit(1);
	while (off < size) {
		size_t n = size - off < sizeof(buf) ? (size_t)(size - off) :
		           sizeof(buf);

		if (hl_src_read(s, off, buf, n, &bad))
			exit(1);
		hl_hash_update(h, buf, n);
		off += n;
	}
	hl_hash_final(h, HL_SHA256, hex);
	hl_hash_free(h);
	if (bad.bytes)
		fprintf(stderr, "bad: %llu bytes of %s\n",
		        (unsigned long long)bad.bytes, hl_src_name(s));
}

static void streams(struct hl_fs *fs, const struct hl_entry *e,
                    const char *path)
{
	struct hl_stream_info si;
	unsigned cursor = 0;
	enum hl_status st;

	while ((st = hl_fs_stream_next(fs, &e->ref, &cursor, &si)) == HL_OK) {
		char hex[HL_HASH_HEX] = "-";
		struct hl_src *s;

		if (hl_fs_stream(&s, fs, &e->ref, si.name,
		                 HL_STREAM_CONTENT) == HL_OK) {
			sum_stream(s, hex);
			hl_src_close(s);
		}
		printf("r\t%llu\t%llu\t%s\t%s%s%s\n",
		       (unsigned long long)e->ref.id,
		       (unsigned long long)si.size, hex, path,
		       *si.name ? ":" : "", si.name);
	}
	if (st != HL_END)
		fprintf(stderr, "streams of %s: %s\n", path,
		        hl_status_text(st));
}

static void folder(struct hl_fs *fs, const struct hl_ref *ref,
                   const char *path, int depth)
{
	struct hl_fs_iter *it;
	struct hl_entry *e = malloc(sizeof(*e));
	enum hl_status st = hl_fs_list(&it, fs, ref, HL_LIST_FULL);

	if (st || depth > 200) {
		fprintf(stderr, "folder %s: %s\n", path, hl_status_text(st));
		free(e);
		return;
	}
	while ((st = hl_fs_next(it, e)) == HL_OK || st == HL_CORRUPT) {
		size_t n = strlen(path) + sizeof(e->name) + 2;
		char *sub;

		if (st != HL_OK)
			continue;
		sub = malloc(n);
		snprintf(sub, n, "%s%s%s", path, *path ? "/" : "", e->name);
		if (e->type == HL_DIR)
			printf("d\t%llu\t-\t-\t%s\n",
			       (unsigned long long)e->ref.id, sub);
		if (e->type == HL_LINK) {
			char target[1024] = "?";

			if (hl_fs_link(fs, &e->ref, target, sizeof(target)))
				fprintf(stderr, "no target\n");
			printf("l\t%llu\t-\t%s\t%s\n",
			       (unsigned long long)e->ref.id, target, sub);
		}
		streams(fs, e, sub);
		if (e->type == HL_DIR)
			folder(fs, &e->ref, sub, depth + 1);
		free(sub);
	}
	if (st != HL_END)
		fprintf(stderr, "folder %s: %s\n", path, hl_status_text(st));
	hl_fs_iter_close(it);
	free(e);
}

static int dump(struct hl_src *vol)
{
	const struct hl_fs_info *i;
	struct hl_fs *fs;
	struct hl_entry e;
	uint64_t free_bytes = 0;

	if (hl_fs_open(&fs, vol, &ctx)) {
		fprintf(stderr, "cannot open\n");
		return 1;
	}
	i = hl_fs_info(fs);
	fprintf(stderr, "%s label \"%s\" serial %s cluster %u sector %u size "
	        "%llu dirty %d hibernated %d shadows %u\n", i->name, i->label,
	        i->serial, i->cluster_size, i->sector_size,
	        (unsigned long long)i->size, i->dirty, i->hibernated,
	        i->shadow_copies);
	if (hl_fs_root(fs, &e) == HL_OK) {
		streams(fs, &e, "");
		folder(fs, &e.ref, "", 0);
	}
	if (hl_fs_unallocated(fs, &free_bytes) == HL_OK)
		fprintf(stderr, "free %llu\n", (unsigned long long)free_bytes);
	hl_fs_close(fs);
	return 0;
}

int main(int argc, char **argv)
{
	struct hl_files *files;
	struct hl_src *image, *vol;
	uint64_t off = argc > 2 ? strtoull(argv[2], NULL, 0) : 0, len;
	int rc;

	if (argc < 2)
		return 1;
	if (hl_files_find(&files, argv[1], NULL, &ctx) ||
	    hl_image_open(&image, files, NULL, &ctx))
		return 1;
	len = argc > 3 ? strtoull(argv[3], NULL, 0) : hl_src_size(image) - off;
	if (hl_src_window(&vol, image, off, len, &ctx))
		return 1;
	rc = dump(vol);
	hl_src_close(vol);
	hl_src_close(image);
	hl_files_close(files);
	fprintf(stderr, "mem peak %llu now %llu image bytes %llu, losses %u\n",
	        (unsigned long long)stats.mem_peak,
	        (unsigned long long)stats.mem_now,
	        (unsigned long long)stats.image_bytes, n_loss);
	return rc;
}
