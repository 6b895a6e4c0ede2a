#![no_main]

use fuzz::{Place, load_path};

std::thread_local! {
    static PLACE: Place = Place::new("x");
}

// One file as inputs and as labels.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    PLACE.with(|place| {
        let path = place.put(bytes);
        load_path(&path, "npy", &format!(",{}", path.display()));
        load_path(&path, "idx", &format!(",{}", path.display()));
    });
});
