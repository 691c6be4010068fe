/*
 * acquire_open.c: where the copy goes, and what speaks against it, before a
 * byte of the source is looked at.  Nothing is made or removed yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "acquire.h"
#include "io/files.h"
#include "sandbox.h"
#include "base/banned.h"

#define FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define MIB (1u << 20)

/* ---- the words ----------------------------------------------------------- */

/* disk.E01 is an E01, unless --format says otherwise. */
static void choose_format(struct opts *o)
{
	size_t n = o->output ? strlen(o->output) : 0;

	if (o->format)
		return;
	o->format = n > 4 && !o->clone && (!strcmp(o->output + n - 4, ".E01") ||
	            !strcmp(o->output + n - 4, ".e01"))
	            ? HL_ACQUIRE_EWF + 1 : HL_ACQUIRE_RAW + 1;
}

/* A name that promises what would not be in the file. */
static bool names_another(const char *output)
{
	static const char *const formats[] = {
		".Ex01", ".L01", ".Lx01", ".s01", ".aff", ".aff4", ".vhd",
		".vhdx", ".vmdk", ".qcow2",
	};
	const char *dot = output ? strrchr(output, '.') : NULL;

	for (size_t i = 0; dot && i < sizeof(formats) / sizeof(*formats); i++)
		if (!strcasecmp(dot, formats[i]))
			return true;
	return false;
}

/* What belongs to one format only. */
bool acquire_usage(struct cli *c)
{
	struct opts *o = &c->o;
	bool another = !o->format && !o->clone && names_another(o->output);

	choose_format(o);
	bool ewf = o->format == HL_ACQUIRE_EWF + 1;
	const char *wrong = NULL;

	if (!o->output)
		wrong = "acquire wants -o FILE";
	else if (another)
		wrong = "FILE is named as a format that is not written: E01 "
		        "and raw are (--format raw for raw bytes in it)";
	else if (o->volume && o->at_offset)
		wrong = "--offset and --volume exclude each other";
	else if (o->volume && o->volume[strspn(o->volume, "0123456789")])
		wrong = "acquire copies bytes as they lie: --volume takes one "
		        "of the table";
	else if (!strcmp(o->output, "-"))
		wrong = "acquire does not write to a pipe: cat SOURCE does";
	else if (o->clone && (ewf || o->split || o->resume))
		wrong = "--clone copies raw bytes: no --format ewf, --split "
		        "or --resume";
	else if (ewf && o->resume)
		wrong = "an E01 cannot be gone on with: --resume is of "
		        "--format raw";
	else if (ewf && o->split && o->split < 1u << 20)
		wrong = "--split of an E01 is 1M at least";
	else if (!ewf && o->packing)
		wrong = "--compress is of --format ewf";
	else if (!ewf && (o->case_number || o->evidence || o->examiner ||
	                  o->case_notes))
		wrong = "--case, --evidence, --examiner and --notes are of "
		        "--format ewf";
	if (wrong)
		msg_usage(c, "%s", wrong);
	return !wrong;
}

/* ---- what speaks against it ---------------------------------------------- */

static bool no(struct cli *c, const char *why)
{
	msg_error(c, "%s: %s", c->o.output, why);
	return false;
}

static bool no_errno(struct cli *c)
{
	return no(c, strerror(errno));
}

/* ---- files -------------------------------------------------------------- */

static bool split_path(struct cli *c, struct acquire_target *t)
{
	const char *slash = strrchr(c->o.output, '/');
	const char *name = slash ? slash + 1 : c->o.output;
	size_t n = slash ? (size_t)(slash - c->o.output) : 1;

	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return no(c, "is a folder");
	t->name = strdup(name);
	t->folder = strndup(slash ? c->o.output : ".", n ? n : 1);
	t->o.name = t->name;
	if (t->name && t->folder)
		return true;
	msg_error(c, "out of memory");
	return false;
}

static bool on_source(struct cli *c, const struct acquire_target *t)
{
	char map[4200];

	snprintf(map, sizeof(map), "%s.map", c->o.output);
	return with_is_source(c, t->folder) || with_is_source(c, c->o.output) ||
	       with_is_source(c, t->first) || with_is_source(c, map);
}

static bool first_path(struct cli *c, struct acquire_target *t)
{
	char name[1024];
	int n;

	if (!hl_acquire_name(&t->o, name, sizeof(name)))
		return no(c, "too long a name");
	n = snprintf(t->first, sizeof(t->first), "%.*s%s",
	             (int)(strlen(c->o.output) - strlen(t->name)),
	             c->o.output, name);
	return (n > 0 && n < (int)sizeof(t->first)) ||
	       no(c, "too long a name");
}

static bool free_to_use(struct cli *c, struct acquire_target *t)
{
	struct stat sb;

	if (stat(c->o.output, &sb) == 0 && S_ISDIR(sb.st_mode))
		return no(c, "is a folder");
	if (stat(c->o.output, &sb) == 0 && !S_ISREG(sb.st_mode))
		return no(c, "is no plain file: --clone writes to a device");
	if (on_source(c, t))
		return no(c, "is the source, or on it");
	if (!hl_acquire_there(&t->o, &t->there) || c->o.force || c->o.resume)
		return true;
	return no(c, "a copy of that name (or its map) is there; not "
	          "written without --force");
}

