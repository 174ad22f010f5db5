//! What a fault was, as far as its address tells.

use super::Fault;

/// Number of the signal for memory that is not there or may not be touched (`signal(7)`).
const SIGSEGV: i32 = 11;
/// `si_code` of an address that is mapped to nothing, and of a mapping that forbids the access
/// (`sigaction(2)`). Only these two come with an address.
const SEGV_MAPERR: i32 = 1;
const SEGV_ACCERR: i32 = 2;
/// How far below its stack an overflowing function may reach, in bytes. Compilers touch every page
/// of a large frame in turn, so the first one that is missing is close.
const BELOW: u64 = 64 * 1024;
/// The lowest page of a stack may be its guard: which side of the bound it is on depends on the C
/// library (`pthread_attr_setguardsize(3)`, bugs).
const GUARD: u64 = 4096;

impl Fault {
    /// Whether the kernel refused an access just below the stack of the thread at fault. False if
    /// the stack is not known: then nothing can be said.
    pub const fn is_stack_overflow(&self) -> bool {
        let Some((low, _)) = self.stack else {
            return false;
        };
        let refused = matches!(self.code, SEGV_MAPERR | SEGV_ACCERR);
        let near =
            self.address >= low.saturating_sub(BELOW) && self.address < low.saturating_add(GUARD);
        self.signal == SIGSEGV && refused && near
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_access_just_below_the_stack_is_an_overflow() {
        const LOW: u64 = 0x7ffd_0000_0000;
        const HIGH: u64 = LOW + (8 << 20);
        let known = Some((LOW, HIGH));
        let cases = [
            (11, 1, LOW - 8, known, true, "a push below a thread's stack"),
            (11, 2, LOW - 8, known, true, "a push onto a guard page"),
            (
                11,
                2,
                LOW + 8,
                known,
                true,
                "a guard page within the bounds",
            ),
            (11, 1, LOW - BELOW, known, true, "as far as a frame reaches"),
            (11, 1, LOW - BELOW - 1, known, false, "too far below"),
            (11, 2, LOW + GUARD, known, false, "within the stack"),
            (11, 1, HIGH, known, false, "above the stack"),
            (11, 1, 0, known, false, "a null pointer"),
            (11, 1, LOW - 8, None, false, "no stack known"),
            (
                11,
                0x80,
                LOW - 8,
                known,
                false,
                "a fault without an address",
            ),
            (11, 0, LOW - 8, known, false, "sent by kill(2)"),
            (11, -6, LOW - 8, known, false, "sent by tgkill(2)"),
            (7, 2, LOW - 8, known, false, "a bus error"),
            (
                11,
                1,
                5,
                Some((0, 4096)),
                true,
                "bounds that do not underflow",
            ),
            (
                11,
                1,
                u64::MAX,
                Some((u64::MAX - 1, u64::MAX)),
                false,
                "nor overflow",
            ),
        ];
        for (signal, code, address, stack, expected, why) in cases {
            let fault = Fault {
                signal,
                code,
                address,
                stack,
                run: None,
            };
            assert_eq!(fault.is_stack_overflow(), expected, "{why}");
        }
    }
}
