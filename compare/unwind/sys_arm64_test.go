package unwind

const sysProcessVMReadv = 270
