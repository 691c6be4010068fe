/*
 * session.c: what every command does first, in one fixed order:
 *
 *	find the files -> open what is written -> helper of exec -> sandbox
 *	-> parse
 *
 * Up to the sandbox nothing of the evidence has been looked at; behind it
 * nothing new may be opened, and no thread runs before it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"
#include "base/text.h"
#include "cli.h"
#include "helper.h"
#include "sandbox.h"
#include "scan.h"
#include "secrets.h"
#include "verify.h"

/* Ends here for good; said by a note, or else by us. */
static bool failed(struct cli *c, enum hl_status st)
{
	if (!hl_notelog_seen(c->log, HL_FAILED))
		msg_error(c, "%s", show_status(c, st));
	return false;
}

static bool offset_in_bytes(struct cli *c)
{
	uint64_t sector = c->o.sector_size;

	if (!c->o.offset_in_sectors)
		return true;
	if (!sector)
		sector = hl_src_sector_size(c->image);
	if (!sector)
		sector = 512;
	if (c->o.offset > UINT64_MAX / sector) {
		msg_error(c, "--offset is too large");
		return false;
	}
	c->o.offset *= sector;
	c->o.offset_in_sectors = false;
	return true;
}

static bool offset_inside(struct cli *c)
{
	if (!c->o.at_offset || c->o.offset < hl_src_size(c->image))
		return true;
	msg_error(c, "--offset %llu lies behind the end of the image "
	          "(%llu bytes)", (unsigned long long)c->o.offset,
	          (unsigned long long)hl_src_size(c->image));
	return false;
}

bool session_stretch(struct cli *c, uint64_t *off, uint64_t *len)
{
	enum hl_status st = hl_scan_find_volume(c->image,
	                                        (uint32_t)c->o.sector_size,
	                                        c->o.volume, off, len,
	                                        &c->ctx);

	if (st == HL_END)
		msg_error(c, "there is no volume %s, or nothing of it",
		          c->o.volume);
	else if (st == HL_UNSUPPORTED)
		msg_error(c, "volume %s is of a dynamic disk, and no single "
		          "stretch of the image", c->o.volume);
	else if (st != HL_OK && st != HL_CANCELLED)
		msg_error(c, "%s", show_status(c, st));
	return st == HL_OK;
}

/*
 * Nothing recognised: a plain file is then no image at all; a container, a
 * device or what a rescue made is one, whose content is not known, and so is
 * what has a boot sector where the first volume of a disk begins.
 */
static bool anything(struct cli *c)
{
	struct hl_image_info info;
	uint64_t at;
	const char *fs;

	/* what no file system explains is what carving is for */
	if (c->cmd->bit == CMD_CARVE)
		return true;
	c->unknown = true;
	if (hl_scan_peek(c->image, 0, hl_src_size(c->image), &at, &fs) ==
	    HL_OK) {
		note_loss(c, c->image, at, "image", "neither partition table "
		          "nor file system recognised at its start; here "
		          "is a boot sector of %s: see hivelift scan", fs);
		return true;
	}
	if (hl_image_info(c->image, &info) == HL_OK &&
	    (c->o.map || strcmp(info.format, "raw") != 0)) {
		note_loss(c, NULL, HL_NO_OFFSET, "image",
		          "neither partition table nor file system "
		          "recognised");
		return true;
	}
	msg_error(c, "neither partition table nor file system recognised: "
	          "not a disk image, or one of an unknown kind");
	return false;
}

/*
 * When every PATH names one volume, the others need not be opened: their
 * damage is no loss to who asks for a file elsewhere.
 */
static const char *asked_volume(struct cli *c)
{
	struct hl_path path;

	if (c->o.volume || c->o.n_args == 0)
		return c->o.volume;
	for (int i = 0; i < c->o.n_args; i++) {
		if (hl_path_parse(c->o.args[i], &path) != HL_OK ||
		    !path.volume[0] ||
		    (i && strcmp(path.volume, c->asked_volume) != 0))
			return NULL;
		hl_copy(c->asked_volume, sizeof(c->asked_volume), path.volume);
	}
	return c->asked_volume;
}

static bool is_source(const struct cli *c, int fd)
{
	bool yes = hl_files_is_source_fd(c->files, fd);

	for (size_t i = 0; i < c->o.n_with && !yes; i++)
		yes = hl_files_is_source_fd(c->with.files[i], fd);
	return yes;
}

/* `ls disk.E01 >>disk.E01`: the shell has opened it, we write nothing. */
static bool into_the_source(struct cli *c)
{
	bool out = is_source(c, STDOUT_FILENO);

	if (!out && !is_source(c, STDERR_FILENO))
		return false;
	if (!out && freopen("/dev/null", "w", stderr))
		return true; /* not a word of it may go there */
	msg_error(c, "stdout is the image itself%s",
	          c->o.map ? ", or its map" : "");
	return true;
}

