//! Many ask, one works: concurrent callers share one run of a future and its result.

use futures::{
    FutureExt,
    future::{BoxFuture, WeakShared},
};
use parking_lot::Mutex;

use super::LinkError;

type Run<T> = WeakShared<BoxFuture<'static, Result<T, LinkError>>>;

/// The run under way, if any. It is dropped (cancelled) when its last waiter goes.
pub(super) struct Flight<T: Clone>(Mutex<Option<Run<T>>>);

impl<T: Clone> Default for Flight<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Flight<T> {
    /// Waits for the run under way, or starts one.
    pub async fn join(&self, start: impl FnOnce() -> BoxFuture<'static, Result<T, LinkError>>) -> Result<T, LinkError> {
        let shared = {
            let mut slot = self.0.lock();
            let under_way = slot.as_ref().and_then(WeakShared::upgrade).filter(|run| run.peek().is_none());
            if let Some(run) = under_way {
                run
            } else {
                let run = start().shared();
                *slot = run.downgrade();
                run
            }
        };
        shared.await
    }
}
