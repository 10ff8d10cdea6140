//! Memory that is of no use any more is given back to the system: reading a config takes several times what is kept of it, and of
//! the program's text most is there for the start.

/// Gives back every page that is free, which glibc by itself does at the end of its heap alone; and the program's own text, of
/// which each page that is run again is mapped again, from the system's cache.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "malloc_trim(3) may be called at any time, from any thread")]
    unsafe {
        libc::malloc_trim(0);
    }
    for (start, length) in text() {
        // SAFETY: it is a private mapping of a file that is never written to: nothing is lost (madvise(2), MADV_DONTNEED).
        #[expect(unsafe_code, reason = "no crate has this behind a safe interface")]
        let outcome = unsafe { libc::madvise(std::ptr::without_provenance_mut(start), length, libc::MADV_DONTNEED) };
        debug_assert_eq!(outcome, 0, "it is mapped");
    }
}

/// Where the text of this program is: address and length.
fn text() -> Vec<(usize, usize)> {
    let (Ok(maps), Ok(program)) = (std::fs::read_to_string("/proc/self/maps"), std::env::current_exe()) else {
        // Without /proc nothing is given back, and nothing is lost.
        return Vec::new();
    };
    let program = program.to_string_lossy();
    let is_text = |line: &&str| line.split(' ').nth(1) == Some("r-xp") && line.ends_with(&format!(" {program}"));
    let range = |line: &str| {
        let (start, end) = line.split(' ').next()?.split_once('-')?;
        let [start, end] = [start, end].map(|address| usize::from_str_radix(address, 16).ok());
        Some((start?, end? - start?))
    };
    maps.lines().filter(is_text).filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_where_this_runs() {
        let here = the_text_is_where_this_runs as fn() as usize;
        let [(start, length)] = text()[..] else { panic!("one mapping: {:?}", text()) };
        assert!((start..start + length).contains(&here));
        give_back();
        assert_eq!(text(), [(start, length)], "and it still runs");
    }
}
