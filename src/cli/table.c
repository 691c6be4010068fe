/*
 * table.c: aligned columns, two blanks apart.  Cells are kept until the end,
 * because the widest one sets the column; the last column is not padded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"
#include "base/lint.h"
#include "cli.h"

#define CELL_MAX 4096 /* bytes; longer names are for --json */

static bool grow(struct table *t)
{
	size_t cap = t->cap ? 2 * t->cap : 64;
	char **p;

	if (t->n_cells < t->cap)
		return true;
	p = realloc(t->cells, cap * sizeof(*p));
	if (!p)
		return false;
	t->cells = p;
	t->cap = cap;
	return true;
}

void table_cell(struct table *t, const char *text)
{
	char safe[CELL_MAX];
	char *copy;

	esc_text(safe, sizeof(safe), text && *text ? text : "-", NULL);
	copy = grow(t) ? strdup(safe) : NULL;
	/* without a copy there is nothing to lose */
LINT_NOT("-Wanalyzer-malloc-leak")
	if (copy)
		t->cells[t->n_cells++] = copy;
	else
		t->failed = true;
LINT_AGAIN
}

void table_cellf(struct table *t, const char *fmt, ...)
{
	char text[CELL_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	table_cell(t, text);
}

void table_colour(struct table *t, const char *colour)
{
	if (t->n_rows == t->cap_rows) {
		size_t cap = t->cap_rows ? 2 * t->cap_rows : 16;
		const char **p = realloc(t->colours, cap * sizeof(*p));

		if (!p) {
			t->failed = true;
			return;
		}
		t->colours = p;
		t->cap_rows = cap;
	}
	t->colours[t->n_rows++] = colour;
}

static void pad(struct out *o, unsigned n)
{
	while (n--)
		out_text(o, " ");
}

static void cell(struct table *t, struct out *o, unsigned col, unsigned width,
                 const char *text, const char *colour)
{
	unsigned w = esc_width(text);
	unsigned blanks = width > w ? width - w : 0;

	if (t->right[col])
		pad(o, blanks);
	if (colour)
		out_printf(o, "\x1b[%sm", colour);
	out_text(o, text);
	if (colour)
		out_text(o, "\x1b[0m");
	if (col + 1 == t->n_columns) {
		out_text(o, "\n");
		return;
	}
	if (!t->right[col])
		pad(o, blanks);
	pad(o, 2);
}

bool table_print(struct table *t, struct out *o, bool colour)
{
	unsigned width[TABLE_COLUMNS] = { 0 };
	size_t rows = t->n_cells / t->n_columns;

	if (t->failed)
		return false;
	for (unsigned c = 0; c < t->n_columns; c++) {
		width[c] = esc_width(t->head[c]);
		for (size_t r = 0; r < rows; r++) {
			unsigned w = esc_width(t->cells[r * t->n_columns + c]);
			width[c] = w > width[c] ? w : width[c];
		}
	}
	for (unsigned c = 0; c < t->n_columns; c++)
		cell(t, o, c, width[c], t->head[c], colour ? "1" : NULL);
	for (size_t i = 0; i < rows * t->n_columns; i++) {
		unsigned c = (unsigned)(i % t->n_columns);
		size_t r = i / t->n_columns;
		bool tint = colour && (int)c == t->bold && r < t->n_rows;

		cell(t, o, c, width[c], t->cells[i],
		     tint ? t->colours[r] : NULL);
	}
	return !o->err;
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t->colours);
	*t = (struct table){ .n_columns = t->n_columns };
}
