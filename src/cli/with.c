/*
 * with.c: more images than one, --with, --stripe and --mirror.
 *
 *	--with alone     the other disks of a group of dynamic disks, or
 *	                 parents of a virtual disk, which are part of it
 *	and --stripe N   all of them together are one disk, chunk by chunk
 *	and --mirror     each of them holds all of one disk
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/banned.h"
#include "cli.h"
#include "fs/array_order.h"

bool with_usage(struct cli *c)
{
	if (c->o.stripe && c->o.mirror)
		msg_usage(c, "--stripe and --mirror exclude each other");
	else if ((c->o.stripe || c->o.mirror) && !c->o.n_with)
		msg_usage(c, "--%s needs --with IMAGE",
		          c->o.stripe ? "stripe" : "mirror");
	else
		return true;
	return false;
}

/* Those that turned out to be parents of the image are no disks of their own.
 */
static void drop_parents(struct cli *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->o.n_with; i++)
		if (!hl_files_is_parent(c->files, c->o.with[i]))
			c->o.with[n++] = c->o.with[i];
	c->o.n_with = n;
}

/* The image that a member of an array is, 0 being the first. */
static const char *member(const struct cli *c, size_t i)
{
	return i ? c->o.with[i - 1] : c->o.image;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Each member is a disk of its own. */
static bool apart(struct cli *c)
{
	for (size_t i = 1; i <= c->o.n_with; i++)
		for (size_t k = 0; k < i; k++) {
			if (!same_file(member(c, i), member(c, k)))
				continue;
			msg_error(c, "%s is given twice, as %s and as %s",
			          c->o.stripe ? "a stripe's image"
			                      : "a mirror's image",
			          member(c, k), member(c, i));
			return false;
		}
	return true;
}

bool with_find(struct cli *c, const struct hl_image_opts *io)
{
	drop_parents(c);
	if ((c->o.stripe || c->o.mirror) && !apart(c))
		return false;
	for (size_t i = 0; i < c->o.n_with; i++) {
		enum hl_status st = hl_files_find(&c->with.files[i],
		                                  c->o.with[i], io, &c->ctx);

		if (st == HL_OK)
			continue;
		if (!hl_notelog_seen(c->log, HL_FAILED))
			msg_error(c, "%s: %s", c->o.with[i],
			          show_status(c, st));
		return false;
	}
	return true;
}

/* What of the larger members is not read, or is in one copy only. */
static void say_sizes(struct cli *c, const struct hl_array *a)
{
	uint64_t least = hl_src_size(a->column[0]), most = least, rest;
	size_t small = 0;

	for (size_t i = 1; i < a->n; i++) {
		uint64_t size = hl_src_size(a->column[i]);
		small = size < least ? i : small;
		least = size < least ? size : least;
		most = size > most ? size : most;
	}
	rest = a->chunk ? least % a->chunk : 0;
	if (most > least)
		note_info(c, "array", "%s has %llu bytes less than the largest "
		          "of the images; %s", member(c, small),
		          (unsigned long long)(most - least), a->chunk
		          ? "none of them is read further than that"
		          : "where it ends the others are read");
	if (rest)
		note_info(c, "array", "the last %llu bytes of each image are "
		          "less than a stripe, and no part of the array",
		          (unsigned long long)rest);
}

bool with_is_source(const struct cli *c, const char *path)
{
	bool yes = hl_files_is_source(c->files, path);

	for (size_t i = 0; i < c->o.n_with && !yes; i++)
		yes = hl_files_is_source(c->with.files[i], path);
	return yes;
}

bool with_lies_on_source(const struct cli *c, const char *path)
{
	char above[4200];
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n && path[n - 1] != '/')
		n--;
	if (n >= sizeof(above))
		return false; /* no system opens it */
	snprintf(above, sizeof(above), "%.*s", (int)n, path);
	return with_is_source(c, path) ||
	       with_is_source(c, n ? above : ".");
}

/* It reads as well in a wrong order: all of it would be a lie. */
static bool say_order(struct cli *c, const struct hl_array *a,
                      struct hl_src *whole)
{
	struct hl_array_order o;
	char text[1400] = "";
	enum hl_status st = hl_array_order(a, whole, &o, &c->ctx);

	if (st == HL_END)
		return true;
	if (st != HL_OK) {
		msg_error(c, "%s", show_status(c, st));
		return false;
	}
	for (size_t i = 0, n = 0; i < a->n && n < sizeof(text); i++) {
		const char *name = o.image[i] == HL_ORDER_UNKNOWN
			? "(any other)" : member(c, o.image[i]);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
		                      i ? ", " : "", name);
	}
	note_loss(c, whole, HL_NO_OFFSET, "array", "this is not how the "
	          "images were a stripe: by the partition table, boot "
	          "sectors and the numbers in the records of $MFT it is "
	          "--stripe %llu in the order %s",
	          (unsigned long long)o.chunk, text);
	return true;
}

/* All of them as one; false: said. */
static bool join(struct cli *c)
{
	struct hl_array a = {
		.kind = c->o.mirror ? HL_ARRAY_MIRROR : HL_ARRAY_STRIPE,
		.n = 1 + c->o.n_with, .column = { c->image },
		.chunk = c->o.stripe,
	};
	struct hl_src *whole;

	for (size_t i = 1; i < a.n; i++)
		a.column[i] = c->with.image[i - 1];
	enum hl_status st = hl_src_array(&whole, c->o.image, &a, &c->ctx);
	if (st == HL_USAGE)
		msg_error(c, "--stripe %llu: not a power of two from 512 bytes "
		          "to 64 MiB, or larger than an image",
		          (unsigned long long)c->o.stripe);
	else if (st != HL_OK)
		msg_error(c, "%s", show_status(c, st));
	if (st != HL_OK)
		return false;
	say_sizes(c, &a);
	c->with.first = c->image;
	c->image = whole;
	return say_order(c, &a, whole);
}

bool with_open(struct cli *c, const struct hl_image_opts *io)
{
	for (size_t i = 0; i < c->o.n_with; i++) {
		enum hl_status st = hl_image_open(&c->with.image[i],
		                                  c->with.files[i], io,
		                                  &c->ctx);

		if (st == HL_OK)
			continue;
		if (!hl_notelog_seen(c->log, HL_FAILED))
			msg_error(c, "%s: %s", c->o.with[i],
			          show_status(c, st));
		return false;
	}
	return !(c->o.stripe || c->o.mirror) || join(c);
}

/* A dynamic disk, or one whose shadow copies may lie on another. */
static bool takes_others(const struct hl_volume *v)
{
	return !strcmp(v->fs_name, "ldm") ||
	       (v->fs && hl_fs_info(v->fs)->shadow_copies);
}

/* Who forgot --stripe would take the first disk for all of it. */
void with_unused(struct cli *c)
{
	bool used = c->with.first != NULL;

	for (size_t i = 0; i < hl_disk_count(c->disk); i++)
		used |= takes_others(hl_disk_volume(c->disk, i));
	for (size_t i = 0; i < c->o.n_with && !used; i++)
		msg_say(c, "--with %s: not read: there is no dynamic disk in "
		        "the image, and none of --stripe, --mirror and "
		        "--snapshots was given", c->o.with[i]);
}

void with_close(struct cli *c)
{
	for (size_t i = 0; i < c->o.n_with; i++) {
		hl_src_close(c->with.image[i]);
		hl_files_close(c->with.files[i]);
	}
	hl_src_close(c->with.first);
}
