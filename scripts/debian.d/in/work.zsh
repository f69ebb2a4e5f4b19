typeset -A count
while read name n; do count[$name]=$n; done <words
print -l ${(ok)count}
for f in **/*.txt(N.On); do print $f; done
sleep 1 & wait; print $?
diff <(sort words) <(sort -r words)
