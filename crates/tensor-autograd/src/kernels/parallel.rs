//! Threads: how work is shared out, and from what size on it is worth it.

use crate::Real;
use rayon::prelude::*;

/// Elements of one elementwise task. Fixed, so that a split never depends on the thread count.
pub const CHUNK: usize = 1 << 14;

/// Elementwise work below this many elements stays on the calling thread: waking another one
/// costs more than the arithmetic.
pub const PAR_MIN: usize = 1 << 16;

/// Makes the calling thread one of `threads` workers of the process's pool. Call it once, first.
/// Without it rayon's default holds: one worker a core beside the calling thread.
///
/// Returns `false` if the pool already existed, and changes nothing then.
pub fn set_num_threads(threads: usize) -> bool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .use_current_thread()
        .build_global()
        .is_ok()
}

/// Threads that kernels called from here would use.
pub fn num_threads() -> usize {
    rayon::current_num_threads()
}

/// Runs `f` with kernels limited to `threads` threads, in a pool of its own.
pub fn with_num_threads<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .build()
        .expect("the system refuses to start threads")
        .install(f)
}

/// Calls `f(start, part)` for consecutive parts of `dst`, each `chunk` elements (the last one may
/// be shorter) and beginning at element `start`; in parallel if `work` elements of effort are
/// worth it.
pub fn for_chunks(
    dst: &mut [Real],
    chunk: usize,
    work: usize,
    f: impl Fn(usize, &mut [Real]) + Sync,
) {
    if work < PAR_MIN || dst.len() <= chunk || num_threads() == 1 {
        for (i, part) in dst.chunks_mut(chunk).enumerate() {
            f(i * chunk, part);
        }
    } else {
        share_chunks(dst, chunk, &f);
    }
}

/// Without a type parameter, so that rayon is compiled once and not for every kernel; a call
/// through a pointer costs nothing beside a chunk.
fn share_chunks(dst: &mut [Real], chunk: usize, f: &(dyn Fn(usize, &mut [Real]) + Sync)) {
    dst.par_chunks_mut(chunk).enumerate().for_each(|(i, part)| f(i * chunk, part));
}

/// As [`for_chunks`], for two slices cut at the same places in units of `unit.0` and `unit.1`
/// elements: part `i` covers rows `i * rows ..` of both.
pub fn for_rows2(
    a: &mut [Real],
    b: &mut [Real],
    unit: (usize, usize),
    rows: usize,
    f: impl Fn(usize, &mut [Real], &mut [Real]) + Sync,
) {
    let (ca, cb) = (unit.0 * rows, unit.1 * rows);
    if a.len().max(b.len()) < PAR_MIN || num_threads() == 1 {
        for (i, (pa, pb)) in a.chunks_mut(ca).zip(b.chunks_mut(cb)).enumerate() {
            f(i * rows, pa, pb);
        }
    } else {
        a.par_chunks_mut(ca)
            .zip(b.par_chunks_mut(cb))
            .enumerate()
            .for_each(|(i, (pa, pb))| f(i * rows, pa, pb));
    }
}

/// `f(0), f(1), .., f(n - 1)` in index order, computed in parallel if `work` elements of effort
/// are worth it.
pub fn collect<R: Send>(n: usize, work: usize, f: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    if work < PAR_MIN || n <= 1 || num_threads() == 1 {
        (0..n).map(f).collect()
    } else {
        (0..n).into_par_iter().map(f).collect()
    }
}

/// Calls `f(i, plane)` for every `plane` elements of `dst`, in parallel if `work` is worth it.
/// Several planes make a task, so that small ones cost no scheduling.
pub fn for_planes(
    dst: &mut [Real],
    plane: usize,
    work: usize,
    f: impl Fn(usize, &mut [Real]) + Sync,
) {
    if dst.is_empty() {
        return;
    }
    let group = group(dst.len() / plane, work);
    for_chunks(dst, plane * group, work, |start, part| {
        for (i, p) in part.chunks_mut(plane).enumerate() {
            f(start / plane + i, p);
        }
    });
}

/// As [`for_planes`], for two slices with as many planes.
pub fn for_planes2<B: Send>(
    a: &mut [Real],
    plane_a: usize,
    b: &mut [B],
    plane_b: usize,
    work: usize,
    f: impl Fn(usize, &mut [Real], &mut [B]) + Sync,
) {
    if a.is_empty() {
        return;
    }
    let group = group(a.len() / plane_a, work);
    let run = |(task, (a, b)): (usize, (&mut [Real], &mut [B]))| {
        let planes = a.chunks_mut(plane_a).zip(b.chunks_mut(plane_b));
        for (i, (a, b)) in planes.enumerate() {
            f(task * group + i, a, b);
        }
    };
    let (ca, cb) = (plane_a * group, plane_b * group);
    if work < PAR_MIN || num_threads() == 1 {
        a.chunks_mut(ca).zip(b.chunks_mut(cb)).enumerate().for_each(run);
    } else {
        a.par_chunks_mut(ca).zip(b.par_chunks_mut(cb)).enumerate().for_each(run);
    }
}

/// Planes a task, such that a task is about [`CHUNK`] elements of effort.
fn group(planes: usize, work: usize) -> usize {
    (CHUNK * planes / work.max(1)).clamp(1, planes)
}

/// Calls `f(0) .. f(n - 1)`, in parallel if `work` elements of effort are worth it.
pub fn for_tasks(n: usize, work: usize, f: impl Fn(usize) + Sync + Send) {
    if work < PAR_MIN || n <= 1 || num_threads() == 1 {
        (0..n).for_each(f);
    } else {
        (0..n).into_par_iter().with_max_len(1).for_each(f);
    }
}
