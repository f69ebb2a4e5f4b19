define(`twice', `$1 $1')dnl
twice(`hello') include(`words')
syscmd(`sort words') esyscmd(`echo done') incr(sysval)
