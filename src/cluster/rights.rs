//! What we may list in a cluster, as its access reviews say, and the namespaces that somebody named.

use super::ask::{AskError, post_json};
use super::cluster::Cluster;
use crate::model::kind::Kind;
use crate::model::source::Source;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long an answer holds. A right that was lost shows at its watch before that.
pub const HOLDS: Duration = Duration::from_mins(10);
/// The same for a refusal in a young namespace: who makes one gives the rights to it a moment later.
pub const HOLDS_YOUNG: Duration = Duration::from_secs(15);

/// Where the name of a namespace comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Origin {
    /// The kubeconfig's context.
    Context,
    /// The command line (`-n`).
    Option,
    /// Typed in this run.
    Typed,
}

impl Origin {
    /// How a table says it.
    pub fn word(self) -> &'static str {
        match self {
            Origin::Context => "context",
            Origin::Option => "-n",
            Origin::Typed => "typed",
        }
    }
}

/// See the module.
#[derive(Default)]
pub struct Rights {
    /// Rung when a namespace is named that was not.
    pub renamed: Notify,
    named: Mutex<BTreeMap<String, Origin>>,
    rules: Mutex<HashMap<String, (Arc<Rules>, Instant)>>,
    answers: Mutex<HashMap<(String, String), (bool, Instant)>>,
    /// The server does not tell the rules of a namespace at once.
    no_rules: AtomicBool,
    namespaces: Mutex<Weak<Source>>,
}

/// The rules that hold for us in one namespace.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Rules {
    resource_rules: Vec<Rule>,
    /// There may be more of them than are told.
    incomplete: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Rule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

impl Rules {
    /// Whether a kind may be listed; `None` when the rules do not say it.
    fn may_list(&self, kind: &Kind) -> Option<bool> {
        let has = |words: &[String], word: &str| words.iter().any(|known| known == "*" || known == word);
        let allows = |rule: &Rule| {
            rule.resource_names.is_empty()
                && has(&rule.verbs, "list")
                && has(&rule.api_groups, &kind.group)
                && has(&rule.resources, &kind.plural)
        };
        if self.resource_rules.iter().any(allows) { Some(true) } else { (!self.incomplete).then_some(false) }
    }
}

#[derive(Deserialize)]
struct Review<T> {
    status: T,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Verdict {
    allowed: bool,
}

const REVIEWS: &str = "/apis/authorization.k8s.io/v1";

impl Rights {
    /// Notes that somebody named a namespace.
    pub fn name(&self, namespace: &str, origin: Origin) {
        let mut named = self.named.lock();
        if !namespace.is_empty() && !named.contains_key(namespace) {
            named.insert(namespace.to_owned(), origin);
            drop(named);
            self.renamed.notify_waiters();
        }
    }

    /// The namespaces that were named, with who named them first.
    pub fn named(&self) -> BTreeMap<String, Origin> {
        self.named.lock().clone()
    }

    /// What an answer that still holds says; `None` when it must be asked.
    pub fn known(&self, kind: &Kind, namespace: &str, young: bool) -> Option<bool> {
        let fresh = |allowed: bool, at: Instant| at.elapsed() < if young && !allowed { HOLDS_YOUNG } else { HOLDS };
        let by_rules = || {
            let (rules, at) = self.rules.lock().get(namespace).cloned()?;
            rules.may_list(kind).filter(|allowed| fresh(*allowed, at))
        };
        let answer = self.answers.lock().get(&(kind.id(), namespace.to_owned())).copied();
        answer.filter(|(allowed, at)| fresh(*allowed, *at)).map(|(allowed, _)| allowed).or_else(by_rules)
    }

    /// Whether anything is known to be allowed there: then more may be.
    pub fn is_likely(&self, namespace: &str) -> bool {
        self.answers.lock().iter().any(|((_, name), (allowed, _))| *allowed && name == namespace)
    }

    /// Forgets what is said of one namespace: its server says otherwise.
    pub fn doubt(&self, kind: &Kind, namespace: &str) {
        self.answers.lock().remove(&(kind.id(), namespace.to_owned()));
        self.rules.lock().remove(namespace);
    }

    /// Forgets all answers: they may be old, or another cluster's.
    pub fn forget(&self) {
        self.answers.lock().clear();
        self.rules.lock().clear();
    }

    /// Where the cluster's namespaces are followed, for whoever must know them.
    pub fn set_namespaces(&self, source: &Arc<Source>) {
        *self.namespaces.lock() = Arc::downgrade(source);
    }

    /// See [`Rights::set_namespaces`].
    pub fn namespaces(&self) -> Option<Arc<Source>> {
        self.namespaces.lock().upgrade()
    }
}

impl Cluster {
    /// Asks whether a kind may be listed in a namespace: first for all rules of the namespace, which
    /// answer for every kind at once, and where they are not all told for the kind alone.
    pub async fn may_list(&self, kind: &Kind, namespace: &str) -> Result<bool, AskError> {
        if !self.rights.no_rules.load(Ordering::Relaxed) {
            match self.rules(namespace).await {
                Ok(rules) => {
                    let told = rules.may_list(kind);
                    self.rights.rules.lock().insert(namespace.to_owned(), (Arc::new(rules), Instant::now()));
                    if let Some(told) = told {
                        self.answer(kind, namespace, told);
                        return Ok(told);
                    }
                }
                Err(error) if error.trouble().is_some() => return Err(error),
                Err(_) => self.rights.no_rules.store(true, Ordering::Relaxed),
            }
        }
        let spec = json!({"resourceAttributes": {
            "verb": "list", "group": kind.group, "version": kind.version, "resource": kind.plural, "namespace": namespace,
        }});
        let verdict: Verdict = self.review("SelfSubjectAccessReview", "selfsubjectaccessreviews", &spec).await?;
        self.answer(kind, namespace, verdict.allowed);
        Ok(verdict.allowed)
    }

    fn answer(&self, kind: &Kind, namespace: &str, allowed: bool) {
        self.rights.answers.lock().insert((kind.id(), namespace.to_owned()), (allowed, Instant::now()));
    }

    async fn rules(&self, namespace: &str) -> Result<Rules, AskError> {
        self.review("SelfSubjectRulesReview", "selfsubjectrulesreviews", &json!({"namespace": namespace})).await
    }

    async fn review<T: serde::de::DeserializeOwned>(
        &self,
        kind: &str,
        plural: &str,
        spec: &serde_json::Value,
    ) -> Result<T, AskError> {
        let question = json!({"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec});
        let path = format!("{REVIEWS}/{plural}");
        let review: Review<T> = post_json(self.link()?, &path, question.to_string(), self.patience).await?;
        Ok(review.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Rules {
        serde_json::from_str(text).expect("rules")
    }

    #[test]
    fn rules_say_what_may_be_listed() {
        let pods = Kind { plural: "pods".into(), ..Kind::default() };
        let deployments = Kind { plural: "deployments".into(), group: "apps".into(), ..Kind::default() };
        let viewer = r#"{"resourceRules": [
            {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "services"]},
            {"verbs": ["list"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web"]},
            {"verbs": ["get"], "apiGroups": ["*"], "resources": ["*"]}], "incomplete": false}"#;
        assert_eq!(rules(viewer).may_list(&pods), Some(true));
        assert_eq!(rules(viewer).may_list(&deployments), Some(false), "one name is not a list");
        assert_eq!(rules(&viewer.replace("false", "true")).may_list(&deployments), None);
        let admin = rules(r#"{"resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}"#);
        assert_eq!(admin.may_list(&deployments), Some(true));
        assert_eq!(rules("{}").may_list(&pods), Some(false));
    }
}
