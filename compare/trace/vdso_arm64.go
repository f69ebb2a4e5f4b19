package trace

import "encoding/binary"

// vdsoClock is what stands in the vDSO of a program in place of the kernel's code: first what
// clockPage writes, then two functions that read it. A clock that it does not have, and any when
// the supervisor wants to be asked, they leave to the kernel.
var vdsoClock = func() []byte {
	code := make([]byte, clockSize)
	for _, instruction := range []uint32{
		// clock_gettime
		0x71002c1f, // cmp w0, #11
		0x54000228, // b.hi ask
		0x10fffe42, // adr x2, real
		0xb9402843, // ldr w3, [x2, #40]: asks
		0x350001c3, // cbnz w3, ask
		0x52800024, // mov w4, #1
		0x1ac02084, // lsl w4, w4, w0
		0x52812425, // mov w5, #realClocks
		0x6a05009f, // tst w4, w5
		0x540000a1, // b.ne copy
		0x91004042, // add x2, x2, #16: monotonic
		0x52805a45, // mov w5, #monotonicClocks
		0x6a05009f, // tst w4, w5
		0x540000a0, // b.eq ask
		0xa9401444, // copy: ldp x4, x5, [x2]
		0xa9001424, // stp x4, x5, [x1]
		0x52800000, // mov w0, #0
		0xd65f03c0, // ret
		0xd2800e28, // ask: mov x8, #113
		0xd4000001, // svc #0
		0xd65f03c0, // ret
		0xd503201f, // nop
		// gettimeofday
		0x10fffbc2, // adr x2, real
		0xb9402843, // ldr w3, [x2, #40]: asks
		0x35000123, // cbnz w3, ask
		0xb4000080, // cbz x0, zone
		0xf9400044, // ldr x4, [x2]
		0xf9401045, // ldr x5, [x2, #32]: micros
		0xa9001404, // stp x4, x5, [x0]
		0xb4000041, // zone: cbz x1, done
		0xf900003f, // str xzr, [x1]
		0x52800000, // done: mov w0, #0
		0xd65f03c0, // ret
		0xd2801528, // ask: mov x8, #169
		0xd4000001, // svc #0
		0xd65f03c0, // ret
	} {
		code = binary.LittleEndian.AppendUint32(code, instruction)
	}
	return code
}()

// vdsoFunctions are where its functions begin, by the names of the symbols that lead there.
var vdsoFunctions = map[string]int{"__kernel_clock_gettime": 0x30, "__kernel_gettimeofday": 0x88}

// vdsoJump is instructions at one place that go on at another. The first is a place to which
// programs may jump, if the kernel guards these (BTI).
func vdsoJump(from, to int) []byte {
	code := binary.LittleEndian.AppendUint32(nil, 0xd503245f)                                // bti c
	return binary.LittleEndian.AppendUint32(code, 0x14000000|uint32(to-from-4)>>2&0x3ffffff) // b
}

// vdsoGetrandom is the symbol of the function that gives random bytes, and vdsoRefuses what stands
// in its place: it says that there is no such call.
const vdsoGetrandom = "__kernel_getrandom"

var vdsoRefuses = func() (code []byte) {
	for _, instruction := range []uint32{
		0xd503245f, // bti c
		0x928004a0, // mov x0, #-ENOSYS
		0xd65f03c0, // ret
	} {
		code = binary.LittleEndian.AppendUint32(code, instruction)
	}
	return code
}()
