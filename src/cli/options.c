/*
 * options.c: the words of the command line.
 *
 *	hivelift COMMAND [OPTIONS] IMAGE [ARGUMENTS]
 *
 * Options may stand anywhere after the command, also behind arguments, until
 * "--".  getopt_long(3) does that on some systems only, hence our own loop;
 * the table is what --help prints.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/text.h"
#include "cli.h"

static bool set_volume(struct opts *o, const char *arg)
{
	bool lost = *arg == 'L';

	o->volume = arg;
	return arg[lost] && strlen(arg) < 16 &&
	       strspn(arg + lost, "0123456789") == strlen(arg + lost);
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

static bool set_tz(struct opts *o, const char *arg)
{
	o->tz = arg;
	return zone_set(arg);
}

#define AT(member) offsetof(struct opts, member)
#define FLAG(n, l, c, m, h) { n, l, NULL, c, OPT_FLAG, AT(m), NULL, h }
#define TEXT(n, l, a, c, m, h) { n, l, a, c, OPT_TEXT, AT(m), NULL, h }
#define SIZE(n, a, c, m, h) { n, 0, a, c, OPT_SIZE, AT(m), NULL, h }
#define CALL(n, l, a, c, f, h) { n, l, a, c, OPT_CALL, 0, f, h }
#define LATER(n, l) { n, l, NULL, 0, OPT_FLAG, 0, NULL, NULL }

/* Those of one command first, then those of all; --help keeps the order. */
const struct option options[] = {
	TEXT("output", 'o', "DIR", CMD_EXTRACT, output, "write there"),
	FLAG("force", 0, CMD_EXTRACT, force, "overwrite what is there"),
	CALL("kind", 0, "K", CMD_HIVES | CMD_EXTRACT, set_kind,
	     "only this kind (SYSTEM, NTUSER, ...); repeatable"),
	TEXT("user", 0, "NAME", CMD_HIVES | CMD_EXTRACT, user,
	     "only this profile"),
	TEXT("path", 0, "GLOB", CMD_HIVES | CMD_EXTRACT, glob,
	     "only where the path matches"),
	FLAG("no-replay", 0, CMD_EXTRACT, no_replay,
	     "write hives as found only"),
	FLAG("slack", 0, CMD_CAT, slack, "append the last cluster's rest"),
	FLAG("raw", 0, CMD_CAT, raw, "the bytes as they lie on the disk"),
	FLAG("recursive", 'R', CMD_LS, recursive, "with all below"),
	FLAG("long", 'l', CMD_LS, longform, "attributes, size, time, record"),
	FLAG("body", 0, CMD_LS, body, "Sleuth Kit bodyfile 3.x"),

	CALL("volume", 0, "N", CMD_ALL, set_volume, "only this volume"),
	CALL("offset", 0, "BYTES", CMD_ALL, set_offset,
	     "a file system lies there (suffixes s, K, M, G)"),
	CALL("sector-size", 0, "N", CMD_ALL, set_sector_size,
	     "bytes in a sector"),
	FLAG("allow-missing", 0, CMD_ALL, allow_missing,
	     "go on without missing segments"),
	FLAG("json", 0, CMD_ALL, json, "JSON Lines on stdout"),
	TEXT("tz", 0, "ZONE", CMD_ALL, tz, "zone of FAT times"),
	TEXT("codepage", 0, "NAME", CMD_ALL, codepage,
	     "code page of FAT short names"),
	SIZE("max-memory", "SIZE", CMD_ALL, max_memory, "memory ceiling"),
	SIZE("max-file-size", "SIZE", CMD_ALL, max_file_size,
	     "ceiling for one file"),
	CALL("timeout", 0, "SECONDS", CMD_ALL, set_timeout, "time budget"),
	FLAG("quiet", 'q', CMD_ALL, quiet, "errors and losses only"),
	FLAG("verbose", 'v', CMD_ALL, verbose, "more notes"),
	FLAG("progress", 0, CMD_ALL, progress, "progress, always"),
	FLAG("stats", 0, CMD_ALL, stats, "bytes read, memory used"),
	FLAG("help", 'h', CMD_ALL, help, "this text"),
	FLAG("version", 0, CMD_ALL, version, "version and libraries"),

	/* known by name so that they are refused in plain words */
	LATER("map", 0), LATER("lost", 0), LATER("cluster-size", 0),
	LATER("mft", 0), LATER("snapshots", 0), LATER("all-copies", 0),
	LATER("recovery-key-file", 0), LATER("password-file", 0),
	LATER("startup-key", 0), LATER("with", 0), LATER("stripe", 0),
	LATER("mirror", 0), LATER("no-sandbox", 0), LATER("run-as", 0),
	LATER("deleted", 'd'), LATER("deep", 0), LATER("sweep", 0),
	LATER("layout", 0), LATER("print0", 0), LATER("dfxml", 0),
	{ NULL, 0, NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static const char *const later_commands[] = {
	"exec", "replay", "scan", "carve", "verify", "acquire", NULL,
};

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

static bool apply(struct cli *c, const struct option *opt, const char *said,
                  const char *arg)
{
	char *at = (char *)&c->o + opt->at;
	bool ok = true;

	switch (opt->how) {
	case OPT_FLAG:
		*(bool *)at = true;
		break;
	case OPT_TEXT:
		*(const char **)at = arg;
		ok = *arg != '\0';
		break;
	case OPT_SIZE:
		ok = size_parse(arg, (uint64_t *)(void *)at, NULL) &&
		     *(uint64_t *)(void *)at;
		break;
	case OPT_CALL:
		ok = opt->set(&c->o, arg);
		break;
	}
	if (!ok)
		msg_usage(c, "%s: '%s' is not a valid %s", said, arg, opt->arg);
	return ok;
}

static const struct option *known(struct cli *c, const char *said,
                                  const char *name, size_t n, char letter)
{
	for (const struct option *p = options; p->name; p++) {
		if (name ? strlen(p->name) != n || strncmp(p->name, name, n)
		         : p->letter != letter)
			continue;
		if (!p->commands) {
			msg_usage(c, "%s is not in this version", said);
			return NULL;
		}
		if (p->commands & c->cmd->bit)
			return p;
		msg_usage(c, "%s: no option of %s", said, c->cmd->name);
		return NULL;
	}
	msg_usage(c, "unknown option %s", said);
	return NULL;
}

struct words {
	char **v;
	int n, i;
};

static bool long_option(struct cli *c, struct words *w)
{
	char *said = w->v[w->i];
	const char *eq = strchr(said, '=');
	size_t n = eq ? (size_t)(eq - said) - 2 : strlen(said) - 2;
	const struct option *opt = known(c, said, said + 2, n, 0);
	const char *arg = eq ? eq + 1 : NULL;

	if (!opt)
		return false;
	if (!opt->arg && arg) {
		msg_usage(c, "--%s takes no value", opt->name);
		return false;
	}
	if (opt->arg && !arg && w->i + 1 < w->n)
		arg = w->v[++w->i];
	if (opt->arg && !arg) {
		msg_usage(c, "--%s wants a %s", opt->name, opt->arg);
		return false;
	}
	return apply(c, opt, said, arg);
}

static bool letters(struct cli *c, struct words *w)
{
	for (const char *p = w->v[w->i] + 1; *p; p++) {
		char said[3] = { '-', *p, 0 };
		const struct option *opt = known(c, said, NULL, 0, *p);
		const char *arg = p + 1;

		if (!opt)
			return false;
		if (!opt->arg) {
			if (!apply(c, opt, said, NULL))
				return false;
			continue;
		}
		if (!*arg && w->i + 1 < w->n)
			arg = w->v[++w->i];
		if (!*arg) {
			msg_usage(c, "%s wants a %s", said, opt->arg);
			return false;
		}
		return apply(c, opt, said, arg);
	}
	return true;
}

static bool find_command(struct cli *c, const char *word)
{
	c->cmd = command_find(word);
	if (c->cmd)
		return true;
	for (const char *const *p = later_commands; *p; p++)
		if (!strcmp(*p, word)) {
			msg_usage(c, "%s is not in this version", word);
			return false;
		}
	msg_usage(c, "unknown %s '%s'", *word == '-' ? "option" : "command",
	          word);
	return false;
}

static bool check(struct cli *c)
{
	const struct opts *o = &c->o;

	if (o->help || o->version)
		return true;
	if (!o->image || o->n_args < c->cmd->min_args) {
		msg_usage(c, "%s wants %s", c->cmd->name, c->cmd->usage);
		return false;
	}
	if (c->cmd->max_args >= 0 && o->n_args > c->cmd->max_args) {
		msg_usage(c, "'%s' is one argument too many",
		          o->args[c->cmd->max_args]);
		return false;
	}
	if (c->cmd->bit == CMD_EXTRACT && !o->output) {
		msg_usage(c, "extract wants -o DIR");
		return false;
	}
	if (o->output && !strcmp(o->output, "-")) {
		msg_usage(c, "-o - is not in this version");
		return false;
	}
	if ((o->at_offset && o->volume) || (o->slack && o->raw) ||
	    (o->body && o->json)) {
		msg_usage(c, "%s exclude each other",
		          o->body ? "--body and --json" :
		          o->raw ? "--raw and --slack" :
		          "--offset and --volume");
		return false;
	}
	return true;
}

bool options_parse(struct cli *c, int argc, char **argv)
{
	struct words w = { argv, argc, 1 };
	bool only_args = false;
	int n = 0;

	if (argc < 2) {
		msg_usage(c, "no command given");
		return false;
	}
	c->o.help = !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	            !strcmp(argv[1], "help");
	c->o.version = !strcmp(argv[1], "--version");
	if (c->o.help || c->o.version)
		return true;
	if (!find_command(c, argv[1]))
		return false;
	for (w.i = 2; w.i < argc; w.i++) {
		char *word = argv[w.i];

		if (only_args || word[0] != '-' || !word[1])
			c->o.args[n++] = word;
		else if (!strcmp(word, "--"))
			only_args = true;
		else if (word[1] == '-' ? !long_option(c, &w)
		                        : !letters(c, &w))
			return false;
	}
	c->o.image = n ? c->o.args[0] : NULL;
	c->o.args += n ? 1 : 0;
	c->o.n_args = n ? n - 1 : 0;
	return check(c);
}
