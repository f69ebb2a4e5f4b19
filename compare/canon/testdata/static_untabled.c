/* A call in code without unwind tables must not disappear. Here it is the program's own, which has no lines but a name. */
#include <unistd.h>

/* a C library's getppid in miniature, without tables, lines and a frame pointer */
int asked(void);
__asm__(".section .text.asked, \"ax\"\n.globl asked; .type asked, @function\nasked: push %rbp; xor %ebp, %ebp; mov $110, %eax; syscall; pop %rbp; ret; .size asked, .-asked; .previous");

/* and one with a stack protector, behind which another function follows: the way to its own return is the longer one */
int guarded(void);
__asm__(".section .text.guarded, \"ax\"\n.globl guarded; .type guarded, @function\n"
	"guarded: sub $24, %rsp; mov %fs:0x28, %rdx; mov %rdx, 8(%rsp); mov $104, %eax; syscall; mov 8(%rsp), %rdx; sub %fs:0x28, %rdx; jne 1f;"
	"nop; nop; nop; nop; add $24, %rsp; ret; 1: call abort; .size guarded, .-guarded; .type after, @function; after: ret; .previous");

int main(void)
{
	getuid();
	asked();
	guarded();
	return 0;
}

/* ops:
P  getuid() = 0  testdata/static_untabled.c:16
P  getppid() = the tool  asked+0x9
P  getgid() = 0  guarded+0x18
P  exit(0)  testdata/static_untabled.c:20
P  exit 0
*/
