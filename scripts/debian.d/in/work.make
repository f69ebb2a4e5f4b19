all: main lib.a out.1 out.2 out.3
out.%: words
	sort -r $< >$@; sleep 1; echo $@
main: main.o twice.o
	cc -o $@ $^
lib.a: twice.o
	ar rc $@ $^
