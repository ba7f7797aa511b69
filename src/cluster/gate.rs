//! The gate of one cluster: all of its watches share one backoff, and after a failure one of them
//! tries while the others wait.

use super::machine::{Machine, Trouble, jitter};
use crate::base::clock;
use crate::model::source::Bell;
use crate::model::state::ClusterState;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

struct Inner {
    machine: Machine,
    /// Requests pass freely.
    open: bool,
    /// One request is out to see whether the cluster answers again.
    probing: bool,
    /// When the next probe may go.
    until: Instant,
    /// Counts openings and closings, so that the many failures of one outage count once.
    epoch: u64,
}

/// See the module.
pub struct Gate {
    inner: Mutex<Inner>,
    turned: Notify,
    bell: Bell,
}

/// Leave for one request; says afterwards how it went.
pub struct Pass {
    gate: Arc<Gate>,
    epoch: u64,
    probe: bool,
}

impl Gate {
    /// A gate of a cluster that nobody has asked for yet.
    pub fn new(bell: Bell) -> Arc<Gate> {
        let inner = Inner { machine: Machine::default(), open: false, probing: false, until: Instant::now(), epoch: 0 };
        Arc::new(Gate { inner: Mutex::new(inner), turned: Notify::new(), bell })
    }

    /// What the cluster has come to.
    pub fn state(&self) -> ClusterState {
        self.inner.lock().machine.state().clone()
    }

    /// Changes facts that do not move the state machine.
    pub fn note(&self, change: impl FnOnce(&mut ClusterState)) {
        let mut inner = self.inner.lock();
        let before = inner.machine.state().clone();
        change(inner.machine.state_mut());
        if *inner.machine.state() != before {
            self.bell.notify_one();
        }
    }

    /// Notes that a byte came, without waking anybody.
    pub fn heard(&self) {
        self.inner.lock().machine.state_mut().heard = clock::now();
    }

    /// Waits until a request may go out.
    pub async fn pass(self: &Arc<Gate>) -> Pass {
        loop {
            let turned = self.turned.notified();
            tokio::pin!(turned);
            turned.as_mut().enable();
            let until = {
                let mut inner = self.inner.lock();
                inner.machine.wanted(clock::now());
                if inner.open {
                    return Pass { gate: self.clone(), epoch: inner.epoch, probe: false };
                }
                if !inner.probing && inner.until <= Instant::now() {
                    inner.probing = true;
                    self.bell.notify_one();
                    return Pass { gate: self.clone(), epoch: inner.epoch, probe: true };
                }
                (!inner.probing).then_some(inner.until)
            };
            match until {
                Some(until) => {
                    tokio::select! {
                        () = turned => (),
                        () = tokio::time::sleep_until(until) => (),
                    }
                }
                None => turned.await,
            }
        }
    }

    /// Waits until requests pass freely, without sending one to find out.
    pub async fn opened(&self) {
        loop {
            let turned = self.turned.notified();
            tokio::pin!(turned);
            turned.as_mut().enable();
            if self.inner.lock().open {
                return;
            }
            turned.await;
        }
    }

    /// Tries again now, whatever the backoff says.
    pub fn retry_now(&self) {
        self.inner.lock().until = Instant::now();
        self.turned.notify_waiters();
    }

    fn settle(&self, pass: &Pass, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.inner.lock();
        if inner.epoch == pass.epoch {
            change(&mut inner);
            drop(inner);
            self.turned.notify_waiters();
            self.bell.notify_one();
        }
    }
}

impl Pass {
    /// The cluster answered as it should.
    pub fn progress(&mut self) {
        if !self.probe {
            return;
        }
        self.probe = false;
        self.gate.settle(self, |inner| {
            inner.machine.progress(clock::now());
            inner.open = true;
            inner.probing = false;
            inner.epoch += 1;
        });
        self.epoch += 1;
    }

    /// The cluster failed: nobody passes until the backoff has run out. Only the first failure of an
    /// outage counts.
    pub fn trouble(mut self, trouble: Trouble) {
        self.probe = false;
        self.gate.settle(&self, |inner| {
            let wait = inner.machine.trouble(trouble, clock::now(), jitter());
            inner.until = Instant::now() + wait;
            inner.open = false;
            inner.probing = false;
            inner.epoch += 1;
        });
    }
}

impl Drop for Pass {
    /// A probe that was given up makes room for another.
    fn drop(&mut self) {
        if self.probe {
            self.gate.settle(self, |inner| inner.probing = false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::state::Phase;
    use std::time::Duration;

    fn gate() -> Arc<Gate> {
        Gate::new(Bell::default())
    }

    #[tokio::test(start_paused = true)]
    async fn one_probes_while_the_others_wait() {
        let gate = gate();
        let mut first = gate.pass().await;
        let others: Vec<_> = (0..3)
            .map(|_| {
                tokio::spawn({
                    let gate = gate.clone();
                    async move { gate.pass().await }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert!(others.iter().all(|other| !other.is_finished()));
        first.progress();
        for other in others {
            assert!(!other.await.expect("passes").probe);
        }
        assert_eq!(gate.state().phase, Phase::Live);
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_counts_once() {
        let gate = gate();
        gate.pass().await.progress();
        let passes = [gate.pass().await, gate.pass().await, gate.pass().await];
        for pass in passes {
            pass.trouble(Trouble::Link("cut".into()));
        }
        assert_eq!(gate.state().attempts, 1);
        let begun = Instant::now();
        let probe = gate.pass().await;
        assert!(begun.elapsed() >= Duration::from_millis(250) && begun.elapsed() <= Duration::from_millis(510));
        probe.trouble(Trouble::Link("cut".into()));
        assert_eq!(gate.state().attempts, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_given_up_is_taken_over() {
        let gate = gate();
        let probe = gate.pass().await;
        let next = tokio::spawn({
            let gate = gate.clone();
            async move { gate.pass().await }
        });
        tokio::task::yield_now().await;
        drop(probe);
        assert!(next.await.expect("passes").probe);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_it_to_open_is_no_probe() {
        let gate = gate();
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.opened().await }
        });
        tokio::task::yield_now().await;
        let mut probe = gate.pass().await;
        assert!(probe.probe && !waiting.is_finished());
        probe.progress();
        waiting.await.expect("opened");
        gate.opened().await;
    }

    #[tokio::test(start_paused = true)]
    async fn retry_now_does_not_wait() {
        let gate = gate();
        for _ in 0..8 {
            gate.retry_now();
            gate.pass().await.trouble(Trouble::Link("refused".into()));
        }
        let begun = Instant::now();
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.pass().await }
        });
        tokio::task::yield_now().await;
        gate.retry_now();
        waiting.await.expect("passes").progress();
        assert!(begun.elapsed() < Duration::from_secs(1));
        assert_eq!(gate.state().phase, Phase::Live);
    }
}
