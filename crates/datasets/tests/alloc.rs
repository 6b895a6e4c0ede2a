//! A header that lies costs no memory: whoever reads it asks, in all, for no more than twice the
//! file and a mebibyte before it is refused.

#[allow(dead_code, reason = "training steps are counted elsewhere")]
#[path = "../../tensor-autograd/tests/counting.rs"]
mod counting;

use counting::counted;

/// A chunk of a PNG file; the check sum is not looked at before the claim is.
fn chunk(name: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    [&(contents.len() as u32).to_be_bytes(), &name[..], contents, &[0; 4]].concat()
}

fn png(width: u32, height: u32, rest: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n", &chunk(b"IHDR", &header)[..], rest].concat()
}

/// A JPEG header of that size, a scan of `data` bytes, and the end.
fn jpeg(width: u16, height: u16, data: usize) -> Vec<u8> {
    let [h, i] = height.to_be_bytes();
    let [w, x] = width.to_be_bytes();
    let frame = [0xFF, 0xC0, 0, 17, 8, h, i, w, x, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
    let scan = [0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0];
    [&[0xFF, 0xD8][..], &frame, &scan, &vec![0x55; data], &[0xFF, 0xD9]].concat()
}

/// A wav file of 8000 samples a second whose chunk of data claims so many bytes.
fn wav(channels: u16, claimed: u32) -> Vec<u8> {
    let frame = 2 * channels;
    let mut bytes = b"RIFF\xFF\xFF\xFF\xFFWAVEfmt \x10\0\0\0\x01\0".to_vec();
    bytes.extend(channels.to_le_bytes());
    bytes.extend(8000u32.to_le_bytes());
    bytes.extend((8000 * u32::from(frame)).to_le_bytes());
    bytes.extend(frame.to_le_bytes());
    bytes.extend(b"\x10\0data");
    bytes.extend(claimed.to_le_bytes());
    bytes.extend([1, 2, 3, 4]);
    bytes
}

fn idx(shape: &[u32]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 14, shape.len() as u8];
    bytes.extend(shape.iter().flat_map(|axis| axis.to_be_bytes()));
    bytes
}

#[test]
fn a_lying_header_allocates_nothing_large() {
    let end = [chunk(b"IDAT", &[0x78, 0x9C, 3, 0]), chunk(b"IEND", &[])].concat();
    // A profile of colours that unpacks to fifty mebibytes, before pixels that are not there.
    let mut packed = flate2::write::ZlibEncoder::new(vec![], flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &vec![0; 50 << 20]).unwrap();
    let profile = [&b"x\0\0"[..], &packed.finish().unwrap()].concat();
    let bomb = [chunk(b"iCCP", &profile), end.clone()].concat();
    let files: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a.png", png(60_000, 60_000, &end), "images"),
        ("b.png", png(8000, 8000, &end), "images"),
        ("c.png", png(u32::MAX, u32::MAX, &end), "images"),
        ("d.png", png(2, 2, &bomb), "images"),
        ("e.png", png(2, 2, &[0xFF, 0xFF, 0xFF, 0xF0, b'I', b'D', b'A', b'T']), "images"),
        ("f.jpg", jpeg(60_000, 60_000, 100), "images"),
        ("g.jpg", jpeg(8000, 8000, 1000), "images"),
        ("1_a_0.wav", wav(1, 0xFFFF_FFFE), "audio"),
        ("1_a_1.wav", wav(16, 30_000_000), "audio"),
        ("1_a_2.wav", wav(1, 900_000), "audio"),
        ("x", idx(&[u32::MAX, u32::MAX / 4]), "idx"),
        ("y", idx(&[60_000, 28, 28]), "idx"),
    ];
    for (name, bytes, scheme) in files {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let of = if scheme == "idx" { &path } else { folder.path() };
        let spec = format!("{scheme}:{}", of.display()).parse().unwrap();
        let mut refused = None;
        let count = counted(|| refused = datasets::load(&spec).err());
        let refused = refused.unwrap_or_else(|| panic!("{name} was read")).to_string();
        let bound = 2 * bytes.len() + (1 << 20);
        assert!(count.bytes <= bound, "{name}: {count:?} of {} bytes; {refused}", bytes.len());
        assert!(count.calls > 3, "{name}: {count:?}, nothing was counted");
    }
}
