/*
 * vdisk_name.c: which names out of an image may be looked for.
 *
 * Who made the image chose them, so they never lead out of the folder that
 * the image lies in: of C:\VMs\base.vhd, /vm/base.vhd and ..\base.vhd only
 * base.vhd is taken, of .\snap\base.vhd all.
 */
#include <string.h>

#include "base/banned.h"
#include "io/vdisk.h"

#define PART_MAX 255

static bool is_sep(char c)
{
	return c == '/' || c == '\\';
}

static bool has_drive(const char *s)
{
	return ((*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z')) &&
	       s[1] == ':';
}

/* QEMU's way to say that a name with a colon is a file's. */
static size_t without_scheme(const char *s)
{
	return strncmp(s, "file:", 5) == 0 ? 5 : 0;
}

static bool dots(const char *p, size_t n)
{
	return (n == 1 && p[0] == '.') || (n == 2 && !memcmp(p, "..", 2));
}

static bool climbs(const char *s)
{
	for (const char *p = s; *p;) {
		size_t n = strcspn(p, "/\\");
		if (n == 2 && !memcmp(p, "..", 2))
			return true;
		p += n;
		p += *p != '\0';
	}
	return false;
}

bool hl_vdisk_below(char *dst, size_t size, const char *stored)
{
	bool drive = has_drive(stored);
	const char *p = drive ? stored + 2 : stored + without_scheme(stored);
	bool last_only = drive || is_sep(*p) || climbs(p) || strchr(p, ':');
	size_t used = 0, n;

	for (; *p; p += n) {
		p += strspn(p, "/\\");
		n = strcspn(p, "/\\");
		if (!n || (dots(p, n) && p[n]))
			continue;
		if (n > PART_MAX || dots(p, n))
			return false;
		if (last_only)
			used = 0;
		if (used + n + 2 > size)
			return false;
		if (used)
			dst[used++] = '/';
		memcpy(dst + used, p, n);
		used += n;
		dst[used] = '\0';
	}
	return used && !is_sep(stored[strlen(stored) - 1]);
}

void hl_vdisk_hint(struct vdisk_head *out, const char *name, size_t n)
{
	char *dst = out->hint[out->n_hints < VDISK_HINTS ? out->n_hints : 0];

	n = strnlen(name, n);
	if (!n || n >= VDISK_NAME || out->n_hints == VDISK_HINTS)
		return;
	memcpy(dst, name, n);
	dst[n] = '\0';
	out->n_hints++;
}
