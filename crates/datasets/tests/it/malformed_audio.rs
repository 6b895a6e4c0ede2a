//! Recordings and archives with mistakes, and the exact words each is met with.

use std::io::Cursor;

use datasets::load;
use hound::{SampleFormat, WavSpec, WavWriter};

use crate::malformed::check;
use crate::round_trip::gzip;

/// A wav file of 16 bits and one channel.
pub(crate) fn wav(rate: u32, samples: &[i16]) -> Vec<u8> {
    let (bits_per_sample, sample_format) = (16, SampleFormat::Int);
    let spec = WavSpec { channels: 1, sample_rate: rate, bits_per_sample, sample_format };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    samples.iter().for_each(|&sample| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
    bytes.into_inner()
}

/// A tone of a tenth of a second.
pub(crate) fn tone(rate: u32) -> Vec<u8> {
    let sample = |t: u32| (8000.0 * (f64::from(t) * 3000.0 / f64::from(rate)).sin()) as i16;
    wav(rate, &(0..rate / 10).map(sample).collect::<Vec<_>>())
}

/// A tar archive of these files.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all = Vec::new();
    for (name, bytes) in files {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = if name.ends_with('/') { b'5' } else { b'0' };
        header[257..262].copy_from_slice(b"ustar");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        all.extend_from_slice(&header);
        all.extend_from_slice(bytes);
        all.resize(all.len().next_multiple_of(512), 0);
    }
    all.resize(all.len() + 1024, 0);
    all
}

/// One recording of these bytes, in a folder and in an archive.
fn recording(bytes: &[u8], expected: &str) {
    let name = "7_ann_3.wav";
    check(&[(name, bytes.to_vec())], "audio:DIR", &format!("DIR/{name}: {expected}"));
    check(
        &[("x.tar.gz", gzip(&tar(&[(name, bytes)])))],
        "audio:DIR/x.tar.gz",
        &format!("DIR/x.tar.gz/{name}: {expected}"),
    );
}

fn no_wav(bytes: &[u8], detail: &str) {
    recording(
        bytes,
        &format!(
            "no wav file that can be read: {detail}; expected RIFF/WAVE of whole numbers of 8 to \
             32 bits, or of 32-bit floats"
        ),
    );
}

/// The bytes with some of them replaced.
fn patched(mut bytes: Vec<u8>, at: usize, with: &[u8]) -> Vec<u8> {
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

#[test]
fn recordings() {
    let sound = wav(8000, &[1, 2, 3, 4]);
    assert_eq!(sound.len(), 52);
    no_wav(b"", "it ends inside its header");
    no_wav(b"\x89PNG\r\n", "no RIFF tag found");
    for cut in [4, 11, 20, 43] {
        no_wav(&sound[..cut], "it ends inside its header");
    }
    recording(
        &sound[..47],
        "the header claims 4 samples, the file ends after 1; it is cut off, fetch it again",
    );
    recording(&wav(8000, &[]), "the recording is empty: no samples; remove the file");
    let silent = "the recording is silent: all samples are equal; remove the file";
    recording(&wav(8000, &[0; 900]), silent);
    recording(&wav(8000, &[-7; 900]), silent);
    recording(&wav(3999, &[1, 2]), "3999 samples a second; expected 4000 to 192000");
    recording(&wav(192_001, &[1, 2]), "192001 samples a second; expected 4000 to 192000");
    no_wav(&patched(sound.clone(), 20, &[6]), "its encoding is not read here");
    no_wav(&patched(sound.clone(), 22, &[0]), "file contains zero channels");
    // A data chunk that claims four gigabytes.
    recording(
        &patched(sound, 40, &[0xFE, 0xFF, 0xFF, 0xFF]),
        "more than 60 seconds, and this reader stops there; split it",
    );
}

#[test]
fn names() {
    let form = "the name is not of the form DIGIT_SPEAKER_INDEX.wav, as in 7_jackson_32.wav; \
                rename the file or move it away";
    for name in ["ann.wav", "10_ann_3.wav", "7_ann_x.WAV"] {
        let files = [("1_ann_0.wav", tone(8000)), (name, tone(8000))];
        check(&files, "audio:DIR", &format!("DIR/{name}: {form}"));
    }
    check(
        &[("readme.md", vec![]), ("._1_ann_0.wav", vec![])],
        "audio:DIR",
        "DIR: holds no recordings; looked for DIGIT_SPEAKER_INDEX.wav, as 7_jackson_32.wav",
    );
    let ann = ("1_ann_0.wav", tone(8000));
    check(
        std::slice::from_ref(&ann),
        "audio:DIR#speaker!=anne",
        "`audio:DIR#speaker!=anne`: there is no speaker `anne`, did you mean `ann`?; known: ann",
    );
    check(
        std::slice::from_ref(&ann),
        "audio:DIR#speaker!=ann",
        "`audio:DIR#speaker!=ann`: no recording is of all these terms at once; take some away",
    );
    check(
        &[ann, ("1_ann_00.wav", tone(8000))],
        "audio:DIR",
        "DIR/1_ann_00.wav: digit 1, speaker ann, index 0 is there a second time; remove one",
    );
}

#[test]
fn archives() {
    let tone = tone(8000);
    let whole = tar(&[("rec/", b""), ("rec/1_ann_0.wav", &tone), ("notes", b"x")]);
    let archive = |bytes: &[u8], expected: &str| {
        let expected = format!("DIR/x.tar: {expected}");
        check(&[("x.tar", bytes.to_vec())], "audio:DIR/x.tar", &expected);
        check(&[("x.tar", gzip(bytes))], "audio:DIR/x.tar", &expected);
    };
    let kind = "expected a tar archive, gzipped or not";
    let inside = "the file ends inside the contents that this header claims; it is cut off";
    archive(&whole[..100], &format!("byte 0: the file ends inside a header of 512 bytes; {kind}"));
    archive(&whole[..1500], &format!("byte 512: {inside}; {kind}"));
    let notes = whole.len() - 2048;
    archive(&whole[..notes + 513], &format!("byte {notes}: {inside}; {kind}"));
    let sum = "this is no header, or it is damaged: its check sum is wrong";
    archive(&patched(whole.clone(), 600, b"x"), &format!("byte 512: {sum}; {kind}"));
    archive(&tone, &format!("byte 0: {sum}; {kind}"));
    archive(
        &[&whole[..], b"more"].concat(),
        &format!(
            "byte {}: the data should end here and more bytes follow; the header is damaged, or \
             two files were joined",
            whole.len() - 512
        ),
    );
    archive(b"", "holds no recordings; looked for DIGIT_SPEAKER_INDEX.wav, as 7_jackson_32.wav");
    // A size of a terabyte, under a sum that is right: seven digits more of 7.
    let mut header = tar(&[("1_ann_0.wav", b"")])[..512].to_vec();
    header[124..136].fill(b'7');
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u32::from(byte) })
        .sum();
    header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    archive(&header, &format!("byte 0: the size of a file is no number, or too large; {kind}"));
    check(
        &[("x.tar", whole[..1500].to_vec())],
        "audio:DIR/none",
        &format!(
            "DIR/none: no such file or folder; check the spelling, relative paths start at {}",
            std::env::current_dir().unwrap().display()
        ),
    );
}

