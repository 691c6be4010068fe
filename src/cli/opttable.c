/*
 * opttable.c: every option, what it takes, and for which commands it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "cli.h"
#include "fat/fat.h"

bool size_parse(const char *s, uint64_t *out, bool *sectors)
{
	static const char units[] = "KMGT";
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	unsigned long long v = strtoull(s, &end,
	                                s[0] == '0' && s[1] == 'x' ? 16 : 10);
	if (errno)
		return false;
	if (sectors)
		*sectors = !strcmp(end, "s");
	const char *unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		unsigned shift = 10 * (unsigned)(unit - units + 1);

		if (v > UINT64_MAX >> shift)
			return false;
		v <<= shift;
		end++;
	}
	*out = v;
	return !*end || (sectors && *sectors);
}

static bool set_volume(struct opts *o, const char *arg)
{
	bool lost = *arg == 'L';

	size_t n = lost + strspn(arg + lost, "0123456789");

	o->volume = arg;
	if (n == lost || strlen(arg) >= 16)
		return false;
	if (arg[n] == '.' && arg[n + 1] == 's' && arg[n + 2])
		n += 2 + strspn(arg + n + 2, "0123456789");
	return !arg[n];
}

/* "1,3"; empty: all of them. */
static bool set_snapshots(struct opts *o, const char *arg)
{
	const size_t max = sizeof(o->snapshot) / sizeof(*o->snapshot);

	o->snapshots = true;
	while (*arg) {
		size_t n = strspn(arg, "0123456789");
		unsigned long v = strtoul(arg, NULL, 10);

		if (!n || n > 4 || !v || o->n_snapshots == max ||
		    (arg[n] && (arg[n] != ',' || !arg[n + 1])))
			return false;
		o->snapshot[o->n_snapshots++] = (uint32_t)v;
		arg += n + (arg[n] == ',');
	}
	return true;
}

static bool set_offset(struct opts *o, const char *arg)
{
	o->at_offset = true;
	return size_parse(arg, &o->offset, &o->offset_in_sectors);
}

static bool set_sector_size(struct opts *o, const char *arg)
{
	return size_parse(arg, &o->sector_size, NULL) &&
	       o->sector_size >= 256 && o->sector_size <= 65536 &&
	       !(o->sector_size & (o->sector_size - 1));
}

static bool set_cluster_size(struct opts *o, const char *arg)
{
	return size_parse(arg, &o->cluster_size, NULL) &&
	       o->cluster_size >= 512 && o->cluster_size <= 2u << 20 &&
	       !(o->cluster_size & (o->cluster_size - 1));
}

static bool set_mft(struct opts *o, const char *arg)
{
	o->has_mft = true;
	return size_parse(arg, &o->mft_lcn, NULL) &&
	       o->mft_lcn <= INT64_MAX / (2u << 20);
}

static bool set_timeout(struct opts *o, const char *arg)
{
	return size_parse(arg, &o->timeout, NULL) && o->timeout &&
	       o->timeout <= 1000000000;
}

static bool set_kind(struct opts *o, const char *arg)
{
	enum hl_kind kind;

	if (hl_kind_parse(arg, &kind) != HL_OK)
		return false;
	o->kinds |= 1u << kind;
	return true;
}

/* As a PATH, with its volume in front. */
static bool set_glob(struct opts *o, const char *arg)
{
	struct hl_path path;

	if (!*arg || hl_path_parse(arg, &path) != HL_OK)
		return false;
	o->glob = path.path;
	memcpy(o->glob_volume, path.volume, sizeof(o->glob_volume));
	return true;
}

static bool set_tz(struct opts *o, const char *arg)
{
	o->tz = arg;
	return zone_set(arg);
}

static bool set_codepage(struct opts *o, const char *arg)
{
	struct hl_fat_codepage cp;
	bool known = *arg && hl_fat_codepage_open(&cp, arg) == HL_OK;

	if (known)
		hl_fat_codepage_close(&cp);
	o->codepage = arg;
	return known;
}

