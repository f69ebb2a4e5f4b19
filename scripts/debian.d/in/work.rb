require "digest"
words = File.readlines("words").map(&:split).to_h
puts words, words.hash == words.dup.hash
puts `sort words`
pid = fork { exit 4 }
Process.wait(pid)
puts $?.exitstatus
puts Digest::SHA256.file("numbers").hexdigest
