/*
 * secrets.h: keys of encrypted volumes.
 *
 *	--recovery-key-file, --password-file, --startup-key   read before the
 *	          sandbox, and behind the fork of whatever else runs
 *	/dev/tty  opened there; asked only when a volume wants a key
 *
 * They are held in pages that are not swapped where the system allows it,
 * and wiped at the end.  No text of ours ever holds one.
 */
#ifndef HL_CLI_SECRETS_H
#define HL_CLI_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

struct cli;

bool secrets_usage(struct cli *c);
/* false: said */
bool secrets_open(struct cli *c);
void secrets_free(struct cli *c);

/* secrets_ask.c: a line from a terminal without showing it, without its end;
 * SIZE_MAX: none */
size_t secrets_line(int fd, char *dst, size_t size);
/* hl_bde_keys.ask */
struct hl_bde_info;
struct hl_bde_key;
bool secrets_ask(void *user, const struct hl_bde_info *info,
                 const char *volume, bool again, struct hl_bde_key *out);

#define SECRET_MAX 65536 /* bytes of a key file: one .BEK has 156 */
struct secrets {
	int tty; /* or -1 */
	char *typed; /* SECRET_MAX bytes, of the terminal */
	struct hl_bde_keys *keys;
};

#endif