static bool set_with(struct opts *o, const char *arg)
{
	if (!*arg || o->n_with == WITH_MAX)
		return false;
	o->with[o->n_with++] = arg;
	return true;
}

static bool add_secret(struct opts *o, enum hl_bde_key_kind kind,
                       const char *arg)
{
	if (!*arg || o->n_secrets == SECRETS_MAX)
		return false;
	o->secret[o->n_secrets++] = (struct opt_secret){ kind, arg };
	return true;
}

static bool set_recovery(struct opts *o, const char *arg)
{
	return add_secret(o, HL_BDE_RECOVERY, arg);
}

static bool set_password(struct opts *o, const char *arg)
{
	return add_secret(o, HL_BDE_PASSWORD, arg);
}

static bool set_startup(struct opts *o, const char *arg)
{
	return add_secret(o, HL_BDE_STARTUP, arg);
}

static bool set_layout(struct opts *o, const char *arg)
{
	o->flat = !strcmp(arg, "regripper");
	return o->flat || !strcmp(arg, "tree");
}

static bool set_hash(struct opts *o, const char *arg)
{
	static const char *const names[] = { "md5", "sha1", "sha256" };

	while (*arg) {
		size_t n = strcspn(arg, ","), k = 0;
		while (k < 3 && (strlen(names[k]) != n ||
		                 strncmp(names[k], arg, n) != 0))
			k++;
		if (k == 3)
			return false;
		o->hashes |= 1u << k;
		arg += n + (arg[n] == ',');
	}
	return o->hashes != 0;
}

static bool set_format(struct opts *o, const char *arg)
{
	o->format = !strcmp(arg, "raw") ? HL_ACQUIRE_RAW + 1 :
	            !strcmp(arg, "ewf") ? HL_ACQUIRE_EWF + 1 : 0;
	return o->format != 0;
}

static bool set_compress(struct opts *o, const char *arg)
{
	o->packing = !strcmp(arg, "none") ? HL_ACQUIRE_NONE + 1 :
	             !strcmp(arg, "fast") ? HL_ACQUIRE_FAST + 1 :
	             !strcmp(arg, "best") ? HL_ACQUIRE_BEST + 1 : 0;
	return o->packing != 0;
}

static bool set_split(struct opts *o, const char *arg)
{
	return size_parse(arg, &o->split, NULL) && o->split >= 512;
}

static bool set_retries(struct opts *o, const char *arg)
{
	return size_parse(arg, &o->retries, NULL) && o->retries <= 1000;
}

#define AT(member) offsetof(struct opts, member)
#define FLAG(n, l, c, m, h) { n, l, NULL, c, OPT_FLAG, AT(m), NULL, h }
#define TEXT(n, l, a, c, m, h) { n, l, a, c, OPT_TEXT, AT(m), NULL, h }
#define SIZE(n, a, c, m, h) { n, 0, a, c, OPT_SIZE, AT(m), NULL, h }
#define CALL(n, l, a, c, f, h) { n, l, a, c, OPT_CALL, 0, f, h }
#define HIVES (CMD_HIVES | CMD_EXTRACT | CMD_EXEC)

