/*
 * replay_files.c: a hive on disk and the logs beside it: HIVE.LOG1, .LOG2 and
 * .LOG in any case, as copying tools change it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "replay.h"
#include "base/banned.h"

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool add(struct cli *c, struct replay_files *f, const char *path)
{
	size_t i = f->n;

	if (i == HL_REPLAY_LOGS) {
		msg_error(c, "more than %d logs", HL_REPLAY_LOGS);
		return false;
	}
	f->path[i] = strdup(path);
	if (!f->path[i]) {
		msg_error(c, "out of memory");
		return false;
	}
	if (hl_src_file(&f->log[i].src, path, &c->ctx) != HL_OK) {
		free(f->path[i]);
		return false; /* said */
	}
	f->log[i].name = base(f->path[i]);
	f->n++;
	return true;
}

/* 0 LOG1, 1 LOG2, 2 LOG: the kernel's order; -1: no log of that hive */
static int rank(const char *name, const char *hive)
{
	size_t n = strlen(hive);

	if (!hl_case_starts(name, hive))
		return -1;
	if (!hl_casecmp(name + n, ".LOG1"))
		return 0;
	if (!hl_casecmp(name + n, ".LOG2"))
		return 1;
	return hl_casecmp(name + n, ".LOG") ? -1 : 2;
}

/* All of one rank, in the order of their names. */
static bool add_rank(struct cli *c, struct replay_files *f, const char *dir,
                     struct dirent **list, int n, int r)
{
	const char *hive = base(c->o.image);
	char path[4096];

	for (int i = 0; i < n; i++) {
		if (rank(list[i]->d_name, hive) != r)
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s%s", dir,
		                     list[i]->d_name) >= sizeof(path)) {
			msg_error(c, "%s: path too long", list[i]->d_name);
			return false;
		}
		if (!add(c, f, path))
			return false;
	}
	return true;
}

static bool add_beside(struct cli *c, struct replay_files *f)
{
	char dir[4096];
	struct dirent **list = NULL;
	size_t len = (size_t)(base(c->o.image) - c->o.image);
	bool ok = true;

	if (len >= sizeof(dir)) {
		msg_error(c, "path too long");
		return false;
	}
	memcpy(dir, c->o.image, len);
	dir[len] = '\0';
	int n = scandir(len ? dir : ".", &list, NULL, alphasort);
	if (n < 0) {
		msg_error(c, "%s: %s", len ? dir : ".", strerror(errno));
		return false;
	}
	for (int r = 0; ok && r < 3; r++)
		ok = add_rank(c, f, dir, list, n, r);
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return ok;
}

bool replay_find(struct cli *c, struct replay_files *f)
{
	bool ok;

	memset(f, 0, sizeof(*f));
	f->out = -1;
	if (c->o.orphan)
		ok = add(c, f, c->o.image);
	else
		ok = hl_src_file(&f->hive, c->o.image, &c->ctx) == HL_OK;
	for (int i = 0; ok && i < c->o.n_args; i++)
		ok = add(c, f, c->o.args[i]);
	if (ok && !c->o.n_args && !c->o.orphan)
		ok = add_beside(c, f);
	if (!ok)
		replay_close(f);
	return ok;
}

void replay_close(struct replay_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		hl_src_close(f->log[i].src);
		free(f->path[i]);
	}
	hl_src_close(f->hive);
	if (f->out >= 0)
		close(f->out);
	free(f->temp);
	memset(f, 0, sizeof(*f));
	f->out = -1;
}
