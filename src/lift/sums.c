/*
 * sums.c: the lists of the output folder, written under a temporary name as
 * the work goes on, so that 200,000 files cost no memory; and SHA256SUMS,
 * which `sha256sum -c` checks from inside the folder:
 *
 *	<64 hex digits>  v3/Windows/System32/config/SYSTEM
 *
 * No name here needs sha256sum's own escape: backslashes and newlines are
 * escaped in the names themselves (names.h).
 */
#include <string.h>

#include "base/mem.h"
#include "lift/lift_impl.h"
#include "base/banned.h"

enum hl_status hl_list_open(struct hl_list *l, struct hl_outdir *d,
                            const char *rel)
{
	l->off = 0;
	l->n_buf = 0;
	l->failed = HL_OK;
	return hl_outfile_create(&l->file, d, rel);
}

/* The writers of JSON and XML come with a few bytes at a time. */
static void flush(struct hl_list *l)
{
	if (l->n_buf)
		l->failed = hl_outfile_write(&l->file, l->off, l->buf,
		                             l->n_buf);
	l->off += l->n_buf;
	l->n_buf = 0;
}

void hl_list_add(struct hl_list *l, const void *p, size_t n)
{
	if (l->failed != HL_OK)
		return;
	if (l->hash)
		hl_hash_update(l->hash, p, n);
	if (n > sizeof(l->buf) - l->n_buf)
		flush(l);
	if (n > sizeof(l->buf) && l->failed == HL_OK) {
		l->failed = hl_outfile_write(&l->file, l->off, p, n);
		l->off += n;
	} else if (l->failed == HL_OK) {
		memcpy(l->buf + l->n_buf, p, n);
		l->n_buf += n;
	}
}

enum hl_status hl_list_done(struct hl_list *l)
{
	const struct hl_time none = { .kind = HL_TIME_NONE };

	if (l->failed == HL_OK)
		flush(l);
	enum hl_status st = l->failed;
	if (st == HL_OK)
		st = hl_outfile_sync(&l->file);
	if (st == HL_OK)
		st = hl_outfile_done(&l->file, l->off, none);
	return st == HL_LIMIT ? HL_IO : st;
}

void hl_list_free(struct hl_list *l)
{
	if (l->file.dir) {
		hl_outfile_drop(&l->file);
		hl_outfile_free(&l->file);
	}
	hl_hash_free(l->hash);
	l->hash = NULL;
}

enum hl_status hl_sums_open(struct hl_lift *lift)
{
	return hl_list_open(&lift->sums, lift->dir, "SHA256SUMS.part");
}

void hl_sums_add(struct hl_lift *lift, const char *sha256, const char *rel)
{
	char *line = hl_asprintf(lift->ctx, "%s  %s\n", sha256, rel);

	if (line)
		hl_list_add(&lift->sums, line, strlen(line));
	else if (lift->sums.failed == HL_OK)
		lift->sums.failed = HL_NOMEM;
	hl_free(lift->ctx, line);
}
