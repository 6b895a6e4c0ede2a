//! A data set of images written down as PNG files, a folder for each class.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::{DataError, Dataset, FolderError};

/// Writes the images of a data set into a folder that `images:DIR` reads: `DIR/cat/0001.png`, or
/// `DIR/0001.png` without labels. Returns how many there are.
///
/// Values of `0.0..=1.0` become 8 bits, so that what came from 8 bits comes back as it was.
/// Numbers count the images of each class in the order of the data set; a class without images has
/// no folder. The folder appears as a
/// whole or not at all: it is written under another name beside itself, each file flushed to the
/// disk, and renamed.
///
/// # Errors
/// [`DataError::NoImages`] if the samples are not `[1, h, w]` or `[3, h, w]`,
/// [`DataError::NoShade`] if a value is outside `0.0..=1.0`; [`DataError::Folder`] if the folder
/// holds something, or a class has a name that no folder can have; [`DataError::Write`].
pub fn write_images(data: &Dataset, folder: &Path) -> Result<usize, DataError> {
    let &[channels @ (1 | 3), h, w] = data.sample_shape() else {
        let (from, shape) = (data.name().to_owned(), data.sample_shape().to_vec());
        return Err(DataError::NoImages { from, shape });
    };
    let folders = class_folders(data, folder)?;
    check_shades(data)?;
    check_empty(folder)?;
    let unfinished = Unfinished::beside(folder)?;
    // A class without examples would be an empty folder, which the reader refuses.
    let filled = folders.iter().zip(data.class_counts()).filter(|(_, count)| *count > 0);
    filled.map(|(name, _)| name).try_for_each(|name| {
        let path = unfinished.path().join(name);
        fs::create_dir(&path).map_err(failed(&path, "make the folder"))
    })?;
    let colour = if channels == 1 { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
    let digits = data.len().to_string().len().max(4);
    let mut counts = vec![0; folders.len().max(1)];
    for (row, image) in data.inputs().outer_iter().enumerate() {
        let label = data.labels().map(|labels| labels[row]);
        let count = &mut counts[label.unwrap_or(0)];
        *count += 1;
        let name = format!("{count:0digits$}.png");
        let path = unfinished.path().join(label.map_or("", |label| &folders[label])).join(name);
        let mut pixels = vec![0; channels * h * w];
        for (at, &value) in image.iter().enumerate() {
            let (channel, place) = (at / (h * w), at % (h * w));
            pixels[place * channels + channel] = (value * 255.0).round() as u8;
        }
        write(&path, &pixels, (w, h), colour).map_err(failed(&path, "write"))?;
    }
    unfinished.finish(folder)?;
    Ok(data.len())
}

/// A name for each class; none without labels.
fn class_folders(data: &Dataset, folder: &Path) -> Result<Vec<String>, DataError> {
    if data.labels().is_none() {
        return Ok(vec![]);
    }
    let classes = data.classes();
    for class in classes {
        let why = match class.as_str() {
            "" => "it is empty",
            name if name.starts_with('.') => "it begins with a dot",
            name if name.contains(['/', '\\', '\0']) => "it has a character that divides paths",
            _ => continue,
        };
        let problem = FolderError::ClassName { class: class.clone(), why };
        return Err(DataError::Folder { path: folder.into(), problem });
    }
    if classes.iter().all(|class| ["train", "test", "val"].contains(&class.as_str())) {
        let why = "folders of these names alone would be read as the parts of a split";
        let problem = FolderError::ClassName { class: classes[0].clone(), why };
        return Err(DataError::Folder { path: folder.into(), problem });
    }
    Ok(classes.to_vec())
}

fn check_shades(data: &Dataset) -> Result<(), DataError> {
    let inputs = data.inputs();
    let width = inputs.len() / data.len();
    match inputs.iter().enumerate().find(|(_, value)| !(0.0..=1.0).contains(*value)) {
        None => Ok(()),
        Some((at, &value)) => {
            Err(DataError::NoShade { dataset: data.name().into(), row: at / width, value })
        }
    }
}

fn check_empty(folder: &Path) -> Result<(), DataError> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let (path, expected) = (folder.into(), "a folder");
            Err(DataError::Kind { path, expected, found: "a file" })
        }
        Err(error) => Err(failed(folder, "list")(error)),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => {
                Err(DataError::Folder { path: folder.into(), problem: FolderError::NotEmpty })
            }
        },
    }
}

fn write(
    path: &Path,
    pixels: &[u8],
    (width, height): (usize, usize),
    colour: ExtendedColorType,
) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    let mut out = io::BufWriter::new(&mut file);
    let encoded =
        PngEncoder::new(&mut out).write_image(pixels, width as u32, height as u32, colour);
    encoded.map_err(|error| match error {
        image::ImageError::IoError(error) => error,
        error => io::Error::other(error),
    })?;
    io::Write::flush(&mut out)?;
    drop(out);
    file.sync_all()
}