static bool find(struct cli *c, const struct hl_image_opts *io)
{
	enum hl_status st = hl_files_find(&c->files, c->o.image, io, &c->ctx);

	if (st != HL_OK)
		return failed(c, st);
	return with_find(c, io) && !into_the_source(c);
}

/* A time budget that ended it ended the command: what it missed would be
 * missing without a word. */
bool session_lost(struct cli *c)
{
	enum hl_status st = scan_run(c);

	if (st == HL_OK && !c->stop.timed_out)
		return true;
	return st == HL_CANCELLED || c->stop.timed_out ? false : failed(c, st);
}

enum hl_status session_disk(struct cli *c, bool shadows)
{
	const struct hl_lost_geom geom = {
		.cluster_size = (uint32_t)c->o.cluster_size,
		.sector_size = (uint32_t)c->o.sector_size,
		.mft_lcn = c->o.mft_lcn,
	};
	const struct hl_disk_opts disk = {
		.sector_size = (uint32_t)c->o.sector_size,
		.geom = c->o.has_mft ? &geom : NULL,
		.scan = c->scan,
		.with = c->with.image,
		.n_with = c->with.first ? 0 : c->o.n_with,
		.at_offset = c->o.at_offset,
		.offset = c->o.offset,
		.volume = asked_volume(c),
		.shadows = shadows,
		.shadow = c->o.snapshot,
		.n_shadow = c->o.n_snapshots,
	};

	enum hl_status st = hl_disk_open(&c->disk, c->image, &disk, &c->ctx);

	/* what a copy keeps may lie on another disk */
	if (st == HL_OK && !shadows)
		with_unused(c);
	return st;
}

static bool parse(struct cli *c, const struct hl_image_opts *io)
{
	enum hl_status st;

	stats_phase(c, PHASE_OPEN);
	st = hl_image_open(&c->image, c->files, io, &c->ctx);
	if (st != HL_OK)
		return failed(c, st);
	if (!with_open(c, io) || !offset_in_bytes(c) || !offset_inside(c))
		return false;
	if (c->cmd->bit == CMD_VERIFY || c->cmd->bit == CMD_ACQUIRE)
		return true; /* of what lies on it nothing is asked yet */
	if (c->cmd->bit == CMD_SCAN)
		return true; /* it asks for the disk when it has seen all */
	if (c->o.lost && !session_lost(c))
		return false;
	st = session_disk(c, c->o.snapshots);
	if (st != HL_OK && st != HL_END)
		return failed(c, st);
	return st == HL_OK || anything(c);
}

/* An output folder is verified without one. */
static bool has_image(const struct cli *c)
{
	return (c->cmd->bit & (CMD_IMAGE | CMD_ACQUIRE)) && c->o.image;
}

static bool behind_open(struct cli *c, const struct hl_image_opts *io)
{
	if (c->o.child && !helper_start(c))
		return false;
	if (has_image(c) && !secrets_open(c))
		return false;
	/* no byte was parsed yet, no thread runs */
	if (!sandbox_enter(c))
		return false;
	return !has_image(c) || parse(c, io);
}

/* Those of --with; IMAGE's own is looked at where the folder is made. */
static bool output_elsewhere(struct cli *c)
{
	if (!c->o.n_with || !c->o.output || !strcmp(c->o.output, "-") ||
	    c->cmd->bit == CMD_ACQUIRE ||
	    !with_lies_on_source(c, c->o.output))
		return true;
	msg_error(c, "output: %s lies on the source itself", c->o.output);
	return false;
}

bool session_open(struct cli *c)
{
	const struct hl_image_opts io = {
		.allow_missing = c->o.allow_missing,
		.sector_size = (uint32_t)c->o.sector_size,
		.map = c->o.map,
		.parents = c->o.with,
		.n_parents = c->o.n_with,
	};

	if (!sandbox_user(c))
		return false;
	if (c->cmd->bit == CMD_VERIFY && !verify_sort(c))
		return false;
	if (has_image(c) && !find(c, &io))
		return false;
	if (has_image(c) && (!output_elsewhere(c) || !slots_open(c)))
		return false;
	if (c->cmd->open && !c->cmd->open(c))
		return false;
	if (behind_open(c, &io))
		return true;
	if (c->cmd->drop)
		c->cmd->drop(c);
	return false;
}

void session_close(struct cli *c)
{
	helper_stop(c);
	hl_disk_close(c->disk);
	scan_free(c);
	hl_src_close(c->image);
	with_close(c);
	hl_files_close(c->files);
	secrets_free(c);
	keeper_end(c, false);
	sandbox_free(c);
	preload_free(c);
	free(c->notes.seen);
}
