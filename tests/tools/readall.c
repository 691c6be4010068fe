/*
 * readall.c: reads every stream of every file of every volume of an image,
 * in full, through the public API, and prints what it got:
 *
 *	V <volume> <offset> <size> <file system> <why it is not read>
 *	<type> <volume> <record> <size> <sha256> <bad bytes> <path>
 *	T <files> <bytes> <losses> <failures> <peak memory>
 *
 * Tabs between; in a path \t, \n and \\ are escaped.  Types: f file or
 * stream, n file without an unnamed stream, d folder, l link, o other; '-'
 * stands for what is not known, or a stream that is one single hole.
 * Status as the program has it: 0, 1 (not opened), 2 (a loss was said).
 *
 *	readall [-l] [-m BYTES] IMAGE	-l: list only; -m: hash up to that size
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/hash.h"
#include "hivelift/hivelift.h"

#define DEPTH 1024
#define PATH_ROOM (1 << 17)
#define CHUNK (1 << 20)

struct frame {
	struct hl_fs_iter *it;
	struct hl_ref dir;
	size_t path_len;
};

struct state {
	const struct hl_ctx *ctx;
	struct hl_volume *vol;
	char *path;
	uint8_t *buf;
	struct frame *stack;
	size_t depth;
	bool list_only;
	uint64_t hash_max;
	uint64_t files, bytes, failures, losses;
};

static void on_note(void *user, const struct hl_note *note)
{
	struct state *s = user;
	static const char *const levels[] = { "info", "loss", "failed" };

	s->losses += note->level >= HL_LOSS;
	fprintf(stderr, "%s: %s: %s\n", levels[note->level], note->what,
	        note->text);
}

static void put_escaped(const char *s)
{
	for (; *s; s++) {
		if (*s == '\t')
			fputs("\\t", stdout);
		else if (*s == '\n')
			fputs("\\n", stdout);
		else if (*s == '\\')
			fputs("\\\\", stdout);
		else
			putchar(*s);
	}
}

static void put_line(struct state *s, char type, const struct hl_entry *e,
                     uint64_t size, const char *hash, uint64_t bad,
                     const char *stream)
{
	printf("%c\t%s\t", type, s->vol->id);
	if (e->flags & HL_ENTRY_RECORD)
		printf("%" PRIu64, e->ref.id);
	else
		putchar('-');
	printf("\t%" PRIu64 "\t%s\t%" PRIu64 "\t", size, hash, bad);
	put_escaped(s->path);
	if (*stream) {
		putchar(':');
		put_escaped(stream);
	}
	putchar('\n');
}

/* The hash and the number of bytes that could not be had. */
static bool hash_source(struct state *s, struct hl_src *src, char *hex,
                        uint64_t *bad)
{
	uint64_t size = hl_src_size(src);
	struct hl_ranges ranges;
	struct hl_hash *h;

	if (hl_hash_new(&h, 1 << HL_SHA256, s->ctx) != HL_OK)
		return false;
	for (uint64_t off = 0; off < size;) {
		size_t n = size - off < CHUNK ? (size_t)(size - off) : CHUNK;
		hl_ranges_clear(&ranges);
		if (hl_src_read(src, off, s->buf, n, &ranges) != HL_OK) {
			hl_hash_free(h);
			return false;
		}
		hl_hash_update(h, s->buf, n);
		*bad += ranges.bytes;
		off += n;
	}
	hl_hash_final(h, HL_SHA256, hex);
	hl_hash_free(h);
	s->bytes += size;
	return true;
}

/* $BadClus:$Bad is as long as the volume and one hole. */
static bool is_one_hole(struct hl_src *src)
{
	struct hl_extent e;

	return hl_src_size(src) > 16 * CHUNK &&
	       hl_src_map(src, 0, &e) == HL_OK && e.what == HL_WHAT_SPARSE &&
	       e.len == hl_src_size(src);
}

static void do_stream(struct state *s, const struct hl_entry *e,
                      const char *stream)
{
	char hex[HL_HASH_HEX] = "-";
	uint64_t bad = 0, size = 0;
	struct hl_src *src;
	enum hl_status st;

	st = hl_fs_stream(&src, s->vol->fs, &e->ref, stream,
	                  HL_STREAM_CONTENT);
	if (st != HL_OK) {
		/* a folder or a link need not have an unnamed stream */
		if (st == HL_END && !*stream)
			return;
		s->failures++;
		fprintf(stderr, "readall: %s:%s: %s\n", s->path, stream,
		        hl_status_text(st));
		put_line(s, 'f', e, e->size, "-", 0, stream);
		return;
	}
	size = hl_src_size(src);
	if (!s->list_only && size <= s->hash_max && !is_one_hole(src) &&
	    !hash_source(s, src, hex, &bad)) {
		s->failures++;
		fprintf(stderr, "readall: %s:%s: cannot be read\n", s->path,
		        stream);
	}
	s->failures += bad != 0;
	put_line(s, 'f', e, size, hex, bad, stream);
	hl_src_close(src);
}