/* Those of one command first, then those of all; --help keeps the order. */
const struct option options[] = {
	TEXT("output", 'o', "DIR", CMD_EXTRACT | CMD_CARVE, output,
	     "write there; -: a tar archive on stdout"),
	TEXT("output", 'o', "OUT", CMD_REPLAY, output, "write there"),
	TEXT("output", 'o', "FILE", CMD_ACQUIRE, output, "the copy"),
	TEXT("out", 0, "DIR", CMD_EXEC, output,
	     "each command's stdout to a file of its own there"),
	FLAG("all", 0, CMD_CARVE, all,
	     "the whole medium, also inside live files"),
	FLAG("force", 0, CMD_EXTRACT | CMD_EXEC | CMD_REPLAY | CMD_CARVE |
	     CMD_ACQUIRE, force,
	     "overwrite what is there"),
	CALL("kind", 0, "K", HIVES, set_kind,
	     "only this kind (SYSTEM, NTUSER, ...); repeatable"),
	TEXT("user", 0, "NAME", HIVES, user,
	     "only this profile"),
	CALL("path", 0, "GLOB", HIVES, set_glob,
	     "only where the path matches"),
	FLAG("deep", 0, HIVES, deep,
	     "every file whose content is a hive"),
	FLAG("no-replay", 0, CMD_EXTRACT, no_replay,
	     "write hives as found only"),
	FLAG("orphan", 0, CMD_REPLAY, orphan,
	     "the hive is gone: all arguments are logs"),
	CALL("layout", 0, "tree|regripper", CMD_EXTRACT, set_layout,
	     "regripper: one flat folder, v3_alice_NTUSER.DAT"),
	FLAG("print0", 0, CMD_EXTRACT, print0,
	     "paths of the hives written, for xargs -0"),
	FLAG("dfxml", 0, CMD_EXTRACT, dfxml, "also dfxml.xml"),
	FLAG("as-found", 0, CMD_EXEC, no_replay,
	     "hand over hives without their logs applied"),
	FLAG("slack", 0, CMD_CAT, slack, "append the last cluster's rest"),
	FLAG("raw", 0, CMD_CAT, raw, "the bytes as they lie on the disk"),
	FLAG("deleted", 'd', HIVES | CMD_LS, deleted,
	     "deleted files too"),
	FLAG("sweep", 0, CMD_LS, sweep,
	     "all files without the indexes, by record"),
	FLAG("recursive", 'R', CMD_LS, recursive, "with all below"),
	FLAG("long", 'l', CMD_LS, longform, "attributes, size, time, record"),
	FLAG("sfdisk", 0, CMD_SCAN, sfdisk,
	     "partition tables for a clone, one per generation"),
	SIZE("generation", "N", CMD_SCAN, generation,
	     "only what lay there at that time; 1 is the newest"),
	FLAG("body", 0, CMD_LS, body, "Sleuth Kit bodyfile 3.x"),
	CALL("hash", 0, "LIST", CMD_VERIFY, set_hash,
	     "of md5,sha1,sha256, also what is not stored"),
	CALL("hash", 0, "LIST", CMD_ACQUIRE, set_hash,
	     "of md5,sha1,sha256; all without it"),
	FLAG("files", 0, CMD_VERIFY, files,
	     "name the files that bad chunks touch"),
	TEXT("image", 0, "IMAGE", CMD_VERIFY, of_image,
	     "what the output folder was lifted from"),
	CALL("format", 0, "raw|ewf", CMD_ACQUIRE, set_format,
	     "of the copy; else ewf where FILE ends with .E01"),
	CALL("compress", 0, "none|fast|best", CMD_ACQUIRE, set_compress,
	     "of ewf; fast is the default"),
	CALL("split", 0, "SIZE", CMD_ACQUIRE, set_split,
	     "files of that size; ewf: 2047M"),
	TEXT("case", 0, "TEXT", CMD_ACQUIRE, case_number, "case number, ewf"),
	TEXT("evidence", 0, "TEXT", CMD_ACQUIRE, evidence,
	     "evidence number, ewf"),
	TEXT("examiner", 0, "TEXT", CMD_ACQUIRE, examiner, "name, ewf"),
	TEXT("notes", 0, "TEXT", CMD_ACQUIRE, case_notes, "notes, ewf"),
	FLAG("clone", 0, CMD_ACQUIRE, clone,
	     "FILE is a device that becomes a copy of SOURCE"),
	FLAG("resume", 0, CMD_ACQUIRE, resume,
	     "raw: go on by FILE.map; keep it when stopped"),
	CALL("retries", 0, "N", CMD_ACQUIRE, set_retries,
	     "try each bad sector so often again"),
	FLAG("verify", 0, CMD_ACQUIRE, read_back,
	     "read the copy back and compare"),

	CALL("volume", 0, "N", CMD_IMAGE | CMD_ACQUIRE, set_volume,
	     "only this volume"),
	CALL("offset", 0, "BYTES", CMD_IMAGE & ~(unsigned)CMD_SCAN, set_offset,
	     "a file system lies there (suffixes s, K, M, G)"),
	CALL("offset", 0, "BYTES", CMD_SCAN | CMD_ACQUIRE, set_offset,
	     "only from that byte on (suffixes s, K, M, G)"),
	CALL("cluster-size", 0, "N", CMD_IMAGE, set_cluster_size,
	     "of NTFS at --offset without a boot sector"),
	CALL("mft", 0, "LCN", CMD_IMAGE, set_mft,
	     "cluster of its $MFT"),
	FLAG("lost", 0, CMD_IMAGE, lost,
	     "also the volumes that scan believes"),
	CALL("snapshots", 0, "[LIST]", CMD_IMAGE, set_snapshots,
	     "shadow copies too: all, or these (1,3)"),
	FLAG("all-copies", 0, CMD_IMAGE, all_copies,
	     "of shadow copies also what is there already"),
	TEXT("state", 0, "FILE", CMD_IMAGE, state,
	     "of scan and --lost: kept there, taken up from there"),
	CALL("sector-size", 0, "N", CMD_IMAGE | CMD_ACQUIRE, set_sector_size,
	     "bytes in a sector"),
	FLAG("allow-missing", 0, CMD_IMAGE | CMD_ACQUIRE, allow_missing,
	     "go on without missing segments"),
	TEXT("map", 0, "FILE", CMD_IMAGE | CMD_ACQUIRE, map,
	     "ddrescue map: what it calls bad is unreadable"),
	CALL("with", 0, "IMAGE", CMD_IMAGE | CMD_ACQUIRE, set_with,
	     "another disk of the group or array, or a parent"),
	SIZE("stripe", "SIZE", CMD_IMAGE | CMD_ACQUIRE, stripe,
	     "IMAGE and --with are a stripe, so many bytes each"),
	FLAG("mirror", 0, CMD_IMAGE | CMD_ACQUIRE, mirror,
	     "IMAGE and --with are copies of one disk"),
	CALL("recovery-key-file", 0, "F", CMD_IMAGE, set_recovery,
	     "BitLocker: recovery key (-: stdin, or fd:N)"),
	CALL("password-file", 0, "F", CMD_IMAGE, set_password,
	     "BitLocker: password is its first line"),
	CALL("startup-key", 0, "F", CMD_IMAGE, set_startup,
	     "BitLocker: startup key (.BEK)"),
	FLAG("json", 0, CMD_ALL, json, "JSON Lines on stdout"),
	CALL("tz", 0, "ZONE", CMD_IMAGE, set_tz, "zone of FAT times"),
	CALL("codepage", 0, "NAME", CMD_IMAGE, set_codepage,
	     "code page of FAT short names"),
	SIZE("max-memory", "SIZE", CMD_ALL, max_memory, "memory ceiling"),
	SIZE("max-file-size", "SIZE", CMD_ALL & ~(unsigned)CMD_ACQUIRE, max_file_size,
	     "ceiling for one file"),
	CALL("timeout", 0, "SECONDS", CMD_ALL, set_timeout, "time budget"),
	FLAG("no-sandbox", 0, CMD_ALL, no_sandbox,
	     "parse with all the rights of the caller"),
	TEXT("run-as", 0, "NAME", CMD_ALL, run_as,
	     "as root: go on as that user once files are open"),
	FLAG("quiet", 'q', CMD_ALL, quiet, "errors and losses only"),
	FLAG("verbose", 'v', CMD_ALL, verbose, "more notes"),
	FLAG("progress", 0, CMD_ALL, progress, "progress, always"),
	FLAG("stats", 0, CMD_ALL, stats, "bytes read, memory used"),
	FLAG("help", 'h', CMD_ALL, help, "this text"),
	FLAG("version", 0, CMD_ALL, version, "version and libraries"),
	{ NULL, 0, NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
