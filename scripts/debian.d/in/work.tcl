set f [open words]; set lines [split [string trim [read $f]] \n]; close $f
foreach l [lsort $lines] { puts $l }
puts [exec sort -r words]
after 100 {puts later; set done 1}
puts [exec sh -c {echo out; exit 0}]
vwait done
