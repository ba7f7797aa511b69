//! Amounts of resources: kept as the server writes them, and compared only to judge how full something is.

use super::meta::nullable;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;

/// `500m`, `10Gi`.
#[derive(prost::Message, Clone, PartialEq)]
pub(super) struct Quantity {
    #[prost(string, tag = "1")]
    text: String,
}

/// An entry of a map of amounts.
#[derive(prost::Message, Clone, PartialEq)]
pub(super) struct Amount {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, required, tag = "2")]
    pub amount: Quantity,
}

/// The amount of this name; none is zero.
pub(super) fn amount_of<'a>(amounts: &'a [Amount], name: &str) -> &'a str {
    amounts.iter().rfind(|it| it.name == name).map_or("0", |it| it.amount.text())
}

impl Quantity {
    /// As the server writes it.
    pub(super) fn text(&self) -> &str {
        if self.text.is_empty() { "0" } else { &self.text }
    }
}

/// About how much a quantity is; `None` for what is none.
pub(super) fn about(text: &str) -> Option<f64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c)).unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let power = |base: f64, exponent: i32| Some(number * base.powi(exponent));
    match &text[digits..] {
        "n" => power(10.0, -9),
        "u" => power(10.0, -6),
        "m" => power(10.0, -3),
        "" => Some(number),
        "k" => power(10.0, 3),
        "M" => power(10.0, 6),
        "G" => power(10.0, 9),
        "T" => power(10.0, 12),
        "P" => power(10.0, 15),
        "E" => power(10.0, 18),
        "Ki" => power(1024.0, 1),
        "Mi" => power(1024.0, 2),
        "Gi" => power(1024.0, 3),
        "Ti" => power(1024.0, 4),
        "Pi" => power(1024.0, 5),
        "Ei" => power(1024.0, 6),
        _ => text.parse().ok(),
    }
}

impl<'de> serde::Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Quantity;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity")
            }

            fn visit_str<E>(self, text: &str) -> Result<Quantity, E> {
                Ok(Quantity { text: text.to_owned() })
            }

            fn visit_i64<E>(self, number: i64) -> Result<Quantity, E> {
                Ok(Quantity { text: number.to_string() })
            }

            fn visit_u64<E>(self, number: u64) -> Result<Quantity, E> {
                Ok(Quantity { text: number.to_string() })
            }

            fn visit_f64<E>(self, number: f64) -> Result<Quantity, E> {
                Ok(Quantity { text: number.to_string() })
            }

            fn visit_unit<E>(self) -> Result<Quantity, E> {
                Ok(Quantity::default())
            }
        }

        deserializer.deserialize_any(Text)
    }
}

/// Reads a map of amounts.
pub(super) fn amounts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Amount>, D::Error> {
    struct Amounts;

    impl<'de> Visitor<'de> for Amounts {
        type Value = Vec<Amount>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of quantities")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Amount>, A::Error> {
            let mut amounts = Vec::new();
            while let Some((name, amount)) = map.next_entry()? {
                amounts.push(Amount { name, amount });
            }
            Ok(amounts)
        }

        fn visit_unit<E>(self) -> Result<Vec<Amount>, E> {
            Ok(Vec::new())
        }
    }

    deserializer.deserialize_any(Amounts)
}

/// A number or a text, such as `30%`.
#[derive(prost::Message, Clone, PartialEq)]
pub(super) struct IntOrText {
    /// 1 for a text.
    #[prost(int64, tag = "1")]
    which: i64,
    #[prost(int32, tag = "2")]
    number: i32,
    #[prost(string, tag = "3")]
    text: String,
}

impl fmt::Display for IntOrText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.which == 1 { f.write_str(&self.text) } else { write!(f, "{}", self.number) }
    }
}

impl<'de> serde::Deserialize<'de> for IntOrText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<IntOrText, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(i32),
            Text(String),
        }
        Ok(match nullable::<D, Option<Either>>(deserializer)? {
            Some(Either::Number(number)) => IntOrText { number, ..IntOrText::default() },
            Some(Either::Text(text)) => IntOrText { which: 1, number: 0, text },
            None => IntOrText::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_compared() {
        for (text, want) in [
            ("0", 0.0),
            ("1500m", 1.5),
            ("2Gi", 2_147_483_648.0),
            ("1.5k", 1500.0),
            ("1e3", 1000.0),
            ("12E2", 1200.0),
            ("3E", 3e18),
            ("-1", -1.0),
        ] {
            assert_eq!(about(text), Some(want), "{text}");
        }
        for text in ["", "x", "Gi", "1Zi", "1.2.3"] {
            assert_eq!(about(text), None, "{text}");
        }
    }
}
