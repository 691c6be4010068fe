/* hive_role.c: see hive_role.h. */
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/text.h"
#include "hive/hive_disk.h"
#include "hive/hive_impl.h"
#include "hive/hive_keys.h"
#include "hive/hive_role.h"

/*
 * Keys that only that hive has below its root; the first row whose keys are
 * all there decides.  '#' ends a name that goes on with anything.
 */
static const struct row {
	const char *role, *a, *b;
} rows[] = {
	{ "SYSTEM", "ControlSet#", "Select" },
	{ "SOFTWARE", "Microsoft", "Classes" },
	{ "SOFTWARE", "Microsoft", "Policies" },
	{ "NTUSER", "Software", "Control Panel" },
	{ "SECURITY", "Policy", "RXACT" },
	{ "BCD", "Description", "Objects" },
	{ "COMPONENTS", "Installers", "CanonicalData" },
	{ "DRIVERS", "DriverDatabase", NULL },
	{ "USRCLASS", "Local Settings", NULL },
	{ "SYSCACHE", "DefaultObjectStore", NULL },
	{ "SETTINGS", "LocalState", NULL },
	{ "SETTINGS", "RoamingState", NULL },
	{ "AMCACHE", "Root", NULL },
	{ "SAM", "SAM", NULL },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static bool is(const char *want, const char *name)
{
	size_t n = strcspn(want, "#");

	if (!want[n])
		return hl_casecmp(want, name) == 0;
	char head[32];
	hl_copy(head, n + 1 < sizeof(head) ? n + 1 : sizeof(head), want);
	return hl_case_starts(name, head);
}

static enum hl_status by_keys(struct hl_hive_role *out, struct hl_src *src)
{
	bool a[N_ROWS] = { false }, b[N_ROWS] = { false };
	struct hive_tree t;
	struct hive_key root, key;
	uint32_t i = 0;
	enum hl_status st = hl_tree_open(&t, src, &root);

	if (st != HL_OK)
		return st;
	hl_copy(out->root_name, sizeof(out->root_name), root.name);
	while ((st = hl_tree_next(&t, &root, &i, &key)) == HL_OK)
		for (size_t k = 0; k < N_ROWS; k++) {
			a[k] |= is(rows[k].a, key.name);
			b[k] |= !rows[k].b || is(rows[k].b, key.name);
		}
	for (size_t k = N_ROWS; k--; )
		if (a[k] && b[k])
			out->role = rows[k].role;
	return st;
}

static void embedded(struct hl_hive_role *out, const struct hl_base_block *b)
{
	const char *name = b->name;

	for (const char *p = b->name; *p; p++)
		if (*p == '\\' || *p == '/')
			name = p + 1;
	hl_copy(out->name, sizeof(out->name), name);
}

enum hl_status hl_hive_role(struct hl_hive_role *out, struct hl_src *src)
{
	uint8_t p[HIVE_BASE_USED + 16] = { 0 };
	struct hl_base_block b;
	struct hl_ranges bad;
	struct hl_log_info log;
	size_t n = (size_t)min_u64(hl_src_size(src), sizeof(p));

	memset(out, 0, sizeof(*out));
	out->role = "";
	if (n < 4)
		return HL_END;
	hl_ranges_clear(&bad);
	enum hl_status st = hl_src_read(src, 0, p, n, &bad);
	if (st != HL_OK)
		return st == HL_NOMEM || st == HL_CANCELLED ? st : HL_END;
	if (memcmp(p, "regf", 4) != 0)
		return HL_END;
	if (hl_base_block_decode(p, HIVE_BASE_USED, &b) != HL_OK)
		return HL_OK;
	hl_hive_log_header(span_of(p, n), &log);
	out->log = b.type != 0 && (strcmp(log.format, "DIRT") == 0 ||
	                           strcmp(log.format, "HvLE") == 0);
	embedded(out, &b);
	st = out->log ? HL_OK : by_keys(out, src);
	return st == HL_END ? HL_OK : st;
}
