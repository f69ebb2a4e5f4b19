const fs = require("fs"), { execFile } = require("child_process");
console.log(fs.readFileSync("words", "utf8").split("\n").length);
setTimeout(() => console.log("later"), 100);
setImmediate(() => console.log("immediate"));
fs.promises.readFile("people.json", "utf8").then((s) => console.log(JSON.parse(s).people.length));
execFile("sort", ["-r", "words"], (err, out) => console.log(err, out));
