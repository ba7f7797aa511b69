//! The table of figures.

use crate::machine::Facts;
use crate::options::Options;
use crate::stats::short;
use anyhow::{Context as _, Result};
use std::fmt::Write as _;

/// One line of the table.
#[derive(Debug)]
struct Figure {
    name: String,
    aim: String,
    got: String,
    note: String,
    /// Misses its aim.
    missed: bool,
}

/// What is known so far.
#[derive(Debug, Default)]
pub struct Report {
    figures: Vec<Figure>,
}

impl Report {
    /// A figure that is to be at most `aim`.
    pub fn at_most(&mut self, name: &str, aim: f64, value: f64, unit: &str, note: impl Into<String>) {
        // What could not be measured misses, too.
        let missed = value.is_nan() || value > aim;
        let (aim, got) = (format!("≤ {aim}{unit}"), format!("{}{unit}", short(value)));
        self.add(Figure { name: name.into(), aim, got, note: note.into(), missed });
    }

    /// A figure that is to be at most `aim`, where there is one.
    pub fn aimed(&mut self, name: &str, aim: Option<f64>, value: f64, unit: &str, note: impl Into<String>) {
        match aim {
            Some(aim) => self.at_most(name, aim, value, unit, note),
            None => self.plain(name, format!("{}{unit}", short(value)), note),
        }
    }

    /// A figure without an aim.
    pub fn plain(&mut self, name: &str, got: impl Into<String>, note: impl Into<String>) {
        let figure =
            Figure { name: name.into(), aim: String::new(), got: got.into(), note: note.into(), missed: false };
        self.add(figure);
    }

    fn add(&mut self, figure: Figure) {
        let Figure { name, aim, got, note, missed } = &figure;
        let verdict = if *missed { " MISSED" } else { "" };
        eprintln!("  {name}: {got} ({aim}{verdict}) {note}");
        self.figures.push(figure);
    }

    fn markdown(&self, options: &Options) -> String {
        let facts = Facts::gather(options);
        let mut text = String::from("# Figures\n\n");
        let _ = writeln!(
            text,
            "Measured on {} by `{}`: {}, a terminal of 180x50.\n",
            facts.date,
            options.command(),
            options.words()
        );
        let _ = writeln!(text, "- {}", facts.machine);
        let _ = writeln!(text, "- {}\n", facts.versions);
        let _ = writeln!(text, "| figure | aim | got | note |\n|---|---|---|---|");
        for Figure { name, aim, got, note, missed } in &self.figures {
            let got = if *missed { format!("**{got}**") } else { got.clone() };
            let _ = writeln!(text, "| {name} | {aim} | {got} | {note} |");
        }
        let missed = self.figures.iter().filter(|figure| figure.missed).count();
        let aimed = self.figures.iter().filter(|figure| !figure.aim.is_empty()).count();
        let _ = writeln!(text, "\n{} of {aimed} aims reached; what misses its aim stands in bold.", aimed - missed);
        text
    }

    /// Prints the table and writes it where it belongs.
    pub fn publish(&self, options: &Options) -> Result<()> {
        let text = self.markdown(options);
        println!("{text}");
        if let Some(target) = options.target() {
            std::fs::write(&target, &text).with_context(|| format!("cannot write {}", target.display()))?;
        }
        Ok(())
    }
}
