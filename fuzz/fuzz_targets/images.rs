#![no_main]

use fuzz::{Place, load_path};

std::thread_local! {
    static PLACE: Place = Place::new("class/x.png");
}

/// What may become of a picture; one of them each time, so that it is decoded once.
const RESTS: [&str; 3] =
    ["", "?size=8&normalize=imagenet", "?channels=1&resize=5x9&background=black"];

// A PNG or JPEG picture, whatever the file's name says, in the folder of its class.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    PLACE.with(|place| {
        place.put(bytes);
        load_path(place.folder(), "images", RESTS[bytes.len() % RESTS.len()]);
    });
});
