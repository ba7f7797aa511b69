//! A larger company: more services of each team, in numbered shards where there are very many.

use super::Team;
use super::apps::{App, PROXY, Trouble};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

/// So many pods more than the company's own applications need only make those larger.
const OWN: usize = 120;
/// Replicas of services, as often as they stand here.
const SIZES: [usize; 9] = [2, 3, 3, 4, 6, 8, 12, 20, 24];
const ROLES: [&str; 8] = ["api", "worker", "gateway", "consumer", "sync", "cache", "query", "admin"];

/// What the services of a team are about.
fn nouns(team: &str) -> [&'static str; 12] {
    match team {
        "payments" => [
            "refund", "payout", "wallet", "merchant", "channel", "billing", "fee", "voucher", "clearing", "fx",
            "receipt", "token",
        ],
        "orders" => [
            "checkout",
            "shipment",
            "inventory",
            "coupon",
            "pricing",
            "returns",
            "catalog",
            "address",
            "delivery",
            "invoice",
            "search",
            "review",
        ],
        "risk" => [
            "scoring",
            "identity",
            "device",
            "blacklist",
            "limit",
            "case",
            "graph",
            "alert",
            "sanction",
            "velocity",
            "rule",
            "audit",
        ],
        "algo" => [
            "recall",
            "rank",
            "embedding",
            "feature",
            "profile",
            "feed",
            "abtest",
            "cold-start",
            "similar",
            "trend",
            "model",
            "sample",
        ],
        "data" => [
            "ingest", "lineage", "metric", "schema", "export", "backfill", "snapshot", "quality", "catalog", "stream",
            "report", "dwh",
        ],
        _ => [
            "runner", "artifact", "registry", "scan", "cache", "deploy", "review", "release", "image", "coverage",
            "notify", "sandbox",
        ],
    }
}

/// A service of a team by its number; the same for everyone who asks.
///
/// As with the applications of the table beside this one, each is there once and for good: there are never more than
/// the largest fleet needed.
pub fn service(team: &Team, number: usize) -> &'static App {
    static ALL: Mutex<Option<FxHashMap<(&str, usize), &'static App>>> = Mutex::new(None);
    let mut all = ALL.lock();
    let all = all.get_or_insert_default();
    all.entry((team.namespace, number)).or_insert_with(|| {
        let noun = nouns(team.name)[number % 12];
        let role = ROLES[(number % 12 + 5 * (number / 12)) % 8];
        let base = format!("{noun}-{role}");
        let version = format!("{}.{}.{}", 1 + number % 7, number * 13 % 40, number % 9);
        let image = format!("harbor.example.com/{}/{base}:{version}", team.name);
        let name = if number < 96 { base } else { format!("{base}-s{:02}", number / 96 + 1) };
        Box::leak(Box::new(App {
            namespace: team.namespace,
            name: name.leak(),
            image: image.leak(),
            team: team.name,
            owner: team.title,
            replicas: 1,
            grows: false,
            sidecar: PROXY.filter(|_| number % 5 == 1),
            trouble: Trouble::None,
        }))
    })
}

/// How many of the pods beyond those that are there anyway go to the company's own applications.
pub fn own_share(beyond: usize) -> usize {
    beyond.min(OWN)
}

/// Spreads pods over services of teams.
pub fn spread(teams: &[&'static Team], mut pods: usize) -> Vec<(&'static App, usize)> {
    let mut out = Vec::new();
    let scale = (pods as f64 / 1000.0).sqrt().max(1.0);
    for number in 0.. {
        for team in teams {
            if pods == 0 {
                return out;
            }
            // By turns, each team beginning elsewhere.
            let size = SIZES[(number * 5 + team.namespace.len()) % SIZES.len()];
            let size = ((size as f64 * scale) as usize).min(pods);
            out.push((service(team, number), size));
            pods -= size;
        }
        if teams.is_empty() {
            return out;
        }
    }
    out
}
