//! How quickly an autoscaler may move: its windows and its policies.

use super::object::{number, text};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

/// For how long a higher recommendation keeps what is scaled from shrinking, where the autoscaler says nothing. The
/// controller's own default is five minutes; in a demo nobody waits for that.
const DOWN: u64 = 30;

/// What one autoscaler recommended and did lately.
#[derive(Default)]
pub(super) struct Moves {
    recommended: Vec<(Instant, i64)>,
    moved: Vec<(Instant, i64)>,
}

/// Where a size must stay.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// The size now.
    pub current: i64,
    /// The smallest.
    pub least: i64,
    /// The largest.
    pub most: i64,
}

impl Moves {
    /// Remembers a change of the size.
    pub(super) fn moved(&mut self, by: i64) {
        let now = Instant::now();
        self.moved.retain(|(at, _)| now - *at < Duration::from_hours(1));
        self.moved.push((now, by));
    }

    /// A recommendation as it counts beside the recent ones.
    pub(super) fn steady(&mut self, behavior: &Value, proposed: i64, current: i64) -> i64 {
        let now = Instant::now();
        self.recommended.retain(|(at, _)| now - *at < Duration::from_hours(1));
        if self.recommended.is_empty() {
            self.recommended.push((now, current));
        }
        self.recommended.push((now, proposed));
        let window = |side: &str, default: u64| {
            Duration::from_secs(behavior[side]["stabilizationWindowSeconds"].as_u64().unwrap_or(default))
        };
        let within = |window: Duration| {
            self.recommended.iter().filter(move |(at, _)| now - *at <= window).map(|(_, replicas)| *replicas)
        };
        let up = within(window("scaleUp", 0)).min().unwrap_or(proposed).min(proposed);
        let down = within(window("scaleDown", DOWN)).max().unwrap_or(proposed).max(proposed);
        if current < up { up } else { current.min(down) }
    }

    /// How much was added, or taken away, within a period.
    fn within(&self, seconds: i64, up: bool) -> i64 {
        let (now, period) = (Instant::now(), Duration::from_secs(seconds.max(0) as u64));
        let recent = self.moved.iter().filter(|(at, by)| now - *at < period && (*by > 0) == up);
        recent.map(|(_, by)| by.abs()).sum()
    }
}

/// The size that policies allow.
fn limit(moves: &Moves, rules: &Value, current: i64, up: bool) -> i64 {
    let select = text(rules, "selectPolicy");
    if select == "Disabled" {
        return current;
    }
    let default = if up {
        json!([
            {"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}
        ])
    } else {
        json!([{"type": "Percent", "value": 100, "periodSeconds": 15}])
    };
    let policies = rules["policies"].as_array().filter(|all| !all.is_empty()).or(default.as_array());
    let sizes = policies.into_iter().flatten().map(|policy| {
        let (value, recent) = (number(policy, "value"), moves.within(number(policy, "periodSeconds"), up));
        let begin = if up { current - recent } else { current + recent };
        let percent = text(policy, "type") == "Percent";
        match (up, percent) {
            (true, false) => begin + value,
            (true, true) => (begin * (100 + value) + 99) / 100,
            (false, false) => begin - value,
            (false, true) => begin * (100 - value) / 100,
        }
    });
    // The policy that allows the largest change, unless the smallest is asked for.
    let widest = (select != "Min") == up;
    let size = if widest { sizes.max() } else { sizes.min() };
    let size = size.unwrap_or(current);
    if up { size.max(current) } else { size.min(current) }
}

/// A size within its bounds and policies: the size, whether something limits it, the reason and its words.
pub(super) fn bound(
    moves: &Moves,
    behavior: &Value,
    wanted: i64,
    Bounds { current, least, most }: Bounds,
) -> (i64, bool, &'static str, &'static str) {
    if wanted > current {
        let rate = limit(moves, &behavior["scaleUp"], current, true);
        if wanted > most.min(rate) {
            return if most > rate {
                (
                    rate,
                    true,
                    "ScaleUpLimit",
                    "the desired replica count is increasing faster than the maximum scale rate",
                )
            } else {
                (most, true, "TooManyReplicas", "the desired replica count is more than the maximum replica count")
            };
        }
    }
    if wanted < current {
        let rate = limit(moves, &behavior["scaleDown"], current, false);
        if wanted < least.max(rate) {
            return if least < rate {
                (
                    rate,
                    true,
                    "ScaleDownLimit",
                    "the desired replica count is decreasing faster than the maximum scale rate",
                )
            } else {
                (least, true, "TooFewReplicas", "the desired replica count is less than the minimum replica count")
            };
        }
    }
    (wanted, false, "DesiredWithinRange", "the desired count is within the acceptable range")
}
