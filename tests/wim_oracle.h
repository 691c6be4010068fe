/*
 * wim_oracle.h: libwim's own compressors and decompressors, loaded when a
 * test runs, so that nothing but the test needs the library.  Its interface
 * is stable: libwim.so.15.
 */
#ifndef HL_WIM_ORACLE_H
#define HL_WIM_ORACLE_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { WIM_XPRESS = 1, WIM_LZX = 2 }; /* wimlib_compression_type */
#define WIM_SLOWEST 100               /* level; also tries more block types */

struct wim {
	void *lib;
	int (*create_compressor)(int type, size_t max, unsigned level,
	                         void **out);
	size_t (*compress)(const void *in, size_t n, void *out, size_t room,
	                   void *c);
	void (*free_compressor)(void *c);
	int (*create_decompressor)(int type, size_t max, void **out);
	int (*decompress)(const void *in, size_t n, void *out, size_t want,
	                  void *d);
	void (*free_decompressor)(void *d);
};

static inline void wim_symbol(struct wim *w, const char *name, void *to)
{
	void *p = dlsym(w->lib, name);

	memcpy(to, &p, sizeof(p)); /* ISO C has no cast for this */
	if (!p)
		w->lib = NULL;
}

/* NULL: not on this machine. */
static inline const struct wim *wim_open(void)
{
	static struct wim w;

	if (w.lib)
		return &w;
	w.lib = dlopen("libwim.so.15", RTLD_NOW);
	if (!w.lib)
		return NULL;
	wim_symbol(&w, "wimlib_create_compressor", &w.create_compressor);
	wim_symbol(&w, "wimlib_compress", &w.compress);
	wim_symbol(&w, "wimlib_free_compressor", &w.free_compressor);
	wim_symbol(&w, "wimlib_create_decompressor", &w.create_decompressor);
	wim_symbol(&w, "wimlib_decompress", &w.decompress);
	wim_symbol(&w, "wimlib_free_decompressor", &w.free_decompressor);
	return w.lib ? &w : NULL;
}

/* ---- what is compressed -------------------------------------------------- */

enum { WIM_TEXT, WIM_MIXED, WIM_RANDOM, WIM_CODE, WIM_ZEROS, WIM_KINDS };

/* Bytes of one kind; they follow from kind and seed. */
static inline void wim_fill(uint8_t *p, size_t n, int kind, unsigned seed)
{
	static const char *const words[] = { "hive ", "registry", "\r\n", "S-1",
		"ControlSet001\\", " = ", "0x", "Windows", "; ", "overlay" };
	uint32_t x = seed * 2654435761u + 12345;
	size_t i = 0, k;

	while (i < n) {
		x = x * 1664525u + 1013904223u;
		if (kind == WIM_ZEROS) {
			p[i++] = 0;
		} else if (kind == WIM_RANDOM ||
		           (kind == WIM_MIXED && (x >> 28) < 3)) {
			p[i++] = (uint8_t)(x >> 20);
		} else if (kind == WIM_CODE && (x >> 30) == 0) {
			/* a call of near code, back, or far away */
			uint32_t to = (x >> 8 & 0xffff) - (x >> 27 & 1 ?
			              (uint32_t)i : 0);

			p[i++] = 0xe8;
			for (k = 0; k < 4 && i < n; k++)
				p[i++] = (uint8_t)(to >> 8 * k);
		} else if (kind == WIM_CODE) {
			p[i++] = "\x55\x8b\xec\xff\x74\x24\x0c\xc3"[x >> 29];
		} else {
			const char *s = words[(x >> 20) % 10];

			while (*s && i < n)
				p[i++] = (uint8_t)*s++;
		}
	}
}

#endif
