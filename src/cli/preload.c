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
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/banned.h"
#include "fat/fat.h"
#include "io/hash.h"
#include "io/libcrypto.h"
#include "cli.h"

struct preload {
	struct hl_ctx silent; /* it does not belong to the run */
	struct hl_fat_codepage codepage;
	struct hl_hash *hash;
	void *crypto;
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
		p->crypto = hl_libcrypto_load();
	if (p->crypto && !p->hash)
		hl_libcrypto_no_config(p->crypto);
}

void preload_free(struct cli *c)
{
	struct preload *p = c->preload;

	if (!p)
		return;
	hl_fat_codepage_close(&p->codepage);
	hl_hash_free(p->hash);
	hl_libcrypto_drop(p->crypto);
	free(p);
	c->preload = NULL;
}
