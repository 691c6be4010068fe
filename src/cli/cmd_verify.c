/*
 * cmd_verify.c: an image against the checksums and hashes it holds, or an
 * output folder (verify_dir.c).
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"
#include "sandbox.h"
#include "verify.h"

/* A mount point has no manifest, and is read as its device. */
static bool is_output(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat sb;
	bool yes;

	if (fd < 0)
		return false;
	yes = fstatat(fd, "manifest.json", &sb, AT_SYMLINK_NOFOLLOW) == 0 ||
	      fstatat(fd, "SHA256SUMS", &sb, AT_SYMLINK_NOFOLLOW) == 0;
	close(fd);
	return yes;
}

bool verify_sort(struct cli *c)
{
	if (is_output(c->o.image)) {
		c->o.folder = c->o.image;
		c->o.image = c->o.of_image;
		if (!c->o.hashes && !c->o.files)
			return true;
		msg_error(c, "--hash and --files are for an image");
	} else if (c->o.of_image) {
		msg_error(c, "is no output folder: --image goes with one");
	} else {
		return true;
	}
	return false;
}

bool verify_open(struct cli *c)
{
	return !c->o.folder || verify_dir_open(c);
}

bool verify_disk(struct cli *c)
{
	enum hl_status st;

	if (c->o.lost && !session_lost(c))
		return false;
	/* of a folder files of copies, too */
	st = session_disk(c, c->o.snapshots || c->o.folder);
	if (st == HL_OK || st == HL_END)
		return true;
	if (st != HL_CANCELLED && !hl_notelog_seen(c->log, HL_FAILED))
		msg_error(c, "%s", show_status(c, st));
	return false;
}

/* What makes the exit status 2 is said on stderr, too. */
static void say_loss(struct cli *c, const struct hl_verify *v)
{
	char text[512];

	hl_verify_verdict(v, text, sizeof(text));
	if (strcmp(hl_verify_word(v), "damaged") == 0 ||
	    strcmp(hl_verify_word(v), "incomplete") == 0 ||
	    strcmp(hl_verify_word(v), "mismatch") == 0)
		note_loss(c, NULL, HL_NO_OFFSET, "verify", "%s", text);
}

/* What was found till then is told. */
static bool budget(struct cli *c, enum hl_status st)
{
	return !stop_signalled(c) && (st == HL_LIMIT || stop_by_budget(c));
}

static enum outcome image(struct cli *c, struct hl_verify *v)
{
	enum hl_status st;

	progress_total(c, hl_src_size(c->image));
	st = hl_verify_image(v, c->image, c->o.hashes, &c->ctx);
	v->files_known = st == HL_OK && c->o.files && !v->n_bad;
	v->files_part = c->o.volume || c->o.at_offset;
	if (st == HL_OK && c->o.files && v->n_bad) {
		if (verify_disk(c))
			st = hl_verify_files(v, c->disk, &c->ctx);
		else
			c->loss = true; /* said; the bytes were read */
	}
	progress_clear(c);
	if (st != HL_OK && !(budget(c, st) && v->done)) {
		if (!hl_notelog_seen(c->log, HL_FAILED))
			msg_error(c, "%s; %llu bytes of %llu were verified",
			          show_status(c, st),
			          (unsigned long long)v->done,
			          (unsigned long long)v->size);
		return FAILED;
	}
	if (c->o.json)
		verify_json(c, v);
	else
		verify_text(c, v);
	say_loss(c, v);
	return DONE;
}

enum outcome cmd_verify(struct cli *c)
{
	struct hl_verify v = { 0 };
	enum outcome outcome;

	stats_phase(c, PHASE_READ);
	if (c->o.folder)
		return verify_dir(c);
	outcome = image(c, &v);
	hl_verify_free(&v, &c->ctx);
	return outcome;
}
