/*
 * options.c: the words of the command line.
 *
 *	hivelift COMMAND [OPTIONS] IMAGE [ARGUMENTS]
 *
 * Options may stand anywhere after the command, also behind arguments, until
 * "--".  getopt_long(3) does that on some systems only, hence our own loop;
 * the table is what --help prints.
 */
#include <string.h>
#include <unistd.h>

#include "base/banned.h"
#include "cli.h"
#include "secrets.h"

static bool apply(struct cli *c, const struct option *opt, const char *arg)
{
	void *at = (char *)&c->o + opt->at; /* offsetof: aligned */
	bool ok = true;

	switch (opt->how) {
	case OPT_FLAG:
		*(bool *)at = true;
		break;
	case OPT_TEXT:
		*(const char **)at = arg;
		ok = arg && *arg != '\0';
		break;
	case OPT_SIZE:
		ok = size_parse(arg, (uint64_t *)at, NULL) &&
		     *(uint64_t *)at;
		break;
	case OPT_CALL:
		ok = opt->set(&c->o, arg);
		break;
	}
	if (!ok && c->o.n_with == WITH_MAX && !strcmp(opt->name, "with"))
		msg_usage(c, "--with: no more than %d images", WITH_MAX);
	else if (!ok)
		msg_usage(c, "--%s %s cannot be '%s'", opt->name, opt->arg,
		          arg);
	return ok;
}

static const struct option *known(struct cli *c, const char *said,
                                  const char *name, size_t n, char letter)
{
	bool others = false;

	for (const struct option *p = options; p->name; p++) {
		if (name ? strlen(p->name) != n || strncmp(p->name, name, n)
		         : p->letter != letter)
			continue;
		if (p->commands & c->cmd->bit)
			return p;
		others = true;
	}
	if (others) {
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

/* A value that may be left out: the next word only when it is one. */
static const char *optional(struct words *w)
{
	const char *next = w->i + 1 < w->n ? w->v[w->i + 1] : "";

	if (!*next || next[strspn(next, "0123456789,")])
		return "";
	w->i++;
	return next;
}

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
	if (opt->arg && !arg && *opt->arg == '[')
		arg = optional(w);
	if (opt->arg && !arg && w->i + 1 < w->n)
		arg = w->v[++w->i];
	if (opt->arg && !arg) {
		msg_usage(c, "--%s wants a value: %s", opt->name,
		          opt->arg);
		return false;
	}
	return apply(c, opt, arg);
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
			if (!apply(c, opt, NULL))
				return false;
			continue;
		}
		if (!*arg && w->i + 1 < w->n)
			arg = w->v[++w->i];
		if (!*arg) {
			msg_usage(c, "%s wants a value: %s", said, opt->arg);
			return false;
		}
		return apply(c, opt, arg);
	}
	return true;
}

static bool find_command(struct cli *c, const char *word)
{
	c->cmd = command_find(word);
	if (c->cmd)
		return true;
	msg_usage(c, "unknown %s '%s'", *word == '-' ? "option" : "command",
	          word);
	return false;
}

/* With -o - it is an archive, with --print0 a list, and nothing else. */
static bool check_stdout(struct cli *c)
{
	const struct opts *o = &c->o;
	bool tar = o->output && !strcmp(o->output, "-");

	if (tar && c->cmd->bit == CMD_EXEC)
		msg_usage(c, "--out wants a folder");
	else if (tar && c->cmd->bit == CMD_REPLAY)
		msg_usage(c, "replay wants a file: -o OUT");
	else if ((tar && (o->json || o->print0)) || (o->json && o->print0))
		msg_usage(c, "%s and %s exclude each other",
		          tar ? "-o -" : "--json",
		          o->json && tar ? "--json" : "--print0");
	else if (tar && isatty(STDOUT_FILENO))
		msg_usage(c, "-o - does not write to a terminal");
	else
		return true;
	return false;
}

/* What chooses or names hives; NULL: nothing that a PATH makes idle. */
static const char *for_hives(const struct opts *o)
{
	if (o->flat || o->print0)
		return o->flat ? "--layout regripper" : "--print0";
	if (o->kinds || o->user)
		return o->kinds ? "--kind" : "--user";
	if (o->glob || o->deep)
		return o->glob ? "--path" : "--deep";
	return NULL;
}

static bool check_paths(struct cli *c)
{
	const char *said = for_hives(&c->o);

	if (!with_usage(c) || !secrets_usage(c))
		return false;
	if (c->cmd->bit != CMD_EXTRACT || !c->o.n_args || !said)
		return true;
	msg_usage(c, "%s is for hives, not for a PATH", said);
	return false;
}

/* "L1:/x" */
static bool names_lost(const char *arg)
{
	bool lost = *arg == 'L' || *arg == 'l';
	size_t n = strspn(arg + lost, "0123456789");

	return lost && n && arg[1 + n] == ':';
}

