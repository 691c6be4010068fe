/* fuzz_hive_keys.c: subkeys and values of a hive, to some depth. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hive/hive_keys.h"
#include "hive/hive_role.h"
#include "hivelift/hivelift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct hive_tree *t, const struct hive_key *key,
                 unsigned depth)
{
	struct hive_key sub;
	struct hive_value v;
	char text[256];
	uint32_t i = 0;

	if (hl_tree_value(t, key, "ProfileImagePath", &v) == HL_OK)
		(void)hl_value_text(&v, text, sizeof(text));
	while (depth && hl_tree_next(t, key, &i, &sub) == HL_OK)
		walk(t, &sub, depth - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hl_ctx ctx = { .user = NULL };
	struct hl_hive_role role;
	struct hive_tree t;
	struct hive_key root;
	struct hl_src *src;

	if (hl_src_mem(&src, data, size, false, &ctx) != HL_OK)
		abort();
	enum hl_status st = hl_hive_role(&role, src);
	if (st != HL_OK && st != HL_END)
		abort();
	if (hl_tree_open(&t, src, &root) == HL_OK)
		walk(&t, &root, 5);
	hl_src_close(src);
	return 0;
}
