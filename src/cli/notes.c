/*
 * notes.c: everything that goes to stderr in words.  One line each, no raw
 * bytes of the evidence, and the same note is said once only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/limits.h"
#include "io/note.h"
#include "cli.h"

#define LINE_MAX_BYTES 6144
#define SEEN_MAX (1u << 20) /* hashes kept, 8 MiB; then all are printed */

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	for (const uint8_t *s = p; n--; s++)
		h = (h ^ *s) * 0x100000001b3u; /* FNV-1a */
	return h;
}

static uint64_t note_hash(const struct hl_note *n)
{
	uint64_t h = 0xcbf29ce484222325u;

	h = mix(h, n->what, strlen(n->what) + 1);
	h = mix(h, n->text, strlen(n->text));
	h = mix(h, &n->off, sizeof(n->off));
	h = mix(h, &n->image_off, sizeof(n->image_off));
	return h ? h : 1;
}

static void insert(uint64_t *set, size_t cap, uint64_t h)
{
	size_t i = (size_t)h & (cap - 1);

	while (set[i])
		i = (i + 1) & (cap - 1);
	set[i] = h;
}

static bool enlarge(struct notes *s)
{
	size_t cap = s->cap_seen ? 2 * s->cap_seen : 256;
	uint64_t *set = cap > SEEN_MAX ? NULL : calloc(cap, sizeof(*set));

	if (!set)
		return false;
	for (size_t i = 0; i < s->cap_seen; i++)
		if (s->seen[i])
			insert(set, cap, s->seen[i]);
	free(s->seen);
	s->seen = set;
	s->cap_seen = cap;
	return true;
}

/* Was it said before?  Remembers it. */
static bool said(struct notes *s, uint64_t h)
{
	for (size_t i = (size_t)h; s->cap_seen; i++) {
		uint64_t v = s->seen[i & (s->cap_seen - 1)];

		if (v == h)
			return true;
		if (!v)
			break;
	}
	if (2 * s->n_seen < s->cap_seen || enlarge(s)) {
		insert(s->seen, s->cap_seen, h);
		s->n_seen++;
	}
	return false;
}

static void print(struct cli *c, const char *text)
{
	char safe[LINE_MAX_BYTES];

	progress_clear(c);
	fprintf(stderr, "%s\n", esc_text(safe, sizeof(safe), text, NULL));
}

static const char *weight(enum hl_level level)
{
	return level == HL_INFO ? "note: " : level == HL_LOSS ? "warning: "
	                                                      : "error: ";
}

/* " (at 512 of volume 3, image offset 87032320)" */
static void place(char *dst, size_t size, const struct hl_note *n)
{
	*dst = '\0';
	if (n->image_off != HL_NO_OFFSET)
		snprintf(dst, size, " (image offset %llu)",
		         (unsigned long long)n->image_off);
	else if (n->src && n->off != HL_NO_OFFSET)
		snprintf(dst, size, " (offset %llu of %s)",
		         (unsigned long long)n->off, hl_src_name(n->src));
}

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* What the command's coverage will say in words of its own. */
static bool told_later(const struct cli *c, const struct hl_note *note)
{
	return note->level == HL_INFO && !c->o.verbose &&
	       (c->cmd->bit & (CMD_INFO | CMD_HIVES | CMD_EXTRACT |
	                      CMD_EXEC)) &&
	       !strcmp(note->what, "unread volume");
}

void note_sink(void *user, const struct hl_note *note)
{
	struct cli *c = user;
	char line[LINE_MAX_BYTES], where[512];
	const char *image = c->o.image ? c->o.image : "";

	if (!c->notes.any || note->level > c->notes.worst)
		c->notes.worst = note->level;
	c->notes.any = true;
	/* of the image and its volumes always, of single files when asked */
	if (note->level == HL_INFO &&
	    (c->o.quiet || (!c->releasing && !c->o.verbose)))
		return;
	if (told_later(c, note))
		return;
	/* kept in the log; what it is worth is known when all is open */
	if (c->opening && hl_notelog_count(c->log) < HL_MAX_NOTES)
		return;
	if (said(&c->notes, note_hash(note)))
		return;
	place(where, sizeof(where), note);
	/* what names the image file itself needs no second name */
	bool named = *image && (starts(note->what, image) ||
	                        starts(note->text, image));
	bool what = *note->what && !starts(note->text, note->what) &&
	            strcmp(note->what, "unread volume") != 0;
	snprintf(line, sizeof(line), "hivelift: %s%s%s%s%s%s%s",
	         named ? "" : image, named || !*image ? "" : ": ",
	         weight(note->level), what ? note->what : "",
	         what ? ": " : "", note->text, where);
	print(c, line);
}

void notes_release(struct cli *c)
{
	const struct hl_note *n;

	c->opening = false;
	c->releasing = true;
	for (size_t i = 0; (n = hl_notelog_get(c->log, i)); i++)
		note_sink(c, n);
	c->releasing = false;
}

void note_loss(struct cli *c, struct hl_src *src, uint64_t off,
               const char *what, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hl_warn(&(struct hl_at){ &c->ctx, src, off, what }, "%s", text);
}

void note_info(struct cli *c, const char *what, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hl_say(&(struct hl_at){ &c->ctx, NULL, HL_NO_OFFSET, what }, "%s",
	       text);
}

static void say(struct cli *c, const char *fmt, va_list ap)
{
	char text[LINE_MAX_BYTES / 2], line[LINE_MAX_BYTES];
	const char *image = c->o.image ? c->o.image : "";

	vsnprintf(text, sizeof(text), fmt, ap);
	snprintf(line, sizeof(line), "hivelift: %s%s%s", image,
	         *image ? ": " : "", text);
	print(c, line);
}

void msg_error(struct cli *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
}

void msg_say(struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->o.quiet)
		return;
	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
}

void msg_usage(struct cli *c, const char *fmt, ...)
{
	char text[2048], safe[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	esc_text(safe, sizeof(safe), text, NULL);
	fprintf(stderr, "hivelift: %s; see 'hivelift %s%s--help'\n", safe,
	        c->cmd ? c->cmd->name : "", c->cmd ? " " : "");
}
