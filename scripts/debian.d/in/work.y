%{
#include <stdio.h>
int yylex(void);
void yyerror(const char *s) { puts(s); }
%}
%token NUM
%%
sum: NUM | sum '+' NUM { $$ = $1 + $3; };
