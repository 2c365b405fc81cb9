/* The outer library of the call chain: see inner.c. */
#include "chain.h"

NOINLINE int outer_middle(const struct ask *ask)
{
	int error = inner_entry(ask);

	return error > 2000 ? 0 : error;
}

NOINLINE int outer_entry(const struct ask *ask)
{
	int error = outer_middle(ask);

	return error > 3000 ? 0 : error;
}
