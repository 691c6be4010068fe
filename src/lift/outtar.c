/*
 * outtar.c: see outtar.h.
 *
 * A tar archive wants the size of a file before its bytes.  What is lifted
 * knows its size; what does not (the lists, which grow to the end) waits in a
 * temporary file without a name, and goes in when it gets its name.
 *
 * Names are told apart as a folder would: a name that is taken gets %~2, also
 * where a file stands in a folder's place.  They are remembered as hashes, so
 * that 200,000 of them cost little; two of one hash cost a needless suffix.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/ckd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lift/outdir_impl.h"
#include "lift/outtar.h"
#include "lift/tar.h"
#include "base/banned.h"

#define LISTS 4
#define PIECE 65536

struct spool {
	char name[32]; /* "" when free */
	int fd;
	uint64_t size;
};

struct hl_outtar {
	struct hl_tar tar;
	struct spool lists[LISTS];
	int spare[LISTS]; /* nameless files; -1: taken, or not to be had */
	int spare_error;  /* errno then, or 0 */
	bool broken; /* a member was left half-written */
};

/* ---- what waits --------------------------------------------------------- */

static int nameless(void)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	size_t n = strlen(dir && *dir == '/' ? dir : "/tmp");
	int fd;

	if (n > sizeof(path) - 32) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path, dir && *dir == '/' ? dir : "/tmp", n);
	memcpy(path + n, "/hivelift-XXXXXX", 17);
	fd = mkstemp(path);
	if (fd >= 0) {
		unlink(path);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	return fd;
}

/*
 * One for each list, made now: a sandbox may close before they are written.
 * What is in the way of that is said when one is wanted.
 */
static void make_spare(struct hl_outtar *t)
{
	for (size_t i = 0; i < LISTS; i++) {
		t->spare[i] = nameless();
		if (t->spare[i] < 0)
			t->spare_error = errno;
	}
}

static int take_spare(struct hl_outtar *t)
{
	for (size_t i = 0; i < LISTS; i++) {
		int fd = t->spare[i];

		t->spare[i] = -1;
		if (fd >= 0)
			return fd;
	}
	errno = t->spare_error;
	return errno ? -1 : nameless();
}

enum hl_status hl_outdir_tar(struct hl_outdir **out,
                             bool (*write)(void *user, const void *p,
                                           size_t n),
                             void *user, const struct hl_ctx *ctx)
{
	struct hl_outdir *d = hl_zalloc(ctx, sizeof(*d));

	*out = d;
	if (!d)
		return HL_NOMEM;
	d->ctx = d->made.list.ctx = d->asked.ctx = d->real.ctx = ctx;
	d->fd = d->cur_fd = -1;
	d->path = hl_strdup(ctx, "-");
	d->tar = hl_zalloc(ctx, sizeof(*d->tar));
	if (d->tar)
		make_spare(d->tar);
	if (!d->path || !d->tar) {
		hl_outdir_close(d);
		*out = NULL;
		return HL_NOMEM;
	}
	d->tar->tar = (struct hl_tar){ .write = write, .user = user };
	return HL_OK;
}

/* ---- names -------------------------------------------------------------- */

enum { A_FILE = 1, A_FOLDER, A_MEMBER }; /* the last: a folder, written */

static uint64_t hash(const struct hl_buf *b, unsigned kind)
{
	uint64_t h = 0xcbf29ce484222325u ^ kind;

	for (size_t i = 0; i < b->n; i++)
		h = (h ^ (unsigned char)b->p[i]) * 0x100000001b3u;
	return h ? h : 1;
}

static bool has(struct hl_outdir *d, const struct hl_buf *b, unsigned kind)
{
	return hl_made_has_ino(&d->made, hash(b, kind));
}

static enum hl_status keep(struct hl_outdir *d, const struct hl_buf *b,
                           unsigned kind)
{
	return has(d, b, kind) ? HL_OK
	                       : hl_made_ino(&d->made, hash(b, kind));
}

/* One part more, with the first number that makes it free for its use. */
static enum hl_status add_part(struct hl_outdir *d, struct hl_buf *b,
                               const char *part, size_t n, bool folder)
{
	size_t above = b->n;

	for (unsigned i = 1; i <= HL_MAX_SAME_NAME; i++) {
		hl_buf_cut(b, above);
		if ((above && !hl_buf_text(b, "/")) ||
		    !hl_outdir_name(b, part, n, i))
			return HL_NOMEM;
		if (has(d, b, A_FILE) || (!folder && has(d, b, A_FOLDER)))
			continue;
		return keep(d, b, folder ? A_FOLDER : A_FILE);
	}
	return hl_outdir_fail(d, "write", b->p, ENAMETOOLONG);
}

static enum hl_status place(struct hl_outdir *d, struct hl_buf *b,
                            const char *rel, bool folder)
{
	enum hl_status st = HL_OK;

	hl_buf_cut(b, 0);
	while (st == HL_OK && *rel) {
		size_t n = strcspn(rel, "/");

		st = add_part(d, b, rel, n, folder || rel[n] == '/');
		rel += n + (rel[n] == '/');
	}
	return st;
}

/* ---- members ------------------------------------------------------------ */

/* Who writes says why it failed; a half-written member spoils the rest. */
static enum hl_status result(struct hl_outtar *t, enum hl_status st)
{
	if (st == HL_OK && !t->broken)
		return HL_OK;
	t->broken = true;
	return HL_IO;
}

