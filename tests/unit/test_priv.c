/* SPDX-License-Identifier: ISC */
#include "tests/unit/t.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lib/sys/priv.h"

/* The effective and permitted capabilities of this process, all in one. */
static unsigned long long
capabilities(void)
{
	unsigned long long all = 0, one;
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "CapEff: %llx", &one) == 1 || sscanf(line, "CapPrm: %llx", &one) == 1)
			all |= one;
	if (status != NULL)
		fclose(status);
	return all;
}

/* In a child: become the user; 0 when nothing is left. */
static int
become(uid_t uid)
{
	struct priv_user user = { uid, (gid_t) uid };
	struct err err = { 0 };
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(!priv_become(&user, &err) ? 2 : capabilities() != 0 ? 3 : geteuid() != uid ? 4 : 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST(priv_become_keeps_no_capability)
{
	if (geteuid() != 0)
		return;
	T_TRUE(t, capabilities() != 0);
	T_INT(t, become(65534), 0);
	T_INT(t, become(0), 0);
}
