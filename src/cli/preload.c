/*
 * preload.c: what libraries would open when it is first used: it is used
 * here, before the sandbox closes.
 *
 *	the zone        /etc/localtime, or what TZ and --tz name
 *	the code page   a module of iconv
 *	libcrypto       where something is hashed with its configuration and
 *	                providers.  Else only the library itself, which takes a
 *	                third of the time: a BitLocker volume may open without
 *	                a key, and for that nothing more has to be opened
 *	libvshadow      for --snapshots, libewf for an Ex01
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/banned.h"
#include "fat/fat.h"
#include "io/files.h"
#include "io/hash.h"
#include "io/shlib.h"
#include "cli.h"

struct preload {
	struct hl_ctx silent; /* it does not belong to the run */
	struct hl_fat_codepage codepage;
	struct hl_hash *hash;
	void *crypto, *vshadow, *ewf;
};

/* The others pay for it only when they use it. */
static bool hashes(const struct cli *c)
{
	const unsigned never = CMD_INFO | CMD_LS | CMD_CAT | CMD_STAT |
	                       CMD_EXEC | CMD_SCAN;
	const unsigned with_json = CMD_HIVES | CMD_REPLAY;

	/* what is the same in a copy is told by its digest */
	if (c->o.snapshots && c->cmd->bit & (CMD_HIVES | CMD_EXEC))
		return true;
	return !(c->cmd->bit & never) &&
	       (c->o.json || !(c->cmd->bit & with_json));
}

static bool has_ex01(const struct cli *c)
{
	bool yes = c->files && c->files->kind == FILES_EWF2;

	for (size_t i = 0; i < c->o.n_with && !yes; i++)
		yes = c->with.files[i] &&
		      c->with.files[i]->kind == FILES_EWF2;
	return yes;
}

/* What fails here fails again when it is wanted, and is said then. */
void preload(struct cli *c)
{
	const unsigned all = 1u << HL_MD5 | 1u << HL_SHA1 | 1u << HL_SHA256;
	struct preload *p = calloc(1, sizeof(*p));

	c->preload = p;
	tzset();
	if (!p)
		return;
	if (c->o.codepage &&
	    hl_fat_codepage_open(&p->codepage, c->o.codepage) != HL_OK)
		p->codepage.iconv = NULL;
	if (hashes(c) && hl_hash_new(&p->hash, all, &p->silent) != HL_OK)
		p->hash = NULL;
	if (c->cmd->bit & CMD_IMAGE)
		p->crypto = hl_shlib_load(HL_SHLIB_CRYPTO);
	if (p->crypto && !p->hash)
		hl_shlib_no_config(p->crypto);
	if (c->o.snapshots)
		p->vshadow = hl_shlib_load(HL_SHLIB_VSHADOW);
	if (has_ex01(c))
		p->ewf = hl_shlib_load(HL_SHLIB_EWF);
}

void preload_free(struct cli *c)
{
	struct preload *p = c->preload;

	if (!p)
		return;
	hl_fat_codepage_close(&p->codepage);
	hl_hash_free(p->hash);
	hl_shlib_drop(p->crypto);
	hl_shlib_drop(p->vshadow);
	hl_shlib_drop(p->ewf);
	free(p);
	c->preload = NULL;
}
