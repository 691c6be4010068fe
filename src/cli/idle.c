/*
 * idle.c: options that were given and change nothing, said in words.
 *
 * Every option of the list is taken by every command that reads an IMAGE, so
 * that one set of options does for all of them; what has no meaning there is
 * no error, and no secret either.
 */
#include <string.h>

#include "base/banned.h"
#include "cli.h"

static void row(struct cli *c, bool given, unsigned of,
                const char *option, const char *why)
{
	if (given && (c->cmd->bit & of))
		msg_say(c, "%s changes nothing: %s", option, why);
}

/* What chooses among volumes and files that nobody asks for. */
static void of_verify(struct cli *c)
{
	const struct opts *o = &c->o;
	const struct { bool given; const char *option; } list[] = {
		{ o->volume != NULL, "--volume" },
		{ o->at_offset, "--offset" },
		{ o->lost && !(o->volume && *o->volume == 'L'), "--lost" },
		{ o->snapshots && !(o->volume && strchr(o->volume, '.')),
		  "--snapshots" },
		{ o->codepage != NULL, "--codepage" },
		{ o->n_secrets != 0, "a key of BitLocker" },
		{ o->n_with && !c->with.first, "--with" },
	};
	const char *why = o->folder ?
		"the folder is compared with no image (see --image)" :
		"all bytes of the image are verified (see --files)";

	if (c->cmd->bit != CMD_VERIFY || o->files || (o->folder && o->image))
		return;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		row(c, list[i].given, CMD_VERIFY, list[i].option, why);
}

/* What was looked for on the volumes, and is on none of them. */
static void of_disk(struct cli *c)
{
	size_t lost = 0, copies = 0, locked = 0, skipped = 0;

	for (size_t i = 0; i < hl_disk_count(c->disk); i++) {
		const struct hl_volume *v = hl_disk_volume(c->disk, i);

		lost += v->lost != NULL;
		copies += v->shadow != NULL;
		locked += v->bde != NULL;
		skipped += v->skipped;
	}
	if (c->o.lost && !lost)
		msg_say(c, "--lost: there is no volume that scan believes and "
		        "the table has not");
	if (c->o.snapshots && !c->o.n_snapshots && !copies && !skipped)
		msg_say(c, "--snapshots: there is no shadow copy");
	if (c->o.n_secrets && !locked && !skipped)
		msg_say(c, "no BitLocker volume is there for the key");
}

void idle_say(struct cli *c)
{
	const unsigned all = CMD_IMAGE & ~(unsigned)(CMD_EXTRACT | CMD_EXEC);
	const struct opts *o = &c->o;

	row(c, o->json, CMD_CAT, "--json", "cat writes the bytes of the file");
	row(c, o->tz != NULL, CMD_INFO | CMD_CAT | CMD_CARVE | CMD_VERIFY,
	    "--tz", "no time of a FAT is told");
	row(c, o->tz != NULL && !o->json, CMD_SCAN | CMD_EXEC, "--tz",
	    "without --json no time of a FAT is told");
	row(c, o->all_copies && !o->snapshots, CMD_IMAGE, "--all-copies",
	    "it goes with --snapshots");
	row(c, o->all_copies && o->snapshots, all & ~(unsigned)CMD_SCAN,
	    "--all-copies", "all are listed in any case");
	row(c, o->max_file_size != 0, CMD_INFO | CMD_HIVES | CMD_LS |
	    CMD_STAT | CMD_SCAN, "--max-file-size", "no file is written");
	row(c, o->max_file_size && !o->folder, CMD_VERIFY, "--max-file-size",
	    "no file is written");
	of_verify(c);
	if (c->disk)
		of_disk(c);
}
