/* sandbox.c: what was announced, and the steps in their order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/banned.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lift/outdir.h"
#include "sandbox_impl.h"

static struct sandbox *get(struct cli *c)
{
	if (c->sandbox)
		return c->sandbox;
	c->sandbox = calloc(1, sizeof(*c->sandbox));
	if (c->sandbox)
		c->sandbox->ruleset = -1;
	else
		msg_error(c, "out of memory");
	return c->sandbox;
}

void sandbox_note(struct sandbox *s, const char *fmt, ...)
{
	size_t n = strlen(s->active);
	va_list ap;

	if (n && n + 3 < sizeof(s->active)) {
		memcpy(s->active + n, ", ", 3);
		n += 2;
	}
	va_start(ap, fmt);
	vsnprintf(s->active + n, sizeof(s->active) - n, fmt, ap);
	va_end(ap);
}

static bool active(const struct cli *c)
{
#ifdef SANDBOX_OFF
	(void)c;
	return false;
#else
	return !c->o.no_sandbox;
#endif
}

bool sandbox_user(struct cli *c)
{
	struct sandbox *s = c->o.run_as ? get(c) : NULL;

	return !c->o.run_as || (s && sandbox_user_find(c, &s->user));
}

int sandbox_become(const struct cli *c)
{
	return c->sandbox && c->sandbox->user.set ?
	       sandbox_user_become(&c->sandbox->user) : 0;
}

bool sandbox_give(struct cli *c, int fd, const char *path)
{
	const struct sandbox *s = c->sandbox;

	if (!s || !s->user.set || geteuid() != 0 ||
	    fchown(fd, s->user.uid, s->user.gid) == 0)
		return true;
	msg_error(c, "%s: cannot be given to %s", path, s->user.name);
	return false;
}

bool sandbox_write(struct cli *c, int dirfd, const char *path, bool made)
{
	const struct keeper k = { .made = path, .folder = true };
	struct sandbox *s = get(c);

	if (!s)
		return false;
	if (s->n_write == sizeof(s->write) / sizeof(s->write[0])) {
		msg_error(c, "%s: too many output folders", path);
		return false;
	}
	s->write[s->n_write++] = (struct sandbox_folder){
		.fd = dirfd, .path = path, .made = made,
		.replaces = c->o.force && !made,
	};
	return !made || !active(c) || keeper_start(c, &k);
}

bool sandbox_folder(struct cli *c, const struct hl_outdir *dir)
{
	return sandbox_write(c, hl_outdir_fd(dir), hl_outdir_path(dir),
	                     hl_outdir_made(dir));
}

bool sandbox_read(struct cli *c, const char *path)
{
	struct sandbox *s = get(c);

	if (!s)
		return false;
	if (hl_grow(&c->ctx, (void **)&s->read, &s->cap_read, s->n_read,
	            sizeof(*s->read), HL_MAX_SEGMENTS) != HL_OK) {
		msg_error(c, "out of memory");
		return false;
	}
	s->read[s->n_read++] = path;
	return true;
}

/* Those too many to be held open, or which a library opens. */
static bool add_files(struct cli *c, const struct hl_files *f)
{
	for (size_t i = 0; f && i < f->n; i++)
		if ((f->seg[i].fd < 0 || f->kind == FILES_EWF2) &&
		    !sandbox_read(c, f->seg[i].path))
			return false;
	return true;
}

static bool add_images(struct cli *c)
{
	bool ok = add_files(c, c->files);

	for (size_t i = 0; i < c->o.n_with && ok; i++)
		ok = add_files(c, c->with.files[i]);
	return ok;
}

/* Said now: later it would look like damage. */
static bool reaches(struct cli *c, const struct sandbox *s)
{
	const char *bad = NULL;

	for (size_t i = 0; !bad && i < s->n_read; i++)
		if (access(s->read[i], R_OK) != 0)
			bad = s->read[i];
	for (size_t i = 0; !bad && i < s->n_write; i++)
		if (faccessat(s->write[i].fd, ".", R_OK | W_OK | X_OK, 0) != 0)
			bad = s->write[i].path;
	if (bad)
		msg_error(c, "--run-as %s: %s: %s", s->user.name, bad,
		          strerror(errno));
	return !bad;
}

static bool change_user(struct cli *c, const struct sandbox *s)
{
	int e;

	sandbox_user_give(s);
	e = sandbox_user_become(&s->user);
	if (!e)
		return reaches(c, s);
	msg_error(c, "cannot run as %s: %s", s->user.name, strerror(e));
	return false;
}

bool sandbox_enter(struct cli *c)
{
	struct sandbox *s = get(c);

	if (!s || !add_images(c))
		return false;
	preload(c);
	if (active(c))
		sandbox_os_prepare(c, s);
	if (s->user.set && !change_user(c, s))
		return false;
	if (active(c))
		sandbox_os_enter(c, s);
	s->entered = true;
	return true;
}

const char *sandbox_active(const struct cli *c)
{
#ifdef SANDBOX_OFF
	(void)c;
	return "none: " SANDBOX_OFF;
#else
	if (c->o.no_sandbox)
		return "none: --no-sandbox";
	return c->sandbox && *c->sandbox->active ? c->sandbox->active : "none";
#endif
}

void sandbox_built(char *dst, size_t size)
{
#ifdef SANDBOX_OFF
	snprintf(dst, size, "none: " SANDBOX_OFF);
#else
	sandbox_os_built(dst, size);
#endif
}

void sandbox_free(struct cli *c)
{
	if (c->sandbox)
		hl_free(&c->ctx, c->sandbox->read);
	free(c->sandbox);
	c->sandbox = NULL;
}

/* A limit does not count where cores go through a pipe. */
void sandbox_no_core(void)
{
#ifndef SANDBOX_OFF
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
#endif
}
