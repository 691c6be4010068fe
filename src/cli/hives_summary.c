/* hives_summary.c: the last words of `hives`, for people. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "hives.h"
#include "base/banned.h"

bool hives_identify(struct cli *c, struct hl_hives *hives,
                    struct machines *out)
{
	enum hl_status st = hl_hives_identify(hives, out->m, &out->n, MACHINES,
	                                      &c->ctx);

	if (st == HL_NOMEM)
		msg_error(c, "%s", show_status(c, st));
	return st == HL_OK;
}

/* Windows 11 still calls itself 10; its build tells. */
static bool is_eleven(const struct hl_machine *m)
{
	return strtoul(m->build, NULL, 10) >= 22000 &&
	       hl_case_starts(m->product, "Windows 10");
}

static void machine(struct cli *c, const struct hl_machine *m)
{
	if (!*m->product && !*m->computer)
		return;
	msg_say(c, "%s:%s: %s%s%s%s%s%s%s%s", m->volume->id, m->path,
	        *m->product ? m->product : "Windows",
	        *m->release ? " " : "", m->release,
	        *m->build ? ", build " : "", m->build,
	        is_eleven(m) ? " (Windows 11)" : "",
	        *m->computer ? ", computer " : "", m->computer);
}

/* Profiles with a hive of their own. */
static size_t users(struct hl_hives *hives)
{
	size_t n = 0;

	for (size_t i = 0; i < hl_hives_count(hives); i++) {
		const struct hl_hive *h = hl_hives_get(hives, i);

		n += h->kind == HL_KIND_NTUSER && h->user &&
		     !(h->entry.flags & HL_ENTRY_DELETED);
	}
	return n;
}

static void add(char *line, size_t size, size_t n, const char *what)
{
	size_t at = strlen(line);

	if (n)
		snprintf(line + at, size - at, "%s%zu %s", at ? ", " : "", n,
		         what);
}

void hives_tally(char *dst, size_t size, const size_t *state, size_t deleted)
{
	size_t n = 0, others = state[HL_HIVE_NOT_A_HIVE];
	char line[256] = "";

	for (size_t i = 0; i < HL_HIVE_NOT_A_HIVE; i++) {
		n += state[i];
		add(line, sizeof(line), state[i],
		    i == HL_HIVE_UNKNOWN ? "not judged" :
		    hl_hive_state_text((enum hl_hive_state)i));
	}
	if (deleted)
		add(line, sizeof(line), deleted, "of them deleted");
	snprintf(dst, size, "%zu %s%s%s%s", n, n == 1 ? "hive" : "hives",
	         *line ? " (" : "", line, *line ? ")" : "");
	if (others)
		snprintf(dst + strlen(dst), size - strlen(dst),
		         ", %zu %s in the place of a hive", others,
		         others == 1 ? "other file" : "other files");
}

void hives_summary(struct cli *c, struct hl_hives *hives,
                   const struct machines *m)
{
	size_t state[HL_HIVE_NOT_A_HIVE + 1] = { 0 }, deleted = 0;
	size_t n = hl_hives_count(hives), n_users = users(hives);
	char line[TALLY_TEXT];

	if (!n)
		return;
	for (size_t i = 0; i < m->n; i++)
		machine(c, &m->m[i]);
	for (size_t i = 0; i < n; i++) {
		const struct hl_hive *h = hl_hives_get(hives, i);
		enum hl_hive_state s = h->report.state;

		state[s == HL_HIVE_UNKNOWN ? HL_HIVE_DAMAGED : s]++;
		deleted += (h->entry.flags & HL_ENTRY_DELETED) != 0;
	}
	hives_tally(line, sizeof(line), state, deleted);
	msg_say(c, "%s, %zu %s", line, n_users,
	        n_users == 1 ? "user" : "users");
}
