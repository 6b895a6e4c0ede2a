#![no_main]

use fuzz::{Place, load_path};

std::thread_local! {
    static PLACE: Place = Place::new("7_ann_3.wav");
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    PLACE.with(|place| {
        place.put(bytes);
        load_path(place.folder(), "audio", "");
    });
});
