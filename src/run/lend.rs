//! The terminal, lent to a credential plugin: the screen is put away, the plugin talks to the reader, and
//! the screen comes back as it was.

use super::cockpit::Cockpit;
use crate::link::{Console, Lend, Loan};
use crate::term::{Signal, Signals};
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;
use std::io;
use tokio::sync::mpsc;

/// Plugins that may wait for the terminal; more wait on their side.
const LOANS: usize = 4;
/// Notices that may wait.
const NOTICES: usize = 32;

/// Where the cockpit hears of those who want the terminal, or something said.
pub struct Counter {
    /// Plugins that ask for the terminal.
    pub loans: mpsc::Receiver<Loan>,
    /// Sentences for the reader.
    pub notices: mpsc::Receiver<String>,
}

/// A console for links, and the cockpit's end of it.
pub fn counter() -> (Console, Counter) {
    let (asked, loans) = mpsc::channel(LOANS);
    let (told, notices) = mpsc::channel(NOTICES);
    (Console { lend: Lend::Ask(asked), notices: Some(told) }, Counter { loans, notices })
}

/// What is over when the terminal is back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum After {
    /// The cockpit goes on.
    Go,
    /// A signal ends it.
    Quit,
}

impl Cockpit {
    /// Lends the terminal to a plugin, and to those that wait behind it. Nobody reads keys meanwhile.
    pub async fn lend(
        &mut self,
        first: Loan,
        loans: &mut mpsc::Receiver<Loan>,
        signals: &mut Signals,
    ) -> io::Result<After> {
        let away = self.put_away().await?;
        let mut after = After::Go;
        let mut next = Some(first);
        while let (Some(loan), After::Go) = (next.take(), after) {
            after = serve(loan, &away, signals).await?;
            next = loans.try_recv().ok();
        }
        // Who comes back to a screen that is no more must not wait for it.
        drop(next);
        self.bring_back(away)?;
        Ok(after)
    }
}

/// One plugin, until it is over.
async fn serve(loan: Loan, away: &crate::term::Away, signals: &mut Signals) -> io::Result<After> {
    let Loan { cluster, user, command, granted, mut over, stop } = loan;
    let said = Text::LendTerminal.with(&[&sanitize(&cluster), &sanitize(&user), &sanitize(&command)]);
    if granted.is_closed() {
        return Ok(After::Go); // it waits no more
    }
    away.say(&said)?;
    if granted.send(()).is_err() {
        return Ok(After::Go);
    }
    loop {
        tokio::select! {
            _ = &mut over => break,
            signal = signals.next() => match signal {
                // The terminal has sent it to the plugin, too.
                Signal::Quit("SIGINT") => stop.notify_one(),
                Signal::Quit(name) => {
                    tracing::info!("{name}: leaving");
                    return Ok(After::Quit);
                }
                // The screen is drawn anew, in whatever size, when it is back.
                Signal::Resize | Signal::Continue => (),
            },
        }
    }
    away.settle()?;
    Ok(After::Go)
}
