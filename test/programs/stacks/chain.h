/* What the programs in this folder share. */
#ifndef CHAIN_H
#define CHAIN_H

#define NOINLINE __attribute__((noinline, noclone))

struct ask {
	const char *address;
	int port;
	int nonblock;
};

#ifdef __cplusplus
extern "C" {
#endif

int inner_dial(const struct ask *ask);
int inner_entry(const struct ask *ask);
int outer_middle(const struct ask *ask);
int outer_entry(const struct ask *ask);

#ifdef __cplusplus
}
#endif

#endif
