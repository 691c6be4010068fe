/*
 * fuzz_json.c: any bytes as a string and as a key, at every place of the
 * buffer; jansson must read the result.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
	char *p;
	size_t n;
};

static bool keep(void *user, const void *p, size_t n)
{
	struct text *t = user;
	char *more = realloc(t->p, t->n + n);

	if (!more)
		return false;
	t->p = more;
	memcpy(t->p + t->n, p, n);
	t->n += n;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { NULL, 0 };
	struct hl_json j;
	char *s = malloc(size + 1);

	if (!s)
		return 0;
	memcpy(s, data, size);
	s[size] = '\0';
	hl_json_init(&j, keep, &text, size & 1);
	hl_json_object(&j);
	hl_json_kv(&j, s, s);
	hl_json_ku(&j, "n", size);
	for (size_t i = 0; i + 8 <= size && i < 64; i += 8) {
		uint64_t v;
		memcpy(&v, data + i, sizeof(v));
		hl_json_ku(&j, "v", v);
	}
	hl_json_object_end(&j);
	if (!hl_json_flush(&j))
		abort();
	json_t *root = json_loadb(text.p, text.n, 0, NULL);
	if (!root || json_object_size(root) < 1)
		abort();
	json_decref(root);
	free(text.p);
	free(s);
	return 0;
}
