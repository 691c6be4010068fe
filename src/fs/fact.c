/* fact.c: see fact.h. */
#include <stdio.h>

#include "base/banned.h"
#include "base/text.h"
#include "fs/fact.h"

void hl_fact_text(struct hl_fact *out, const char *group, const char *key,
                  const char *value)
{
	hl_copy(out->group, sizeof(out->group), group);
	hl_copy(out->key, sizeof(out->key), key);
	hl_copy(out->value, sizeof(out->value), value);
	out->is_number = false;
}

void hl_fact_number(struct hl_fact *out, const char *group, const char *key,
                    uint64_t v)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%llu", (unsigned long long)v);
	hl_fact_text(out, group, key, buf);
	out->is_number = true;
}
