#![no_main]

use datasets::Spec;

// What is read is written so that it is read again.
libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(spec) = text.parse::<Spec>() {
        let written = spec.to_string();
        let again: Spec = written.parse().expect("a spec that was written is sound");
        assert_eq!(again, spec, "{written}");
    }
});
