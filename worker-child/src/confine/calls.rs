//! System calls that a sync never needs, and what they would be good for.

use nix::libc;

/// An argument of a call, by position, and what is asked of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Argument(pub(super) u8, pub(super) Test);

/// A question about an argument.
#[derive(Debug, Clone, Copy)]
pub(super) enum Test {
    /// Whether this number is there.
    Is(u64),
    /// Whether another number is there.
    IsNot(u64),
    /// Whether the bits of the mask are these.
    Masked {
        /// Which bits.
        mask: u64,
        /// What they are.
        value: u64,
    },
    /// Whether it points anywhere.
    IsPointer,
}

/// Refused whatever the arguments are.
pub const DENIED: &[i64] = &[
    // Other programs and processes.
    libc::SYS_execve,
    libc::SYS_execveat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    // A process that leaves its group is not found by the signal that ends the group.
    libc::SYS_setsid,
    libc::SYS_setpgid,
    // Signals to others; a process raises its own by `tgkill`.
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
    // The memory and descriptors of others.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // Memory that no limit of the process counts, shared with others of the same user.
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semctl,
    libc::SYS_semtimedop,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    // Listening needs no port of one's own choice, which landlock would refuse.
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    // What landlock does not guard about files.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchmodat2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
    libc::SYS_utimensat,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    // Other views of the system.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_unshare,
    libc::SYS_setns,
    // Another user, more privileges.
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_setgroups,
    libc::SYS_capset,
    libc::SYS_setrlimit,
    libc::SYS_personality,
    // The kernel's larger doors.
    libc::SYS_bpf,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // The machine.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
];

/// `SOCK_*` without its flags (`socket(2)`).
const KIND: u64 = 0xf;

/// Refused if all arguments answer yes; a call may have several lines. `clone3` and `tgkill` are
/// treated where the filter is made.
pub(super) const CONDITIONAL: &[(i64, &[Argument])] = &[
    // A thread shares everything with its process, a child process does not.
    (
        libc::SYS_clone,
        &[Argument(0, bits(libc::CLONE_THREAD as u64, 0))],
    ),
    // Setting a limit; asking for one goes by the same number.
    (libc::SYS_prlimit64, &[Argument(2, Test::IsPointer)]),
    // What was given up would come back: the parent-death signal, and being closed to others.
    (
        libc::SYS_prctl,
        &[Argument(0, Test::Is(libc::PR_SET_PDEATHSIG as u64))],
    ),
    (
        libc::SYS_prctl,
        &[Argument(0, Test::Is(libc::PR_SET_DUMPABLE as u64))],
    ),
    (
        libc::SYS_prctl,
        &[Argument(0, Test::Is(libc::PR_SET_PTRACER as u64))],
    ),
    // Sockets of other families than the internet's, and the one by which the C library asks for this
    // machine's addresses. A local socket may be a way to a service that does as it is told.
    (
        libc::SYS_socket,
        &[
            Argument(0, Test::IsNot(libc::AF_INET as u64)),
            Argument(0, Test::IsNot(libc::AF_INET6 as u64)),
            Argument(0, Test::IsNot(libc::AF_NETLINK as u64)),
        ],
    ),
    // Landlock guards the ports of TCP only: no MPTCP, SCTP or DCCP.
    (
        libc::SYS_socket,
        &[
            Argument(1, bits(KIND, libc::SOCK_STREAM as u64)),
            Argument(2, Test::IsNot(0)),
            Argument(2, Test::IsNot(libc::IPPROTO_TCP as u64)),
        ],
    ),
    (
        libc::SYS_socket,
        &[Argument(1, bits(KIND, libc::SOCK_SEQPACKET as u64))],
    ),
    (
        libc::SYS_socket,
        &[Argument(1, bits(KIND, libc::SOCK_DCCP as u64))],
    ),
    (
        libc::SYS_socket,
        &[
            Argument(0, Test::IsNot(libc::AF_NETLINK as u64)),
            Argument(1, bits(KIND, libc::SOCK_RAW as u64)),
        ],
    ),
    // It connects without `connect`, which is what landlock guards.
    (libc::SYS_sendto, &[Argument(3, fast_open())]),
    (libc::SYS_sendmsg, &[Argument(2, fast_open())]),
    (libc::SYS_sendmmsg, &[Argument(3, fast_open())]),
];

const fn bits(mask: u64, value: u64) -> Test {
    Test::Masked { mask, value }
}

const fn fast_open() -> Test {
    bits(libc::MSG_FASTOPEN as u64, libc::MSG_FASTOPEN as u64)
}

/// The number of a call, and on x86-64 its number in the ABI with short pointers, which the kernel
/// takes for the same architecture (`syscall(2)`).
#[cfg(target_arch = "x86_64")]
pub fn numbers(call: i64) -> impl Iterator<Item = i64> {
    const X32: i64 = 0x4000_0000;
    [call, call | X32].into_iter()
}

/// The number of a call.
#[cfg(not(target_arch = "x86_64"))]
pub fn numbers(call: i64) -> impl Iterator<Item = i64> {
    std::iter::once(call)
}
