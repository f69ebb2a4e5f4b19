// What a call on memory acts on is a mapping of the program's own and a place in it, whatever its
// address. Other addresses are chance.
#define PAGE 4096
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static char data[2 * PAGE];

int main(void)
{
    char *a = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *b = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    free(malloc(1 << 20)); // the library's own
    mprotect(a + PAGE, PAGE, PROT_READ);
    munmap(a + PAGE, 2 * PAGE); // from the middle
    madvise(a + 3 * PAGE, PAGE, MADV_DONTNEED);
    madvise(a + 2 * PAGE, PAGE, MADV_DONTNEED); // nothing is there
    b = mremap(b, PAGE, 64 * PAGE, MREMAP_MAYMOVE); // moves
    mprotect(b + 8 * PAGE, PAGE, PROT_NONE);
    mmap(b + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); // over a part of it
    mlock(b + PAGE, 1);
    mlock(b + 2 * PAGE, 1);
    mprotect((void *)((unsigned long)(data + PAGE) & ~(PAGE - 1L)), PAGE, PROT_READ);

    int id = shmget(IPC_PRIVATE, 2 * PAGE, 0600);
    char *s = shmat(id, NULL, 0);
    mlock(s + PAGE, PAGE);
    shmdt(s);
    shmctl(id, IPC_RMID, NULL);
    if (fork() == 0) {
        munmap(a, PAGE); // its parent's mapping, copied
        mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        _exit(0);
    }
    wait(NULL);
    msync(a, PAGE, MS_SYNC);
    munmap(NULL, PAGE);
    munmap(a, PAGE);
    return 0;
}
/* ops:
P  mmap(NULL, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = map1  testdata/mappings.c:14
P  mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = map2  testdata/mappings.c:15
P  mprotect(map1+4096, 4096, PROT_READ)  testdata/mappings.c:17
P  munmap(map1+4096, 8192)  testdata/mappings.c:18
P  madvise(map1+12288, 4096, MADV_DONTNEED)  testdata/mappings.c:19
P  madvise(addr, 4096, MADV_DONTNEED) = ENOMEM  testdata/mappings.c:20
P  mremap(map2, 4096, 262144, MREMAP_MAYMOVE) = map2  testdata/mappings.c:21
P  mprotect(map2+32768, 4096, PROT_NONE)  testdata/mappings.c:22
P  mmap(map2+4096, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = map3  testdata/mappings.c:23
P  mlock(map3, 1)  testdata/mappings.c:24
P  mlock(map2+8192, 1)  testdata/mappings.c:25
P  mprotect(addr, 4096, PROT_READ)  testdata/mappings.c:26
P  shmget(0x0, 8192, 0600) = shm1  testdata/mappings.c:28
P  shmat(shm1, NULL, 0) = map4  testdata/mappings.c:29
P  mlock(map4+4096, 4096)  testdata/mappings.c:30
P  shmdt(map4)  testdata/mappings.c:31
P  shmctl(shm1, IPC_RMID)  testdata/mappings.c:32
P  fork() = P.1  testdata/mappings.c:33
P  wait4(-1, NULL, 0, NULL) = P.1  testdata/mappings.c:38
P  msync(map1, 4096, MS_SYNC)  testdata/mappings.c:39
P  munmap(NULL, 4096)  testdata/mappings.c:40
P  munmap(map1, 4096)  testdata/mappings.c:41
P  exit(0)  testdata/mappings.c:43
P  exit 0
P.1  munmap(map1, 4096)  testdata/mappings.c:34
P.1  mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = P.1:map1  testdata/mappings.c:35
P.1  exit(0)  testdata/mappings.c:36
P.1  exit 0
*/