fn failed(path: &Path, operation: &'static str) -> impl FnOnce(io::Error) -> DataError + use<> {
    let path = path.to_owned();
    move |error| DataError::Write { path, operation, error }
}

/// The folder under another name; removed if it is dropped before it is finished.
struct Unfinished(Option<PathBuf>);

impl Unfinished {
    fn beside(folder: &Path) -> Result<Self, DataError> {
        let Some(name) = folder.file_name() else {
            let error = io::Error::from(io::ErrorKind::InvalidInput);
            return Err(failed(folder, "write a folder of this name")(error));
        };
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.tmp", std::process::id()));
        let path = folder.with_file_name(hidden);
        fs::create_dir(&path).map_err(failed(folder, "make a temporary folder beside"))?;
        Ok(Self(Some(path)))
    }

    fn path(&self) -> &Path {
        self.0.as_deref().expect("it is there until it is finished")
    }

    fn finish(mut self, folder: &Path) -> Result<(), DataError> {
        // An empty folder gives way, one that was filled meanwhile does not.
        let _ = fs::remove_dir(folder);
        fs::rename(self.path(), folder)
            .map_err(failed(folder, "rename the temporary folder to"))?;
        self.0 = None;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // The error to report is the one that led here.
            let _ = fs::remove_dir_all(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{load, synthetic};
    use ndarray::ArrayD;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_written_is_read_back() {
        let lab = tempfile::tempdir().unwrap();
        let folder = lab.path().join("digits");
        fs::create_dir(&folder).unwrap();
        // Eight bits, as pictures have.
        let eight = |x: f32| (x * 255.0).round() / 255.0;
        let data = synthetic::digits_textured(30, 3).map_inputs(|x| x.mapv(eight));
        assert_eq!(write_images(&data, &folder).unwrap(), 30);
        let read = load(&format!("images:{}", folder.display()).parse().unwrap()).unwrap();
        assert_eq!(read.classes(), data.classes());
        assert_eq!(read.class_counts(), data.class_counts());
        for (row, name) in read.sample_names().unwrap().iter().enumerate() {
            let (class, number) = name.split_once('/').unwrap();
            let number: usize = number.strip_suffix(".png").unwrap().parse().unwrap();
            let label = data.classes().iter().position(|c| c == class).unwrap();
            assert_eq!(read.labels().unwrap()[row], label);
            let mut of_class = (0..30).filter(|&i| data.labels().unwrap()[i] == label);
            let original = of_class.nth(number - 1).unwrap();
            assert_eq!(read.select(&[row]).inputs(), data.select(&[original]).inputs(), "{name}");
        }
        assert_eq!(names(lab.path()), ["digits"], "nothing is left over");
    }

    #[test]
    fn without_labels_there_are_no_folders() {
        let lab = tempfile::tempdir().unwrap();
        let folder = lab.path().join("all");
        let bare = Dataset::new("bare", ArrayD::ones(vec![3, 1, 2, 2]), None, vec![]).unwrap();
        write_images(&bare, &folder).unwrap();
        assert_eq!(names(&folder), ["0001.png", "0002.png", "0003.png"]);
        let one = synthetic::digits(40, 0).select(&[7]);
        write_images(&one, &lab.path().join("one")).unwrap();
        assert_eq!(names(&lab.path().join("one")).len(), 1, "empty classes have no folder");
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let lab = tempfile::tempdir().unwrap();
        let text = |data: &Dataset, to: &str| {
            let error = write_images(data, &lab.path().join(to)).unwrap_err();
            error.to_string().replace(&lab.path().display().to_string(), "LAB")
        };
        let digits = synthetic::digits(10, 0);
        let classes = |names: [&str; 2]| {
            let inputs = ArrayD::zeros(vec![2, 1, 2, 2]);
            let names = names.map(String::from).to_vec();
            Dataset::new("two", inputs, Some(vec![0, 1]), names).unwrap()
        };
        assert!(text(&synthetic::moons(10, 0), "a").contains("samples of shape [2] are no images"));
        let bright = digits.map_inputs(|x| x.mapv(|x| x + 0.5));
        assert!(text(&bright, "a").contains("a picture is written of values from 0 to 1"));
        assert_eq!(
            text(&classes(["a", "b/c"]), "x"),
            "LAB/x: class `b/c` cannot be the name of a folder: it has a character that divides \
             paths; choose classes by ?only="
        );
        assert!(text(&classes(["", "b"]), "x").contains("it is empty"));
        assert!(text(&classes([".a", "b"]), "x").contains("it begins with a dot"));
        assert!(text(&classes(["train", "test"]), "x").contains("the parts of a split"));
        assert!(text(&digits, "no/folder").contains("cannot make a temporary folder beside"));
        assert!(names(lab.path()).is_empty());
        fs::write(lab.path().join("file"), b"x").unwrap();
        assert_eq!(text(&digits, "file"), "LAB/file: expected a folder, found a file");
        assert_eq!(
            text(&digits, ""),
            "LAB/: the folder is not empty; name one that is, or that does not exist"
        );
        assert_eq!(names(lab.path()), ["file"]);
    }
}
