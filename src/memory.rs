//! Memory that is free is given back to the system: reading a config takes several times what is kept of it.

/// Gives back every page that is free. glibc by itself gives back no more than the end of its heap.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "malloc_trim(3) may be called at any time, from any thread")]
    unsafe {
        libc::malloc_trim(0);
    }
}
