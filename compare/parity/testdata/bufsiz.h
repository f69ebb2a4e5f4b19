// BUFSIZ as glibc has it, for a program that asks read(2) for as many bytes: the number is in the program then.
#include <stdio.h>
#undef BUFSIZ
#define BUFSIZ 8192
