//! How often the state of a run is saved, as it is written on the command line.

use std::time::Duration;
use transfer::fit::Every;

/// `500` is steps; `30s`, `5m` and `2h` are times; `epoch` is at the ends of epochs alone.
pub(super) fn every(text: &str) -> Result<Every, String> {
    let refused = || {
        format!(
            "`{text}` is no interval; write steps, as 500, a time, as 30s, 5m or 2h, or `epoch`"
        )
    };
    if text == "epoch" {
        return Ok(Every::Epoch);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u32 = digits.parse().ok().filter(|n| *n > 0).ok_or_else(refused)?;
    let seconds = |each: u64| Ok(Every::Time(Duration::from_secs(u64::from(number) * each)));
    match &text[digits.len()..] {
        "" => Ok(Every::Steps(number as usize)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_times_are_told_apart() {
        let seconds = |n| Ok(Every::Time(Duration::from_secs(n)));
        assert_eq!(every("500"), Ok(Every::Steps(500)));
        assert_eq!(every("30s"), seconds(30));
        assert_eq!(every("5m"), seconds(300));
        assert_eq!(every("2h"), seconds(7200));
        assert_eq!(every("epoch"), Ok(Every::Epoch));
        for text in ["", "0", "0s", "-3", "s", "3d", "3.5m", "3 s", "99999999999", "epochs"] {
            assert!(every(text).unwrap_err().contains("no interval"), "{text}");
        }
    }
}
