/*
 * fuzz_names.c: any units as a name: harmless parts, and the same units back;
 * and any text as an escaped path: decoded or refused, never over-read.
 */
#include <stdlib.h>
#include <string.h>

#include "lift/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_UNITS 1024

static void parts_are_harmless(const char *s)
{
	for (;;) {
		size_t n = strcspn(s, "/");
		if (n == 0 || n > 243 || s[n - 1] == '.' || s[n - 1] == ' ' ||
		    strcspn(s, "\\:\n") < n)
			abort();
		if (!s[n])
			return;
		s += n + 1;
	}
}

static void there_and_back(const uint8_t *data, size_t size)
{
	size_t n = size / 2 < MAX_UNITS ? size / 2 : MAX_UNITS;
	uint16_t *u = malloc(2 * n + 1), *back = malloc(2 * n + 1);
	char *out = malloc(HL_ESCAPED_BYTES(n));
	const char *path = out;

	if (!u || !back || !out)
		abort();
	memcpy(u, data, 2 * n);
	if (hl_name_escape(out, HL_ESCAPED_BYTES(n), u, n, false) == SIZE_MAX)
		abort();
	parts_are_harmless(out);
	if (hl_name_unescape(back, n, &path) != n || *path ||
	    memcmp(u, back, 2 * n))
		abort();
	free(u);
	free(back);
	free(out);
}

static void as_a_path(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	uint16_t u[64];
	const char *path = text;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	while (*path && hl_name_unescape(u, 64, &path) != SIZE_MAX)
		;
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	there_and_back(data, size);
	as_a_path(data, size);
	return 0;
}
