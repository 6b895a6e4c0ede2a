//! The library's enums on the command line.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use serde::Serialize;

/// Values that can be chosen, each with what the help says of it.
pub(crate) type Choices<T> = &'static [(T, &'static str)];

/// Takes the names of these values alone, which are those of a configuration, and lists them in the
/// help.
pub(crate) fn choice<T>(choices: Choices<T>) -> impl TypedValueParser<Value = T>
where
    T: Copy + Serialize + Send + Sync,
{
    let names = choices.iter().map(|(value, help)| PossibleValue::new(name(value)).help(*help));
    PossibleValuesParser::new(names).map(|given| {
        let chosen = choices.iter().find(|(value, _)| name(value) == given);
        chosen.expect("other names are refused before").0
    })
}

fn name(value: &impl Serialize) -> String {
    let name = serde_json::to_value(value).ok();
    name.as_ref().and_then(|name| name.as_str()).expect("a value without fields").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, Command};
    use transfer::Decay;

    const DECAYS: Choices<Decay> = &[(Decay::Annealed, "It falls"), (Decay::Constant, "It stays")];

    #[test]
    fn a_choice_is_taken_by_its_name_and_others_are_refused_with_what_is_near() {
        let command =
            || Command::new("c").arg(Arg::new("d").long("d").value_parser(choice(DECAYS)));
        let matches = command().try_get_matches_from(["c", "--d", "constant"]).unwrap();
        assert_eq!(matches.get_one::<Decay>("d"), Some(&Decay::Constant));
        let error = command().try_get_matches_from(["c", "--d", "constnat"]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("[possible values: annealed, constant]"), "{error}");
        assert!(error.contains("a similar value exists: 'constant'"), "{error}");
        let help = command().render_long_help().to_string();
        assert!(help.contains("- constant: It stays"), "{help}");
    }
}
