use strict;
my %count;
open(my $in, "<", "words") or die;
while (<$in>) { my ($name, $n) = split; $count{$name} += $n; $count{"$name$_"}++ for 1 .. 3; }
print join(" ", keys %count), "\n";
for my $n (1 .. 3) {
	my $pid = fork;
	if (!$pid) { print "child $n\n"; exit $n; }
}
while ((my $pid = wait) > 0) { printf "status %d\n", $? >> 8; }
open(my $sort, "|-", "sort", "-r") or die;
print $sort "$_\n" for sort keys %count;
close $sort;
$SIG{ALRM} = sub { print "alarm\n" };
alarm 2;
sleep 10;
print scalar localtime, "\n";
printf "%s\n", rand() < 2 ? "ok" : "odd";
