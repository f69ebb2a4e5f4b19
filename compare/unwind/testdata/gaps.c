// A library for TestSymbolGaps: which functions have names when it is stripped.
static volatile int sink;

int before(int n) { return n + sink; }

__attribute__((noinline)) static int hidden(int n) { return n * sink + 2; }

int after(int n) { return hidden(n) - sink; }

int __aliased(int n) { return n - sink; }
extern int aliased(int n) __attribute__((alias("__aliased")));
extern int _aliased_with_a_longer_name(int n) __attribute__((alias("__aliased")));

// Assembly often gives no size: the function is what its call-frame entry says.
asm(".text\n"
    ".globl sizeless\n"
    ".type sizeless, @function\n"
    "sizeless:\n"
    "	.cfi_startproc\n"
    "	nop; nop; nop; ret\n"
    "	.cfi_endproc\n"
    ".local sizeless_end\n"
    ".type sizeless_end, @function\n"
    "sizeless_end:\n"
    "	.cfi_startproc\n"
    "	nop; nop; nop; ret\n"
    "	.cfi_endproc\n");
