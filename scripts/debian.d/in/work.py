import collections, hashlib, json, os, queue, subprocess, sys, tempfile, threading, time

words = {line.split()[0] for line in open("words")}
print(words, hash("pear") % 2, sorted(words))
print(json.dumps(json.load(open("people.json")), sort_keys=True))
print(hashlib.sha256(open("numbers", "rb").read()).hexdigest())
print(subprocess.run(["sort", "-r", "words"], capture_output=True, text=True).stdout)
jobs = queue.Queue()
def work(n):
    while (job := jobs.get()) is not None:
        print("thread", n, "job", job, flush=True)
threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
for t in threads:
    t.start()
for job in list(range(12)) + [None] * 3:
    jobs.put(job)
for t in threads:
    t.join()
with tempfile.NamedTemporaryFile("w", dir=".") as f:
    f.write("hello\n")
    f.flush()
    print(os.path.getsize(f.name))
time.sleep(0.2)
print(collections.Counter(open("many").read()).most_common(3))
