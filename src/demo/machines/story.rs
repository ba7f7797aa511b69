//! What programs say: their days, and how their troubles sound.

use super::Voice;

/// One thing said: its level, its words, and keys with values. The level `raw` is a line as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// `info`, `warn`, `error`, `fatal` or `raw`.
    pub level: &'static str,
    /// The words.
    pub text: String,
    /// Keys and values.
    pub pairs: Vec<(&'static str, String)>,
}

fn said(level: &'static str, text: impl Into<String>) -> Said {
    Said { level, text: text.into(), pairs: Vec::new() }
}

impl Said {
    fn with<V: ToString + ?Sized>(mut self, key: &'static str, value: &V) -> Said {
        self.pairs.push((key, value.to_string()));
        self
    }
}

/// A line as it stands.
pub fn raw(text: &str) -> Said {
    said("raw", text)
}

/// As it starts.
pub fn start(voice: &Voice<'_>) -> Vec<Said> {
    let tag = voice.image.rsplit_once(':').map_or("", |(_, tag)| tag);
    vec![said("info", format!("starting {}", voice.container)).with("version", tag)]
}

/// The last words before an end that is not a good one.
pub fn end(voice: &Voice<'_>, code: i64) -> Vec<Said> {
    let raw = |text: &str| said("raw", text);
    match (voice.app, code) {
        // Killed from outside: a program cannot tell of that, only of what came before.
        (_, 137) => vec![
            said("warn", "heap is nearly full").with("used_mib", &1009).with("limit_mib", &1024),
            said("warn", "规则缓存未命中，重新加载全部规则").with("rules", &184_220),
        ],
        ("cart-service", _) => vec![
            said("info", "running migrations").with("from", &41).with("to", &42),
            said("error", "migration 42 failed: column \"coupon_id\" of relation \"cart_items\" does not exist")
                .with("sqlstate", "42703"),
            raw("panic: 数据库版本不兼容：4.4.0 需要 schema 42，当前为 41"),
            raw("main.main() /src/cmd/cart/main.go:88 +0x3c5"),
        ],
        ("settlement-worker", _) => vec![
            said("info", "连接账务库").with("host", "ledger-db.payments").with("pool", &32),
            said("error", "acquire connection: FATAL: sorry, too many clients already").with("attempt", &5),
            said("fatal", "结算任务无法启动：账务库连接数已满（max_connections=100）").with("exit", &1),
        ],
        ("etl-scheduler", _) => vec![
            said("error", "checkpoint s3://warehouse/checkpoints/etl is not readable: 403 AccessDenied"),
            said("fatal", "无法恢复调度状态，退出").with("exit", &1),
        ],
        ("nightly-reconcile", _) => vec![
            said("warn", "对账差异").with("batch", &20_261_124).with("count", &3),
            said("error", "对账失败：渠道流水与账务不一致，差额 1,204.50 元").with("channel", "unionpay"),
        ],
        (_, code) => vec![said("fatal", "terminated by an error").with("exit", &code)],
    }
}

/// While it runs and does not do its work.
pub fn failing(voice: &Voice<'_>, at: i64) -> Said {
    let dice = voice.dice(at);
    match (voice.app, dice % 4) {
        ("order-consumer", 0) => said("warn", "消费停滞，readiness 置为失败").with("lag", &(12_000 + dice % 90_000)),
        ("order-consumer", _) => said("error", "kafka: UNKNOWN_TOPIC_OR_PARTITION: topic orders.v3 does not exist")
            .with("retry", &(dice % 900)),
        (_, 0) => said("warn", "not ready yet").with("check", "readyz"),
        _ => said("error", "dependency is not reachable: connection refused").with("attempt", &(dice % 90)),
    }
}

/// On a day like every other.
pub fn usual(voice: &Voice<'_>, at: i64) -> Said {
    let dice = voice.dice(at);
    let took = 2 + dice / 64 % 180;
    let id = 10_000_000 + dice % 90_000_000;
    let pick = dice / 16 % 8;
    match (voice.app, pick) {
        ("payment-gateway", 0) => said("warn", "渠道响应慢").with("channel", "unionpay").with("took_ms", &(900 + took)),
        ("payment-gateway", 1) => said("error", "支付失败：渠道超时，已进入重试队列").with("order", &id),
        ("payment-gateway", _) => said("info", "payment accepted").with("order", &id).with("took_ms", &took),
        ("ledger-api" | "settlement-worker", 0..=2) => {
            said("info", "记账完成").with("voucher", &id).with("took_ms", &took)
        }
        ("order-api" | "order-consumer" | "cart-service", 0..=2) => said("info", "订单状态变更")
            .with("order", &id)
            .with("state", &["created", "paid", "shipped"][(dice % 3) as usize]),
        ("risk-engine", 0) => said("warn", "规则缓存占用过高").with("used_mib", &(800 + dice % 200)),
        ("risk-engine", _) => {
            said("info", "风险评分").with("txn", &id).with("score", &(dice % 100)).with("took_ms", &took)
        }
        ("recommend-api" | "ranker" | "feature-store", 0..=3) => {
            said("info", "recall").with("user", &id).with("items", &(20 + dice % 180)).with("took_ms", &took)
        }
        ("ledger-db", 0) => said("warn", "checkpoint: volume /data is 96% full"),
        ("ledger-db", _) => said("info", format!("checkpoint complete: wrote {} buffers", dice % 9000)),
        ("redis", _) => said("info", format!("{} changes in 60 seconds. Saving...", 1000 + dice % 9000)),
        ("kafka", _) => said("info", format!("[GroupCoordinator 1]: Stabilized group etl generation {}", dice % 4000)),
        ("coredns", 0) => said("warn", "no such host").with("name", "legacy-fax.orders.svc.cluster.local."),
        (_, 0) => said("info", "health check").with("status", "ok"),
        (_, 1) => said("debug", "cache refreshed").with("entries", &(100 + dice % 900)).with("took_ms", &took),
        (_, 2) => said("warn", "slow request").with("path", "/api/v1/items").with("took_ms", &(900 + took)),
        (_, 3) => said("info", "同步完成").with("count", &(dice % 1000)),
        _ => said("info", "request")
            .with("path", &format!("/api/v1/items/{}", dice % 10_000))
            .with("status", &200)
            .with("took_ms", &took),
    }
}
