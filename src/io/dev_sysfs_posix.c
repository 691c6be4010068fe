/*
 * dev_sysfs_posix.c: what Linux tells of a disk in /sys/dev/block/MAJ:MIN:
 *
 *	device/model device/serial serial   what it is
 *	NAME/dev                            its partitions (NAME begins as it)
 *	holders/NAME/dev                    what is made of it (LVM, LUKS, RAID)
 *	slaves/NAME/dev                     what it is made of
 *	loop/backing_file                   the file under a loop device
 *
 * Elsewhere only the device itself is known.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/sysmacros.h>
#endif

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/files.h"

static void lies_on(struct hl_under *u, dev_t dev)
{
	for (size_t i = 0; i < u->n_devs; i++)
		if (u->dev[i] == dev)
			return;
	if (u->n_devs < HL_UNDER)
		u->dev[u->n_devs++] = dev;
}

static enum hl_status relate(struct hl_files *f, dev_t dev)
{
	enum hl_status st;

	for (size_t i = 0; i < f->dev.n_related; i++)
		if (f->dev.related[i] == dev)
			return HL_OK;
	st = hl_grow(f->ctx, (void **)&f->dev.related, &f->dev.cap_related,
	             f->dev.n_related, sizeof(dev_t), HL_MAX_RELATED_DEVICES);
	if (st == HL_OK)
		f->dev.related[f->dev.n_related++] = dev;
	/* more than that cannot be looked at; it only feeds a hint */
	return st == HL_LIMIT ? HL_OK : st;
}

#if defined(__linux__)

/* First line of a small file, without blanks at its ends; false: none. */
static bool read_line(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);
	char *p = buf;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	p += strspn(p, " ");
	memmove(buf, p, strlen(p) + 1);
	for (n = (ssize_t)strlen(buf); n && buf[n - 1] == ' '; n--)
		buf[n - 1] = '\0';
	return buf[0] != '\0';
}

/* The next sub-folder of `dir` that has a file "dev". */
static bool next_dev(DIR *d, const char *dir, dev_t *dev)
{
	char path[4096], text[64];
	unsigned major, minor;
	struct dirent *de;

	while (d && (de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/dev", dir, de->d_name);
		if (read_line(path, text, sizeof(text)) &&
		    sscanf(text, "%u:%u", &major, &minor) == 2) {
			*dev = makedev(major, minor);
			return true;
		}
	}
	return false;
}

static enum hl_status relate_below(struct hl_files *f, const char *dir)
{
	DIR *d = opendir(dir);
	enum hl_status st = HL_OK;
	dev_t dev;

	while (st == HL_OK && next_dev(d, dir, &dev))
		st = relate(f, dev);
	if (d)
		closedir(d);
	return st;
}

/* above: "", or "../", where a partition's disk has it. */
static void look_under(struct hl_under *u, dev_t dev, const char *above)
{
	char path[256], file[4096];
	struct stat sb;
	DIR *d;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%sslaves",
	         major(dev), minor(dev), above);
	d = opendir(path);
	for (dev_t slave; next_dev(d, path, &slave);)
		lies_on(u, slave);
	if (d)
		closedir(d);
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%sloop/backing_file",
	         major(dev), minor(dev), above);
	if (u->n_files == HL_UNDER || !read_line(path, file, sizeof(file)) ||
	    stat(file, &sb) != 0)
		return;
	u->file[u->n_files].dev = sb.st_dev;
	u->file[u->n_files++].ino = sb.st_ino;
	lies_on(u, hl_dev_mode(sb.st_mode) ? sb.st_rdev : sb.st_dev);
}

void hl_sysfs_under(struct hl_under *u, dev_t dev)
{
	u->n_files = u->n_devs = 0;
	lies_on(u, dev);
	for (size_t i = 0; i < u->n_devs; i++) { /* it grows meanwhile */
		look_under(u, u->dev[i], "");
		look_under(u, u->dev[i], "../");
	}
}

static char *fact(const struct hl_files *f, dev_t dev, const char *const *names)
{
	char path[256], text[256];

	for (; *names; names++) {
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s",
		         major(dev), minor(dev), *names);
		if (read_line(path, text, sizeof(text)))
			return hl_strdup(f->ctx, text);
	}
	return NULL;
}

enum hl_status hl_sysfs_facts(struct hl_files *f, dev_t dev)
{
	/* a partition's facts are its disk's, one folder up */
	static const char *const model[] = {
		"device/model", "../device/model", "dm/name", NULL };
	static const char *const serial[] = {
		"device/serial", "../device/serial", "serial", "../serial",
		"dm/uuid", NULL };
	char dir[128];
	enum hl_status st = relate(f, dev);

	/* the list grows while it is walked: holders of holders */
	for (size_t i = 0; st == HL_OK && i < f->dev.n_related; i++) {
		snprintf(dir, sizeof(dir), "/sys/dev/block/%u:%u",
		         major(f->dev.related[i]), minor(f->dev.related[i]));
		st = relate_below(f, dir);
		snprintf(dir, sizeof(dir), "/sys/dev/block/%u:%u/holders",
		         major(f->dev.related[i]), minor(f->dev.related[i]));
		if (st == HL_OK)
			st = relate_below(f, dir);
	}
	hl_sysfs_under(&f->dev.under, dev);
	f->dev.model = fact(f, dev, model);
	f->dev.serial = fact(f, dev, serial);
	return st;
}

#else

void hl_sysfs_under(struct hl_under *u, dev_t dev)
{
	u->n_files = u->n_devs = 0;
	lies_on(u, dev);
}

enum hl_status hl_sysfs_facts(struct hl_files *f, dev_t dev)
{
	return relate(f, dev);
}

#endif
