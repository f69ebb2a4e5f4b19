<?php
$words = array_map(fn($l) => explode(" ", trim($l)), file("words"));
sort($words);
print_r($words);
echo shell_exec("sort -r words"), json_encode(json_decode(file_get_contents("people.json"))), "\n";
$name = tempnam(".", "x");
file_put_contents($name, str_repeat("x", 100000));
echo filesize($name), "\n";
unlink($name);
usleep(1000);
