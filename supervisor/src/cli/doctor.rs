//! `bulkhead doctor`: looks at everything that a sync needs, and says what to do about what it finds.
//!
//! It changes nothing but what every command does: a database of an older schema is migrated.

mod check;
mod child;
mod confinement;
mod machine;
mod state;

use serde::Serialize;

use super::output::Output;
use super::{Exit, Place};
use check::{Check, Found};

#[derive(Serialize)]
struct DoctorAnswer {
    /// Whether nothing needs doing.
    well: bool,
    checks: Vec<Check>,
}

pub(super) async fn doctor(place: &Place, output: Output) -> anyhow::Result<Exit> {
    let mut checks = state::checks(place).await;
    checks.extend(child::checks(place).await);
    checks.extend(confinement::checks(place).await);
    checks.extend(machine::checks(place));
    let ill = checks.iter().any(|check| check.found == Found::Ill);
    let answer = DoctorAnswer { well: !ill, checks };
    output.answer(&answer, words)?;
    Ok(if answer.well { Exit::Done } else { Exit::Found })
}

fn words(answer: &DoctorAnswer) -> String {
    let longest = answer.checks.iter().map(|check| check.name.len()).max();
    let width = longest.unwrap_or(0);
    let mut lines = Vec::new();
    for check in &answer.checks {
        let Check { name, what, .. } = check;
        lines.push(format!("{:<5} {name:<width$}  {what}", check.found.word()));
        let to_do = check.to_do.iter();
        lines.extend(to_do.map(|to_do| format!("{:<5} {:<width$}  to do: {to_do}", "", "")));
    }
    let ill = answer.checks.iter().filter(|one| one.found == Found::Ill);
    lines.push(match ill.count() {
        0 => "nothing needs doing".to_owned(),
        1 => "1 thing needs doing".to_owned(),
        many => format!("{many} things need doing"),
    });
    lines.join("\n")
}