#[test]
fn rows_are_sorted_and_what_is_odd_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let loud: Vec<i16> =
        (0..800).map(|t| if t / 10 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
    let names = ["3_bob_10.wav", "3_bob_9.wav", "3_ann_0.wav", "0_cy_5.wav", "9_cy_4.wav"];
    let files: Vec<(String, Vec<u8>)> = names
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let bytes = match i {
                0 => tone(16_000),
                1 => wav(8000, &loud),
                _ => tone(8000),
            };
            (format!("rec/{name}"), bytes)
        })
        .collect();
    std::fs::create_dir(folder.path().join("rec")).unwrap();
    for (name, bytes) in &files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let listed: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (n.as_str(), &b[..])).collect();
    std::fs::write(folder.path().join("rec.tgz"), gzip(&tar(&listed))).unwrap();
    let read = |rest: &str| {
        load(&format!("audio:{}/{rest}", folder.path().display()).parse().unwrap()).unwrap()
    };
    let all = read("rec");
    assert_eq!(all.classes(), ["0", "3", "9"]);
    assert_eq!(all.labels().unwrap(), [0, 1, 1, 1, 2]);
    assert_eq!(all.shape(), [5, 1, 24, 32]);
    assert_eq!(all.inputs(), read("rec.tgz").inputs());
    // The rows by their names: 0_cy_5, 3_ann_0, 3_bob_9, 3_bob_10, 9_cy_4.
    for (rest, rows) in [
        ("rec#speaker=bob", vec![2, 3]),
        ("rec.tgz#speaker!=bob,speaker!=ann", vec![0, 4]),
        ("rec#speaker=ann,speaker=cy", vec![0, 1, 4]),
        ("rec#test", vec![1, 4]),
        ("rec#train,speaker=cy", vec![0]),
    ] {
        let (found, expected) = (read(rest), all.select(&rows));
        assert_eq!(
            (found.inputs(), found.labels()),
            (expected.inputs(), expected.labels()),
            "{rest}"
        );
        assert_eq!(found.classes(), all.classes());
    }
    let dir = folder.path().join("rec").display().to_string();
    let notes: Vec<String> = all.notes().iter().map(|note| note.replace(&dir, "DIR")).collect();
    assert_eq!(
        notes,
        [
            "1 recordings brought to 8000 Hz, the first DIR/3_bob_10.wav from 16000 Hz",
            "1 recordings clip, too loud for their recorder, the first DIR/3_bob_9.wav",
        ]
    );
    // The same tone at two rates is almost the same picture.
    let (a, b) = (
        all.inputs().index_axis_move(ndarray::Axis(0), 1),
        all.inputs().index_axis_move(ndarray::Axis(0), 3),
    );
    assert!((&a * &b).sum() > 0.8 * 768.0, "{}", (&a * &b).sum() / 768.0);
}
