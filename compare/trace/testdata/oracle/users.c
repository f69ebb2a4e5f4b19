/* users: who a process is. */
#include <grp.h>
#include <sys/fsuid.h>
#include <unistd.h>

int main(void)
{
	uid_t r, e, s;
	gid_t groups[32], list[2] = { 5, 6 };

	getuid(), geteuid(), getgid(), getegid();
	getresuid(&r, &e, &s);
	getresgid(&r, &e, &s);
	getgroups(0, NULL);
	setgroups(2, list);
	getgroups(32, groups);
	getgroups(1, groups);
	setfsuid(1);
	setfsgid(-1);
	setgid(7);
	setregid(-1, 8);
	setresgid(7, 7, -1);
	setreuid(9, -1);
	setresuid(-1, 10, 10);
	setuid(11);
	setuid(0);
	return 0;
}
