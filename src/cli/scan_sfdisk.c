/*
 * scan_sfdisk.c: results as scripts of sfdisk, one table per generation.
 *
 * An MBR where four entries of 32 bits do; else a GPT, when both of its
 * copies have room.  What neither can hold is a comment that says why.
 */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "scan.h"

#define GPT_SECTORS 34 /* before the first partition; 33 behind the last */

struct plan {
	struct cli *c;
	unsigned generation;
	uint64_t ss, sectors; /* of the medium */
	bool gpt;
	unsigned n;
};

static bool wanted(const struct plan *p, size_t i)
{
	return hl_scan_in_generation(p->c->scan, i, p->generation);
}

/* Why no table can have it; NULL: it fits. */
static const char *misfit(const struct plan *p, const struct hl_lost *l)
{
	uint64_t start = l->off / p->ss;
	uint64_t size = (l->size + p->ss - 1) / p->ss;

	if (strcmp(l->fs, "ldm") != 0 && hl_scan_dynamic(p->c->scan, l))
		return "it lies in a dynamic disk's partition";
	if (l->off % p->ss)
		return "it does not begin on a sector";
	if (start == 0)
		return "it begins in the first sector, where the table lies";
	if (start >= p->sectors || size > p->sectors - start)
		return "it ends behind the end of the medium";
	if (p->gpt && (start < GPT_SECTORS ||
	               start + size > p->sectors - (GPT_SECTORS - 1)))
		return "a GPT lies there";
	return NULL;
}

static void choose(struct plan *p)
{
	size_t n = hl_scan_count(p->c->scan);

	p->n = 0;
	p->gpt = false;
	for (size_t i = 0; i < n; i++) {
		const struct hl_lost *l = hl_scan_get(p->c->scan, i);

		if (!wanted(p, i) || misfit(p, l))
			continue;
		p->n++;
		p->gpt |= (l->off + l->size) / p->ss > UINT32_MAX;
	}
	p->gpt |= p->n > 4;
}

static const char *type_of(const struct plan *p, const struct hl_lost *l)
{
	static const struct { const char *fs, *mbr; } types[] = {
		{ "fat12", "1" }, { "fat16", "e" }, { "fat32", "c" },
		{ "ntfs", "7" }, { "exfat", "7" }, { "bitlocker", "7" },
		{ "refs", "7" }, { "ext2", "83" }, { "ext3", "83" },
		{ "ext4", "83" }, { "xfs", "83" }, { "btrfs", "83" },
		{ "luks", "83" }, { "swap", "82" }, { "ldm", "42" },
	};
	const char *mbr = "7";

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].fs, l->fs))
			mbr = types[i].mbr;
	if (!p->gpt)
		return mbr;
	if (!strcmp(l->fs, "ldm"))
		return "AF9B60A0-1431-4F62-BC68-3311714A69AD";
	return *mbr == '8' ? "0FC63DAF-8483-4772-8E79-3D69D8477DE4" :
	                     "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7";
}

static void entry(struct plan *p, const struct hl_lost *l)
{
	struct out *o = &p->c->out;
	const char *why = misfit(p, l);
	unsigned long long start = l->off / p->ss;
	unsigned long long size = (l->size + p->ss - 1) / p->ss;

	out_printf(o, "# %s%s, %s, score %u%s%s\n",
	           l->in_table ? "volume " : "", l->id, l->fs, l->score,
	           l->in_table ? ", in the table of today" : "",
	           l->generation == p->generation ? "" :
	           ", of another generation, on bytes that are free in this");
	if (why)
		out_printf(o, "# NOT IN THIS TABLE: %s; sectors %llu + %llu\n",
		           why, start, size);
	else
		out_printf(o, "start=%llu, size=%llu, type=%s\n", start, size,
		           type_of(p, l));
}

static void head(struct plan *p)
{
	struct out *o = &p->c->out;
	uint64_t from, to;
	bool part = hl_scan_range(p->c->scan, &from, &to);
	char how[64] = "";

	if (part && p->c->o.volume)
		snprintf(how, sizeof(how), " --volume %s", p->c->o.volume);
	else if (part)
		snprintf(how, sizeof(how), " --offset %llu",
		         (unsigned long long)p->c->o.offset);
	out_printf(o, "# generation %u of %u, written by hivelift scan\n"
	           "#\n"
	           "# FOR A CLONE ONLY.  NEVER APPLY THIS TO THE EVIDENCE: "
	           "sfdisk WRITES to the\n"
	           "# medium that it is given.  hivelift itself never does.\n"
	           "#\n"
	           "# hivelift scan --sfdisk --generation %u%s IMAGE | "
	           "sfdisk --wipe never CLONE\n",
	           p->generation, hl_scan_generations(p->c->scan),
	           p->generation, how);
	if (part)
		out_printf(o, "#\n# ONLY BYTES %llu TO %llu WERE SEARCHED: "
		           "besides the volumes of today's\n# table, what "
		           "lies elsewhere is not in this one.\n",
		           (unsigned long long)from, (unsigned long long)to);
	out_printf(o, "label: %s\nunit: sectors\n", p->gpt ? "gpt" : "dos");
	/* lines that older sfdisks do not know would be refused */
	if (p->ss != 512)
		out_printf(o, "sector-size: %llu\n",
		           (unsigned long long)p->ss);
	if (p->gpt)
		out_printf(o, "first-lba: %d\n", GPT_SECTORS);
	out_text(o, "\n");
}

static void table(struct plan *p)
{
	choose(p);
	head(p);
	for (size_t i = 0; i < hl_scan_count(p->c->scan); i++)
		if (wanted(p, i))
			entry(p, hl_scan_get(p->c->scan, i));
}

void scan_sfdisk(struct cli *c)
{
	struct plan p = { .c = c, .ss = c->o.sector_size };
	unsigned last = hl_scan_generations(c->scan), g = 1;

	if (!p.ss)
		p.ss = hl_src_sector_size(c->image);
	if (!p.ss)
		p.ss = 512;
	p.sectors = hl_src_size(c->image) / p.ss;
	if (c->o.generation) {
		g = (unsigned)c->o.generation;
		last = g < last ? g : last;
	}
	for (; g <= last; g++) {
		p.generation = g;
		table(&p);
		if (g < last)
			out_text(&c->out, "\n");
	}
}
