#![no_main]

use datasets::readers::signatures;
use fuzz::Place;

std::thread_local! {
    static PLACE: Place = Place::new("x.tsv");
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    PLACE.with(|place| {
        if let Ok(found) = signatures::read(&place.put(bytes)) {
            assert_eq!(found.values.dim(), (found.classes.len(), found.attributes.len()));
            let _ = found.duplicates();
        }
    });
});