enum hl_status hl_outtar_mkdir(struct hl_outdir *d, const char *rel)
{
	const struct hl_time none = { .kind = HL_TIME_NONE };
	enum hl_status st = place(d, &d->real, rel, true);

	if (st != HL_OK || has(d, &d->real, A_MEMBER))
		return st;
	st = keep(d, &d->real, A_MEMBER);
	if (st == HL_OK && !hl_buf_text(&d->real, "/"))
		st = HL_NOMEM;
	if (st != HL_OK)
		return st;
	return result(d->tar, hl_tar_member(&d->tar->tar, d->real.p, 0, none));
}

enum hl_status hl_outtar_create(struct hl_outfile *f, const char *rel)
{
	return place(f->dir, &f->rel, rel, false);
}

enum hl_status hl_outtar_expect(struct hl_outfile *f, uint64_t size,
                                struct hl_time modified)
{
	struct hl_outtar *t = f->dir->tar;

	f->direct = true;
	return result(t, hl_tar_member(&t->tar, f->rel.p, size, modified));
}

static enum hl_status direct(struct hl_outfile *f, uint64_t off,
                             const void *p, size_t n)
{
	struct hl_tar *tar = &f->dir->tar->tar;
	enum hl_status st;

	if (off < f->end)
		return HL_USAGE; /* a stream: nothing is written twice */
	st = hl_tar_data(tar, NULL, off - f->end);
	if (st == HL_OK)
		st = hl_tar_data(tar, p, n);
	f->end = off + n;
	return result(f->dir->tar, st);
}

static enum hl_status copy_in(struct hl_outdir *d, int fd, uint64_t size,
                              const char *name, struct hl_time modified)
{
	struct hl_tar *tar = &d->tar->tar;
	enum hl_status st = hl_tar_member(tar, name, size, modified);
	char *buf = hl_alloc(d->ctx, PIECE);
	uint64_t off = 0;

	if (!buf)
		st = HL_NOMEM;
	while (st == HL_OK && off < size) {
		ssize_t n = pread(fd, buf, (size_t)min_u64(PIECE, size - off),
		                  (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			st = hl_outdir_fail(d, "read back", name, errno);
		if (n <= 0)
			break; /* the rest is a hole */
		st = hl_tar_data(tar, buf, (uint64_t)n);
		off += (uint64_t)n;
	}
	hl_free(d->ctx, buf);
	if (st == HL_OK)
		st = hl_tar_member_end(tar);
	return result(d->tar, st);
}

static bool is_list(const char *rel)
{
	size_t n = strlen(rel);

	return n > 5 && n < sizeof(((struct spool *)0)->name) &&
	       !strchr(rel, '/') && !strcmp(rel + n - 5, ".part");
}

static enum hl_status keep_list(struct hl_outfile *f, uint64_t size)
{
	struct hl_outtar *t = f->dir->tar;

	for (size_t i = 0; i < LISTS; i++) {
		struct spool *s = &t->lists[i];

		if (s->name[0])
			continue;
		memcpy(s->name, f->rel.p, f->rel.n + 1);
		s->fd = f->fd;
		s->size = size;
		f->fd = -1;
		return HL_OK;
	}
	return HL_LIMIT;
}

enum hl_status hl_outtar_rename(struct hl_outdir *d, const char *from,
                                const char *to)
{
	const struct hl_time none = { .kind = HL_TIME_NONE };

	for (size_t i = 0; i < LISTS; i++) {
		struct spool *s = &d->tar->lists[i];

		if (strcmp(s->name, from) != 0)
			continue;
		s->name[0] = '\0';
		enum hl_status st = copy_in(d, s->fd, s->size, to, none);
		close(s->fd);
		return st;
	}
	return HL_USAGE;
}

/* ---- a file ------------------------------------------------------------- */

enum hl_status hl_outtar_write(struct hl_outfile *f, uint64_t off,
                               const void *p, size_t n)
{
	if (f->direct)
		return direct(f, off, p, n);
	if (f->fd < 0)
		f->fd = take_spare(f->dir->tar);
	if (f->fd < 0)
		return hl_outdir_fail(f->dir, "make a temporary file for",
		                      f->rel.p, errno);
	return HL_END; /* like a file: outfile.c goes on */
}

enum hl_status hl_outtar_done(struct hl_outfile *f, uint64_t size,
                              struct hl_time modified)
{
	enum hl_status st;

	if (f->direct) {
		f->direct = false;
		return result(f->dir->tar,
		              hl_tar_member_end(&f->dir->tar->tar));
	}
	if (f->fd >= 0 && is_list(f->rel.p))
		st = keep_list(f, size);
	else
		st = copy_in(f->dir, f->fd, f->fd < 0 ? 0 : size, f->rel.p,
		             modified);
	hl_outtar_drop(f);
	return st;
}

void hl_outtar_drop(struct hl_outfile *f)
{
	if (f->direct)
		f->dir->tar->broken = true;
	f->direct = false;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

enum hl_status hl_outtar_finish(struct hl_outdir *d)
{
	return result(d->tar, hl_tar_end(&d->tar->tar));
}

void hl_outtar_free(struct hl_outtar *t)
{
	for (size_t i = 0; i < LISTS; i++) {
		if (t->lists[i].name[0])
			close(t->lists[i].fd);
		if (t->spare[i] >= 0)
			close(t->spare[i]);
	}
}
