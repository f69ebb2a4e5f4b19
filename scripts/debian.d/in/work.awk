{ sum[$1] += $2 }
END { for (k in sum) print k, sum[k]; srand(1); print rand() < 1; while (("sort -r words" | getline line) > 0) print line; print "x" | "cat 1>&2"; system("echo end") }
