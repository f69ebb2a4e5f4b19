trap 'echo bye' EXIT
n=0
while read -r name count; do n=$((n + count)); done <words
echo "total $n"
for i in 1 2 3; do (exit "$i") & done
wait
echo "status $?"
cat many | sort -n | head -n 2 | tee first | wc -l
(sleep 2; echo slept) & sleep 1; echo before; wait
kill -TERM $$ 2>/dev/null & trap 'echo term' TERM; wait
echo "$(cat words | tr a-z A-Z)" | sed 's/P/p/g'
