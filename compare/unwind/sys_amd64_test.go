package unwind

const sysProcessVMReadv = 310
