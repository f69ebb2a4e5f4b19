/* A call in a library without unwind tables must not disappear: nobody knows that it was not made for the program. */
#include <unistd.h>

/* a C library's getppid in miniature, without tables, lines and a frame pointer */
int asked(void);
__asm__(".section .text.asked, \"ax\"\n.globl asked; .type asked, @function\nasked: push %rbp; xor %ebp, %ebp; mov $110, %eax; syscall; pop %rbp; ret; .size asked, .-asked; .previous");

int main(void)
{
	getuid();
	asked();
	return 0;
}

/* ops:
P  getuid() = 0  testdata/static_untabled.c:10
P  getppid() = the tool  testdata/static_untabled.c:11
P  exit(0)  testdata/static_untabled.c:13
P  exit 0
*/
