/*
 * json.h: a small streaming JSON writer.  It keeps a buffer and hands full
 * pieces to a sink, so 200,000 lines cost little more than their bytes.
 * Output is always valid: bytes that are not UTF-8 become U+FFFD.
 */
#ifndef HL_JSON_H
#define HL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HL_JSON_BUFFER 16384
#define HL_JSON_DEPTH 32

struct hl_json {
	/* returns false when the sink failed; the writer then goes quiet */
	bool (*sink)(void *user, const void *p, size_t n);
	void *user;
	bool indent;       /* one key a line, for documents */
	bool failed;
	int depth;
	bool comma[HL_JSON_DEPTH];
	bool after_key;
	size_t n;
	char buf[HL_JSON_BUFFER];
};

void hl_json_init(struct hl_json *j, bool (*sink)(void *, const void *, size_t),
                  void *user, bool indent);
void hl_json_object(struct hl_json *j);
void hl_json_object_end(struct hl_json *j);
void hl_json_array(struct hl_json *j);
void hl_json_array_end(struct hl_json *j);
void hl_json_key(struct hl_json *j, const char *key);
void hl_json_string(struct hl_json *j, const char *s); /* NULL: null */
/* More than 2^63 - 1 becomes null: no medium holds it, only damage says so
 * (or nothing: HL_NO_OFFSET), and half of the world's readers choke on it. */
void hl_json_u64(struct hl_json *j, uint64_t v);
void hl_json_bool(struct hl_json *j, bool v);
void hl_json_null(struct hl_json *j);
/* key and value in one go */
void hl_json_kv(struct hl_json *j, const char *key, const char *s);
void hl_json_ku(struct hl_json *j, const char *key, uint64_t v);
void hl_json_kb(struct hl_json *j, const char *key, bool v);
void hl_json_kn(struct hl_json *j, const char *key); /* null */
/* End of a JSON line or document: a newline and, for lines, no flush. */
void hl_json_newline(struct hl_json *j);
bool hl_json_flush(struct hl_json *j); /* false: the sink failed */

#endif
