//! `watch RUN`: a page on this machine that follows a run while it goes on.

mod folder;
mod server;

use crate::error::{InputError, UsageError};
use crate::out;
use clap::{ArgMatches, Args, FromArgMatches};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Flags {
    /// The folder of a run, unfinished or finished
    run: PathBuf,
    /// The port of the page; 0 takes one that is free
    #[arg(long, default_value_t = 8642)]
    port: u16,
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let flags = Flags::from_arg_matches(matches)?;
    if !flags.run.join("config.toml").is_file() {
        let why = "it is no run folder: it has no `config.toml`; give the folder that `transfer run` \
                   names at its start";
        return Err(InputError::File { path: flags.run, why: why.into() }.into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // This machine alone: what a run shows is nobody else's.
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, flags.port));
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .map_err(|source| UsageError::Port { port: flags.port, source })?;
        let port = listener.local_addr()?.port();
        out::result(&format!("http://127.0.0.1:{port}/"))?;
        out::talk(false, "watching; Ctrl-C ends it, and the run goes on");
        axum::serve(listener, server::routes(flags.run, port)).await?;
        Ok(())
    })
}
