//! Ctrl-C, and SIGTERM: what is being written is written to its end, then the program stops.

use std::sync::{Mutex, MutexGuard, PoisonError};

static WRITING: Mutex<()> = Mutex::new(());

/// While this is held, an interrupt waits.
pub fn hold() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on an interrupt says that it was heard, and ends the program with the status that a shell gives it. A system that does not let
/// us listen ends the program as it does by itself.
pub fn listen() {
    std::thread::spawn(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        let Ok(status) = runtime.block_on(interrupted()) else { return };
        let _nothing_half_written = hold();
        eprintln!("interrupted: what was not published yet is not published");
        std::process::exit(status);
    });
}

/// Waits for a signal, and gives 128 and its number.
#[cfg(unix)]
async fn interrupted() -> std::io::Result<i32> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done.map(|()| 130),
        _ = terminate.recv() => Ok(143),
    }
}

#[cfg(not(unix))]
async fn interrupted() -> std::io::Result<i32> {
    tokio::signal::ctrl_c().await.map(|()| 130)
}