static void do_streams(struct state *s, const struct hl_entry *e)
{
	bool unnamed = e->type != HL_FILE;
	struct hl_stream_info info;
	unsigned cursor = 0;
	enum hl_status st;

	while ((st = hl_fs_stream_next(s->vol->fs, &e->ref, &cursor, &info)) ==
	       HL_OK) {
		if (*info.name || e->type == HL_FILE)
			do_stream(s, e, info.name);
		unnamed |= !*info.name;
	}
	if (!unnamed)
		put_line(s, 'n', e, 0, "-", 0, "");
	s->failures += st != HL_END;
}

static void push(struct state *s, const struct hl_ref *dir)
{
	struct frame *f = &s->stack[s->depth];

	for (size_t i = 0; i < s->depth; i++) {
		if (s->stack[i].dir.id == dir->id) {
			fprintf(stderr, "loss: %s: leads to itself\n",
			        s->path);
			s->losses++;
			return;
		}
	}
	if (s->depth == DEPTH) {
		s->losses++;
		return;
	}
	if (hl_fs_list(&f->it, s->vol->fs, dir, HL_LIST_FULL) != HL_OK) {
		s->failures++;
		fprintf(stderr, "readall: %s: cannot be listed\n", s->path);
		return;
	}
	f->dir = *dir;
	f->path_len = strlen(s->path);
	s->depth++;
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static void visit(struct state *s, const struct hl_entry *e)
{
	static const char types[] = { [HL_FILE] = 'f', [HL_DIR] = 'd',
	                              [HL_LINK] = 'l', [HL_OTHER] = 'o' };
	size_t len = s->stack[s->depth - 1].path_len;

	snprintf(s->path + len, PATH_ROOM - len, "/%s", e->name);
	s->files++;
	if (e->type != HL_FILE)
		put_line(s, types[e->type], e, e->size, "-", 0, "");
	do_streams(s, e);
	if (e->type == HL_DIR)
		push(s, &e->ref);
}

static void do_volume(struct state *s)
{
	struct hl_entry e;
	enum hl_status st;

	*s->path = '\0';
	if (hl_fs_root(s->vol->fs, &e) != HL_OK) {
		s->failures++;
		return;
	}
	do_streams(s, &e);
	push(s, &e.ref);
	while (s->depth) {
		struct frame *f = &s->stack[s->depth - 1];
		s->path[f->path_len] = '\0';
		st = hl_fs_next(f->it, &e);
		if (st == HL_OK && is_dots(e.name))
			continue;
		if (st == HL_OK) {
			visit(s, &e);
			continue;
		}
		s->failures += st != HL_END;
		if (st == HL_CORRUPT)
			continue;
		hl_fs_iter_close(f->it);
		s->depth--;
	}
}

static void do_disk(struct state *s, struct hl_disk *disk)
{
	for (size_t i = 0; i < hl_disk_count(disk); i++) {
		struct hl_volume *v = hl_disk_volume(disk, i);
		printf("V\t%s\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\n", v->id,
		       v->off, v->len, *v->fs_name ? v->fs_name : "-",
		       v->unread ? v->unread : "-");
		s->vol = v;
		if (v->fs)
			do_volume(s);
		else if (!v->expected_empty)
			s->losses++;
	}
}

static int run(struct state *s, const char *path)
{
	const struct hl_image_opts iopts = { 0 };
	const struct hl_disk_opts dopts = { 0 };
	struct hl_files *files = NULL;
	struct hl_src *image = NULL;
	struct hl_disk *disk = NULL;
	enum hl_status st;

	st = hl_files_find(&files, path, &iopts, s->ctx);
	if (st == HL_OK)
		st = hl_image_open(&image, files, &iopts, s->ctx);
	if (st == HL_OK)
		st = hl_disk_open(&disk, image, &dopts, s->ctx);
	if (st == HL_OK)
		do_disk(s, disk);
	else
		fprintf(stderr, "readall: %s: %s\n", path, hl_status_text(st));
	hl_disk_close(disk);
	hl_src_close(image);
	hl_files_close(files);
	printf("T\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
	       "\t%" PRIu64 "\n", s->files, s->bytes, s->losses, s->failures,
	       s->ctx->stats->mem_peak);
	if (st != HL_OK)
		return 1;
	return s->losses || s->failures ? 2 : 0;
}

int main(int argc, char **argv)
{
	struct state s = { .hash_max = UINT64_MAX };
	struct hl_stats stats = { 0 };
	struct hl_ctx ctx = { .user = &s, .note = on_note, .stats = &stats };
	int c, rc;

	while ((c = getopt(argc, argv, "lm:")) != -1) {
		if (c == 'l')
			s.list_only = true;
		else if (c == 'm')
			s.hash_max = strtoull(optarg, NULL, 10);
		else
			return 1;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: readall [-l] [-m BYTES] IMAGE\n");
		return 1;
	}
	s.ctx = &ctx;
	s.path = malloc(PATH_ROOM);
	s.buf = malloc(CHUNK);
	s.stack = calloc(DEPTH, sizeof(*s.stack));
	if (!s.path || !s.buf || !s.stack)
		return 1;
	rc = run(&s, argv[optind]);
	free(s.path);
	free(s.buf);
	free(s.stack);
	if (stats.mem_now) {
		fprintf(stderr, "readall: %" PRIu64 " bytes were not freed\n",
		        stats.mem_now);
		rc = rc ? rc : 2;
	}
	return fflush(stdout) == 0 ? rc : 1;
}
