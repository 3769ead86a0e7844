/* SPDX-License-Identifier: ISC */
#ifndef PATTERN_H
#define PATTERN_H

#include "lib/base/array.h"
#include "lib/base/result.h"
#include "lib/table/file_watch.h"
#include "lib/table/replacement.h"

/*
 * Tables of ordered rules, as regexp, pcre and cidr have them: "pattern result", "!pattern result",
 * "if [!]pattern" ... "endif"; from a file, or inline as {{rule}, {rule}}. The first rule that
 * matches decides. A rule with a mistake is skipped with a warning that names file and line; a
 * block
 * whose condition has a mistake is skipped with all it holds.
 */
struct pattern_rule {
	bool is_if, is_negated, is_broken;
	int line;
	size_t end;                     /* is_if: number of the first rule behind its endif */
	unsigned group_count;           /* set by compile: how many groups the pattern has */
	void *compiled;                 /* the driver's */
	struct replacement value;
};

/* What a kind of pattern must be able to do. */
struct pattern_ops {
	const char *title;              /* "regexp" */
	bool is_literal;                /* results are taken as they are: no $1 */

	/*
	 * NULL: every rule is about every key. A rule that is not about this key is passed over,
	 * negated or not.
	 */
	bool (*concerns)(void *ctx, const struct pattern_rule *rule);

	/*
	 * Compile the pattern that rest begins with and step over it. false with *err: the
	 * complaint, without place.
	 */
	bool (*compile)(void *ctx, struct span *rest, struct pattern_rule *rule, struct err *err);

	/* LOOKUP_FOUND: it matches. groups may be left alone when wants_groups is false. */
	enum lookup (*match)(void *ctx, const struct pattern_rule *rule, struct span key,
	    bool wants_groups,
	    struct groups *groups, struct err *err);

	void (*free_compiled)(void *compiled);
};

struct pattern_rules {
	const struct pattern_ops *ops;
	void *ctx;                      /* for ops */
	unsigned flags;                 /* enum table_flag */
	char *name;
	struct arena *arena;
	ARRAY(struct pattern_rule) rules;
	struct file_watch watch;
};

/*
 * name is a path or "{...}". The structure may be given to pattern_rules_fini also after a failure.
 */
MUST_USE bool pattern_rules_load(struct pattern_rules *rules, const struct pattern_ops *ops,
    void *ctx, const char *name,
    unsigned flags, struct err *err);
void pattern_rules_fini(struct pattern_rules *rules);

enum lookup pattern_rules_get(struct pattern_rules *rules, struct span key, struct str *value_out,
    struct err *err);

#endif
