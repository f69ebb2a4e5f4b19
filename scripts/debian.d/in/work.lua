local sum = {}
for line in io.lines("words") do local k, n = line:match("(%S+) (%d+)"); sum[k] = tonumber(n) end
for k, n in pairs(sum) do print(k, n) end
print(io.popen("sort -r words"):read("a"))
print(os.execute("exit 3"))
local name = os.tmpname()
io.open(name, "w"):write("hello"):close()
os.remove(name)
print(os.date("!%Y") > "2000", math.random(3) < 4)
