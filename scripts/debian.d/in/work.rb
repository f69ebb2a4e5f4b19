require "tempfile"
require "digest"
words = File.readlines("words").map(&:split).to_h
puts words, words.hash == words.dup.hash
puts `sort words`
q = Queue.new
threads = 3.times.map { |n| Thread.new { while (job = q.pop) do puts "thread #{n} job #{job}" end } }
9.times { |i| q << i }
3.times { q << nil }
threads.each(&:join)
pid = fork { exit 4 }
Process.wait(pid)
puts $?.exitstatus
Tempfile.create("x", ".") { |f| f.puts "hello" }
puts Digest::SHA256.file("numbers").hexdigest
