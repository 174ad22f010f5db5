//! Whether a replay can bring a death about again, and with which command: pure.

use std::path::Path;

use shared::flight::RecordingStopped;

use crate::outcome::{CrashReport, Reproduction};

/// Name of the recording in a crash directory.
pub const RECORDING: &str = "recording";

/// How the reported death is brought about again. `dir` is its directory, `worker_child` the
/// child's program.
pub fn reproduction(report: &CrashReport, dir: &Path, worker_child: &Path) -> Reproduction {
    match obstacle(report) {
        Some(why) => Reproduction::Impossible(why),
        None => Reproduction::Command(format!(
            "{} replay {}",
            shell_word(worker_child),
            shell_word(dir)
        )),
    }
}

fn obstacle(report: &CrashReport) -> Option<String> {
    if let Some(exchange) = &report.exchange {
        let to_do = &exchange.to_do;
        return Some(format!(
            "nothing of a token exchange is recorded, because it holds secrets; {to_do}"
        ));
    }
    if report.failure.is_none()
        && let Some(why) = report.verdict.cause.beyond_replay()
    {
        return Some(why.to_owned());
    }
    let Some(recording) = report.recording else {
        return Some("it is not known what was recorded".to_owned());
    };
    if let Some(stopped) = recording.stopped {
        let why = match stopped {
            RecordingStopped::Cap => "its cap was reached",
            RecordingStopped::Write => "it could not be written",
        };
        let bytes = recording.bytes;
        return Some(format!(
            "the recording is incomplete: {why} after {bytes} bytes"
        ));
    }
    (recording.bytes == 0).then(|| "nothing was recorded".to_owned())
}

/// The path as one word of a POSIX shell, in quotes where it needs them.
pub fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell() {
        let cases = [
            ("/srv/b/crashes/1-orders", "/srv/b/crashes/1-orders"),
            ("/srv/my shop", "'/srv/my shop'"),
            ("/srv/it's", "'/srv/it'\\''s'"),
            ("/srv/$HOME;x", "'/srv/$HOME;x'"),
            ("", "''"),
        ];
        for (path, expected) in cases {
            assert_eq!(shell_word(Path::new(path)), expected);
        }
    }
}