static bool open_folder(struct cli *c, struct acquire_target *t)
{
	struct statvfs vfs;

	if (!split_path(c, t))
		return false;
	t->o.folder = open(t->folder, FOLDER);
	if (t->o.folder < 0) {
		msg_error(c, "%s: %s", t->folder, strerror(errno));
		return false;
	}
	if (!first_path(c, t) || !free_to_use(c, t))
		return false;
	if (fstatvfs(t->o.folder, &vfs) != 0)
		return no_errno(c);
	t->room = (uint64_t)vfs.f_bavail *
	          (vfs.f_frsize ? vfs.f_frsize : vfs.f_bsize);
	if (!sandbox_write(c, t->o.folder, t->folder, false))
		return false;
	/* what has an E01's name and is none stays: its first bytes tell */
	return !(c->o.resume || c->o.read_back ||
	         (c->o.force && t->o.format == HL_ACQUIRE_EWF)) ||
	       sandbox_read(c, t->folder);
}

/* ---- --clone ------------------------------------------------------------ */

static bool zeros(int fd, uint64_t off, uint64_t size)
{
	size_t n = size - off < MIB ? (size_t)(size - off) : MIB;
	unsigned char *p = malloc(MIB);
	ssize_t got = p ? pread(fd, p, n, (off_t)off) : -1;
	bool all = got == (ssize_t)n && (n == 0 || !p[0]) &&
	           (n < 2 || memcmp(p, p + 1, n - 1) == 0);

	free(p);
	return all;
}

static bool usable(struct cli *c, struct acquire_target *t,
                   const struct hl_files *target)
{
	uint64_t size = target->seg[0].size;

	t->room = size;
	bool yes = hl_files_is_source_fd(c->files, t->o.device) ||
	           with_is_source(c, c->o.output);

	for (size_t i = 0; i < hl_files_count(c->files) && !yes; i++)
		yes = hl_files_is_source(target, hl_files_path(c->files, i));
	for (size_t i = 0; i < c->o.n_with && !yes; i++)
		yes = hl_files_is_source(target, c->o.with[i]) ||
		      hl_files_is_source_fd(c->with.files[i], t->o.device);
	if (yes)
		return no(c, "is the source, or of it, or holds it");
	if (c->o.force)
		return true;
	if (target->dev.live)
		return no(c, "is mounted; not written without --force");
	if (!zeros(t->o.device, 0, size) ||
	    !zeros(t->o.device, size > MIB ? size - MIB : 0, size))
		return no(c, "is not blank: there are other bytes than zeros "
		          "in its first or last MiB; not written without "
		          "--force");
	return true;
}

/* The system lets nobody have a device for himself that is in use. */
static bool open_device(struct cli *c, struct acquire_target *t)
{
	const struct hl_image_opts none = { .sector_size = 0 };
	struct hl_files *target;
	struct stat sb;
	bool ok;

	if (stat(c->o.output, &sb) != 0)
		return no_errno(c);
	if (!hl_dev_mode(sb.st_mode))
		return no(c, "is no device, which --clone wants");
	t->o.device = open(c->o.output, O_RDWR | O_CLOEXEC |
	                   (c->o.force ? 0 : O_EXCL));
	if (t->o.device < 0 && errno == EBUSY)
		return no(c, "is mounted or in use; not written without "
		          "--force");
	if (t->o.device < 0)
		return no_errno(c);
	if (hl_files_find(&target, c->o.output, &none, &c->ctx) != HL_OK)
		return false;
	ok = usable(c, t, target);
	hl_files_close(target);
	t->o.name = c->o.output;
	snprintf(t->first, sizeof(t->first), "%s", c->o.output);
	return ok;
}

/* ---- both --------------------------------------------------------------- */

static bool by_chance(struct cli *c, unsigned char *p, size_t n)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && read(fd, p, n) == (ssize_t)n;

	if (fd >= 0)
		close(fd);
	if (!ok)
		msg_error(c, "/dev/urandom: %s", strerror(errno));
	return ok;
}

static struct acquire_target *target_new(struct cli *c)
{
	const unsigned all = (1u << HL_VERIFY_KINDS) - 1;
	struct acquire_target *t = calloc(1, sizeof(*t));
	const struct opts *o = &c->o;

	if (!t) {
		msg_error(c, "out of memory");
		return NULL;
	}
	t->o = (struct hl_acquire_opts){
		.format = (enum hl_acquire_format)(o->format - 1),
		.packing = o->packing
			? (enum hl_acquire_packing)(o->packing - 1)
			: HL_ACQUIRE_FAST,
		.folder = -1, .device = -1,
		.split = o->split,
		.hashes = o->hashes ? o->hashes : all,
		.retries = o->retries,
		.resume = o->resume,
		.keep = o->timeout != 0,
		.replace = o->force,
		.case_number = o->case_number, .evidence = o->evidence,
		.examiner = o->examiner, .notes = o->case_notes,
		.when = (int64_t)time(NULL),
	};
	return t;
}

bool acquire_open(struct cli *c)
{
	struct acquire_target *t;

	/* parents are not counted any more */
	if (c->o.n_with && !c->o.stripe && !c->o.mirror) {
		msg_error(c, "--with %s: is no parent of it; a copy of several "
		          "disks wants --stripe or --mirror", c->o.with[0]);
		return false;
	}
	c->opened = t = target_new(c);
	if (t && by_chance(c, t->o.set_id, sizeof(t->o.set_id)) &&
	    (c->o.clone ? open_device(c, t) : open_folder(c, t)))
		return true;
	acquire_drop(c);
	return false;
}

void acquire_drop(struct cli *c)
{
	struct acquire_target *t = c->opened;

	c->opened = NULL;
	if (!t)
		return;
	if (t->o.folder >= 0)
		close(t->o.folder);
	if (t->o.device >= 0)
		close(t->o.device);
	free(t->folder);
	free(t->name);
	free(t);
}
