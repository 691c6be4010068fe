/*
 * dev_mounts_posix.c: what is mounted where.
 *
 * Linux, a line of /proc/self/mountinfo:
 *	36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=…
 *	id parent  root  point options optional    - type source    options
 * where blanks in names are \040 and the like.  Elsewhere getmntinfo(3).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#if defined(__linux__)
#include <sys/sysmacros.h>
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || \
	defined(__DragonFly__)
#include <sys/param.h>
#include <sys/mount.h>
#define HAVE_GETMNTINFO 1
#endif

#include "base/banned.h"
#include "base/mem.h"
#include "io/files.h"

/* One mounted file system, whatever the system calls it. */
struct mount {
	dev_t dev;          /* of the device, or 0 */
	const char *root;   /* "/" unless a folder of it was bound */
	const char *point, *type, *source;
	bool writable;
};

/* Called for each; true stops. */
typedef bool mount_fn(void *user, const struct mount *m);

#if defined(__linux__)

static void unescape(char *s)
{
	char *d = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' &&
		    s[2] >= '0' && s[2] <= '7' && s[3] >= '0' &&
		    s[3] <= '7') {
			*d++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 +
			              (s[3] - '0'));
			s += 3;
		} else {
			*d++ = *s;
		}
	}
	*d = '\0';
}

/* Is "rw" among the comma-separated options? */
static bool has_rw(const char *options)
{
	return strncmp(options, "rw", 2) == 0 &&
	       (options[2] == ',' || options[2] == '\0');
}

static bool parse_line(char *line, struct mount *m)
{
	char *field[6], *super[3], *save, *p, *dash;
	unsigned major, minor;
	struct stat sb;

	dash = strstr(line, " - ");
	if (!dash)
		return false;
	*dash = '\0';
	p = strtok_r(line, " ", &save);
	for (int i = 0; i < 6; i++, p = strtok_r(NULL, " ", &save))
		if (!(field[i] = p))
			return false;
	p = strtok_r(dash + 3, " \n", &save);
	for (int i = 0; i < 3; i++, p = strtok_r(NULL, " \n", &save))
		if (!(super[i] = p))
			return false;
	if (sscanf(field[2], "%u:%u", &major, &minor) != 2)
		return false;
	unescape(field[3]);
	unescape(field[4]);
	unescape(super[1]);
	*m = (struct mount){ makedev(major, minor), field[3], field[4],
		super[0], super[1], has_rw(field[5]) && has_rw(super[2]) };
	/* btrfs and the like show a number of their own */
	if (super[1][0] == '/' && stat(super[1], &sb) == 0 &&
	    S_ISBLK(sb.st_mode))
		m->dev = sb.st_rdev;
	return true;
}

/* getline and realpath bring memory of their own: a line of the kernel's and
 * a path, before a byte of the image is read. */
static void each_mount(mount_fn *fn, void *user)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	struct mount m;

	while (file && getline(&line, &size, file) > 0)
		if (parse_line(line, &m) && fn(user, &m))
			break;
	free(line);
	if (file)
		fclose(file);
}

#elif defined(HAVE_GETMNTINFO)

static void each_mount(mount_fn *fn, void *user)
{
	struct statfs *list = NULL;
	int n = getmntinfo(&list, MNT_NOWAIT);

	for (int i = 0; i < n; i++) {
		struct stat sb;
		struct mount m = { 0, "/", list[i].f_mntonname,
			list[i].f_fstypename, list[i].f_mntfromname,
			!(list[i].f_flags & MNT_RDONLY) };
		if (m.source[0] == '/' && stat(m.source, &sb) == 0 &&
		    hl_dev_mode(sb.st_mode))
			m.dev = sb.st_rdev;
		if (fn(user, &m))
			break;
	}
}

#else

static void each_mount(mount_fn *fn, void *user)
{
	(void)fn;
	(void)user;
}

#endif

struct lookup {
	const struct hl_ctx *ctx;
	const char *path;
	char *out;
	bool nomem;
	enum hl_status st;
};

/* Later mounts cover earlier ones, so the last match counts. */
static bool look(void *user, const struct mount *m)
{
	struct lookup *l = user;
	struct stat sb;
	bool is_disk;

	if (strcmp(m->point, l->path) != 0 || strcmp(m->root, "/") != 0)
		return false;
	is_disk = m->source[0] == '/' && stat(m->source, &sb) == 0 &&
	          hl_dev_mode(sb.st_mode);
	hl_free(l->ctx, l->out);
	l->out = hl_strdup(l->ctx, is_disk ? m->source : m->type);
	l->nomem = !l->out;
	l->st = is_disk ? HL_OK : HL_UNSUPPORTED;
	return l->nomem;
}

enum hl_status hl_mount_device(char **out, const char *path,
                               const struct hl_ctx *ctx)
{
	char *real = realpath(path, NULL);
	struct lookup l = { ctx, real, NULL, false, HL_END };

	*out = NULL;
	if (!real)
		return errno == ENOMEM ? HL_NOMEM : HL_END;
	each_mount(look, &l);
	free(real);
	if (l.nomem)
		return HL_NOMEM;
	*out = l.out;
	return l.st;
}

static bool check(void *user, const struct mount *m)
{
	struct hl_files *f = user;

	for (size_t i = 0; m->writable && m->dev && i < f->dev.n_related; i++)
		if (f->dev.related[i] == m->dev) {
			f->dev.live = true;
			f->dev.mounted_at = hl_strdup(f->ctx, m->point);
			return true;
		}
	return false;
}

void hl_mount_check(struct hl_files *f)
{
	each_mount(check, f);
}
