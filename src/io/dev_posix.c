/*
 * dev_posix.c: what is special about a disk: its size comes from an ioctl,
 * and a sector that cannot be read spoils a whole page of the page cache, so
 * that only a second, direct descriptor can save the sectors beside it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_DIRECT */
#endif
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/fs.h>
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__DragonFly__)
#include <sys/disk.h>
#elif defined(__NetBSD__) || defined(__OpenBSD__)
#include <sys/disklabel.h>
#include <sys/dkio.h>
#endif

#include "base/banned.h"
#include "base/ckd.h"
#include "base/mem.h"
#include "io/note.h"
#include "io/files.h"

/* The alignment that direct reads ask for in memory and on the medium. */
#define DIRECT_ALIGN 4096

bool hl_dev_mode(mode_t mode)
{
#if defined(__linux__)
	return S_ISBLK(mode);
#else
	/* BSD disks are character devices; the size ioctl tells the rest */
	return S_ISBLK(mode) || S_ISCHR(mode);
#endif
}

/* Size in bytes, sector size, read-only; false with errno. */
static bool ask(int fd, uint64_t *size, uint32_t *sector, bool *read_only)
{
#if defined(__linux__)
	int ssz = 0, ro = 0;
	uint64_t bytes = 0;

	if (ioctl(fd, BLKGETSIZE64, &bytes) != 0 ||
	    ioctl(fd, BLKSSZGET, &ssz) != 0)
		return false;
	*size = bytes;
	*sector = ssz > 0 ? (uint32_t)ssz : 0;
	*read_only = ioctl(fd, BLKROGET, &ro) == 0 && ro;
	return true;
#elif defined(__APPLE__)
	uint64_t count = 0;
	uint32_t bytes = 0, writable = 1;

	if (ioctl(fd, DKIOCGETBLOCKCOUNT, &count) != 0 ||
	    ioctl(fd, DKIOCGETBLOCKSIZE, &bytes) != 0)
		return false;
	*sector = bytes;
	*read_only = ioctl(fd, DKIOCISWRITABLE, &writable) == 0 && !writable;
	return !ckd_mul(size, count, (uint64_t)bytes);
#elif defined(__FreeBSD__) || defined(__DragonFly__)
	off_t bytes = 0;
	u_int ssz = 0;

	if (ioctl(fd, DIOCGMEDIASIZE, &bytes) != 0 ||
	    ioctl(fd, DIOCGSECTORSIZE, &ssz) != 0)
		return false;
	*size = (uint64_t)bytes;
	*sector = ssz;
	return true;
#elif defined(__NetBSD__) || defined(__OpenBSD__)
	struct disklabel label;
	uint64_t sectors;

	if (ioctl(fd, DIOCGDINFO, &label) != 0)
		return false;
#if defined(__OpenBSD__)
	sectors = DL_GETDSIZE(&label);
#else
	sectors = label.d_secperunit;
#endif
	*sector = label.d_secsize;
	return !ckd_mul(size, sectors, (uint64_t)label.d_secsize);
#else
	(void)read_only;
	off_t end = lseek(fd, 0, SEEK_END);
	if (end < 0)
		return false;
	*size = (uint64_t)end;
	*sector = 0;
	return true;
#endif
}

static int open_direct(const char *path)
{
#if defined(__linux__) && defined(O_DIRECT)
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_DIRECT);
#else
	(void)path;
	return -1;
#endif
}

enum hl_status hl_dev_probe(struct hl_files *f)
{
	struct seg_file *s = &f->seg[0];
	struct hl_at at = { f->ctx, NULL, HL_NO_OFFSET, s->path };
	struct stat sb;
	enum hl_status st;

	if (s->fd < 0 || !ask(s->fd, &s->size, &f->dev.sector_size,
	                      &f->dev.read_only))
		return hl_fail(&at, HL_IO, "is not a disk: %s",
		               strerror(errno));
	if (s->size == 0)
		return hl_fail(&at, HL_IO, "there is no medium in the drive");
	f->dev.direct_fd = open_direct(s->path);
	if (fstat(s->fd, &sb) != 0)
		return hl_fail(&at, HL_IO, "%s", strerror(errno));
	st = hl_sysfs_facts(f, sb.st_rdev);
	if (st == HL_OK)
		hl_mount_check(f);
	return st;
}

void hl_dev_clear(struct hl_files *f)
{
	if (f->dev.direct_fd >= 0)
		close(f->dev.direct_fd);
	f->dev.direct_fd = -1;
	hl_free(f->ctx, f->dev.model);
	hl_free(f->ctx, f->dev.serial);
	hl_free(f->ctx, f->dev.mounted_at);
	hl_free(f->ctx, f->dev.related);
}

/*
 * One sector, past the page cache.  The read is of whole sectors of the
 * device; `off` and `len` may be less.
 */
bool hl_dev_read_sector(const struct hl_files *f, uint64_t off, void *buf,
                        size_t len)
{
	uint32_t unit = f->dev.sector_size ? f->dev.sector_size : 512;
	size_t skip = (size_t)(off % unit);
	uint8_t *block, *p;
	bool ok = false;

	if (f->dev.direct_fd < 0 || unit > DIRECT_ALIGN ||
	    len > unit - skip)
		return false;
	block = hl_alloc(f->ctx, (size_t)2 * DIRECT_ALIGN);
	if (!block)
		return false;
	p = block + (DIRECT_ALIGN - (uintptr_t)block % DIRECT_ALIGN);
	if (pread(f->dev.direct_fd, p, unit, (off_t)(off - skip)) ==
	    (ssize_t)unit) {
		memcpy(buf, p + skip, len);
		HL_COUNT(f->ctx, file_bytes, unit);
		HL_COUNT(f->ctx, file_reads, 1);
		ok = true;
	}
	hl_free(f->ctx, block);
	return ok;
}
