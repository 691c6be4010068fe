/* help.c: --help and --version; short, with an example each. */
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "cli.h"
#include "sandbox.h"

#define LEFT 26 /* columns for the options themselves */

static void one_option(struct out *o, const struct option *p)
{
	char left[40];

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", p->letter ? "-" : " ",
	         p->letter ? p->letter : ' ', p->letter ? ", " : "  ", p->name,
	         !p->arg ? "" : *p->arg == '[' ? "[=" : " ",
	         !p->arg ? "" : p->arg + (*p->arg == '['));
	if (strlen(left) > LEFT)
		out_printf(o, "  %s\n  %-*s %s\n", left, LEFT, "", p->help);
	else
		out_printf(o, "  %-*s %s\n", LEFT, left, p->help);
}

static bool of_all(const struct option *p)
{
	return (p->commands & CMD_INFO) && (p->commands & CMD_CAT);
}

static void list(struct out *o, unsigned bit, bool common)
{
	for (const struct option *p = options; p->name; p++)
		if ((p->commands & bit) && of_all(p) == common)
			one_option(o, p);
}

static bool has_own(unsigned bit)
{
	for (const struct option *p = options; p->name; p++)
		if ((p->commands & bit) && !of_all(p))
			return true;
	return false;
}

static void one_command(struct out *o, const struct command *cmd)
{
	out_printf(o, "usage: hivelift %s [OPTIONS] %s\n%s\n", cmd->name,
	           cmd->usage, cmd->does);
	if (has_own(cmd->bit)) {
		out_text(o, "\noptions:\n");
		list(o, cmd->bit, false);
	}
	out_text(o, "\noptions of every command:\n");
	list(o, cmd->bit, true);
	out_printf(o, "\nexample:\n  %s\n", cmd->example);
}

static void all_commands(struct out *o)
{
	out_text(o, "usage: hivelift COMMAND [OPTIONS] IMAGE [ARGUMENTS]\n"
	            "Lifts Windows registry hives, and any file, out of disk "
	            "images.\n\ncommands:\n");
	for (const struct command *p = commands; p->name; p++)
		out_printf(o, "  %-8s %s\n", p->name, p->does);
	out_text(o, "\nexamples:\n");
	for (const struct command *p = commands; p->name; p++)
		out_printf(o, "  %s\n", p->example);
	out_text(o, "\n'hivelift COMMAND --help' lists its options, "
	            "'man hivelift' tells all.\n"
	            "status: 0 complete, 1 failed, 2 finished with a loss "
	            "that was said\n");
}

void help_print(struct cli *c)
{
	if (c->cmd)
		one_command(&c->out, c->cmd);
	else
		all_commands(&c->out);
}

void version_print(struct cli *c)
{
	const char *libs = hl_libraries();
	size_t n = strlen(libs);
	char sandbox[160];

	sandbox_built(sandbox, sizeof(sandbox));
	out_printf(&c->out, "hivelift %s\n%s%ssandbox: %s\n", hl_version(),
	           libs, n && libs[n - 1] != '\n' ? "\n" : "", sandbox);
}
