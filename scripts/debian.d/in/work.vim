%s/pear/plum/
sort
w! out
r !sort words
w >>out
q!