/* "3.s2" before a ':' or at the end */
static bool names_copy(const char *s)
{
	size_t n = *s == 'L' || *s == 'l';

	n += strspn(s + n, "0123456789");
	if (s[n] != '.' || s[n + 1] != 's')
		return false;
	s += n + 2;
	n = strspn(s, "0123456789");
	return n && (!s[n] || s[n] == ':');
}

/* A volume that is a shadow copy is one only when those are read. */
static bool check_snapshots(struct cli *c)
{
	struct opts *o = &c->o;
	bool can = c->cmd->bit & (CMD_IMAGE & ~(unsigned)CMD_SCAN);

	if (o->volume && names_copy(o->volume)) {
		if (!can)
			msg_usage(c, "%s does not read shadow copies",
			          c->cmd->name);
		o->snapshots = true;
		return can;
	}
	for (int i = 0; can && i < o->n_args; i++)
		if (names_copy(o->args[i]) && strchr(o->args[i], ':'))
			o->snapshots = true;
	return true;
}

/* What belongs to --offset, and a volume that only a scan can know. */
static bool check_lost(struct cli *c)
{
	struct opts *o = &c->o;
	const char *wrong = NULL;

	o->lost |= o->volume && *o->volume == 'L';
	for (int i = 0; i < o->n_args && c->cmd->bit != CMD_REPLAY; i++)
		o->lost |= names_lost(o->args[i]);
	if ((o->cluster_size || o->has_mft) &&
	    !(o->cluster_size && o->has_mft && o->at_offset))
		wrong = "--offset, --cluster-size and --mft go together";
	else if (o->at_offset && o->lost && c->cmd->bit != CMD_SCAN)
		wrong = "--lost and --offset exclude each other";
	else if (o->state && !o->lost && c->cmd->bit != CMD_SCAN)
		wrong = "--state is for scan and --lost";
	else if (o->sfdisk && o->json)
		wrong = "--sfdisk and --json exclude each other";
	if (wrong)
		msg_usage(c, "%s", wrong);
	return !wrong;
}

/* --path 3:/Windows: that volume alone. */
static bool check_glob(struct cli *c)
{
	struct opts *o = &c->o;

	if (!o->glob_volume[0])
		return true;
	if (o->at_offset ||
	    (o->volume && strcmp(o->volume, o->glob_volume) != 0)) {
		msg_usage(c, "--path names volume %s, %s another one",
		          o->glob_volume,
		          o->at_offset ? "--offset" : "--volume");
		return false;
	}
	o->volume = o->glob_volume;
	return true;
}

static bool check(struct cli *c)
{
	const struct opts *o = &c->o;

	if (o->help || o->version)
		return true;
	if (!check_glob(c))
		return false;
	if (!o->image || o->n_args < c->cmd->min_args) {
		msg_usage(c, "%s wants %s", c->cmd->name, c->cmd->usage);
		return false;
	}
	if (c->cmd->max_args >= 0 && o->n_args > c->cmd->max_args) {
		msg_usage(c, "'%s' is one argument too many",
		          o->args[c->cmd->max_args]);
		return false;
	}
	if (c->cmd->bit == CMD_EXEC && (!o->child || !o->child[0])) {
		msg_usage(c, "exec wants IMAGE -- CMD ARG...");
		return false;
	}
	if (c->cmd->bit == CMD_EXTRACT && !o->output) {
		msg_usage(c, "extract wants -o DIR");
		return false;
	}
	if (c->cmd->bit == CMD_CARVE && !o->output) {
		msg_usage(c, "carve wants -o DIR");
		return false;
	}
	if (c->cmd->bit == CMD_REPLAY && !o->output) {
		msg_usage(c, "replay wants -o OUT");
		return false;
	}
	if (c->cmd->bit == CMD_ACQUIRE)
		return with_usage(c) && acquire_usage(c);
	if (!check_stdout(c) || !check_paths(c) || !check_lost(c) ||
	    !check_snapshots(c))
		return false;
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
	if (c->o.help && argc > 2 && *argv[2] != '-') /* "help scan" */
		return find_command(c, argv[2]);
	if (c->o.help || c->o.version)
		return true;
	if (!find_command(c, argv[1]))
		return false;
	for (w.i = 2; w.i < argc; w.i++) {
		char *word = argv[w.i];

		if (only_args || word[0] != '-' || !word[1])
			c->o.args[n++] = word;
		else if (!strcmp(word, "--") && c->cmd->bit == CMD_EXEC)
			break;
		else if (!strcmp(word, "--"))
			only_args = true;
		else if (word[1] == '-' ? !long_option(c, &w)
		                        : !letters(c, &w))
			return false;
	}
	if (w.i < argc) { /* the rest is not ours to read */
		c->o.child = c->o.args + n + 1;
		memcpy(c->o.child, argv + w.i + 1,
		       (size_t)(argc - w.i - 1) * sizeof(*argv));
	}
	c->o.image = n ? c->o.args[0] : NULL;
	c->o.args += n ? 1 : 0;
	c->o.n_args = n ? n - 1 : 0;
	return check(c);
}
