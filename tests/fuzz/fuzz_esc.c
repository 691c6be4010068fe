/*
 * fuzz_esc.c: any text shown on a terminal: what comes out is valid UTF-8,
 * holds nothing that moves a cursor or turns a line round, and says which
 * bytes went in.
 */
#include <stdlib.h>
#include <string.h>

#include "../../src/cli/esc.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c - 'a' + 10;
}

/* The bytes that an escaped text stands for. */
static size_t back(const char *s, char *dst)
{
	size_t n = 0;

	while (*s)
		if (s[0] == '\\' && s[1] == 'x') {
			dst[n++] = (char)(digit(s[2]) << 4 | digit(s[3]));
			s += 4;
		} else {
			dst[n++] = *s++;
		}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *in = malloc(size + 1), *out = malloc(4 * size + 1);
	char *again = malloc(4 * size + 1);
	uint32_t c;

	if (!in || !out || !again)
		abort();
	if (size)
		memcpy(in, data, size);
	in[size] = '\0';
	esc_text(out, 4 * size + 1, in, size & 1 ? "\t\n|" : NULL);
	for (const char *p = out; *p;) {
		size_t n = esc_decode(p, &c);
		if (!n || hl_text_unsafe(c))
			abort();
		p += n;
	}
	if (back(out, again) != strlen(in) ||
	    memcmp(again, in, strlen(in)) != 0)
		abort();
	(void)esc_width(out);
	free(again);
	free(out);
	free(in);
	return 0;
}
