//! `csv:FILE#label=COLUMN`: a table of numbers, one example a line.
//!
//! The first line names the columns, unless all its cells are numbers; `?header=true` and
//! `?header=false` settle it where that is wrong. Without names the columns are called `1`, `2`, ...
//! Columns are parted by commas, in a file named `.tsv` or `.tsv.gz` by tabs. Every column but the
//! label is a feature and must hold numbers.
//!
//! `#label=COLUMN` makes classes of a column. Their order is that of their numbers if all names are
//! numbers, else that of their bytes. `#target=COLUMN[,task=COLUMN]` is for [`load_regression`].

mod parse;
mod rows;
mod table;

pub use table::{Regression, Table};

use std::path::Path;

use crate::spec::{
    Fragments, Grammar, Kind, Loader, OptionHelp, Scheme, Spec, SpecError, unescape,
};
use crate::{DataError, Dataset};
use rows::{Fill, Form, Parsed};

pub(super) const SCHEME: Scheme = Scheme {
    name: "csv",
    usage: "csv:FILE[?header=true|false&fill=mean|zero][#label=COLUMN]",
    help: "a table of numbers (.csv, .tsv, gzipped or not); classes are the words of one column, \
           columns without names are called 1, 2, ...",
    grammar,
    load: Loader::Dense(load),
};

const OPTIONS: &[OptionHelp] = &[
    OptionHelp {
        name: "header",
        kind: Kind::OneOf(&["true", "false"]),
        help: "whether the first line names the columns; default: unless it is all numbers",
    },
    OptionHelp {
        name: "fill",
        kind: Kind::OneOf(&["mean", "zero"]),
        help: "what missing values become; default: they are an error",
    },
];

/// What the fragment makes of columns.
#[derive(Debug, Default, PartialEq)]
struct Roles {
    label: Option<String>,
    target: Option<String>,
    task: Option<String>,
}

fn grammar(spec: &Spec) -> Result<Grammar, SpecError> {
    let roles = roles(spec)?;
    if roles.task.is_some() && roles.target.is_none() {
        return Err(
            spec.unsuitable("`task=` goes with a `target=`, as in #target=score,task=school")
        );
    }
    if roles.label.is_some() && roles.target.is_some() {
        return Err(spec.unsuitable("a `label=` is for classes, a `target=` for numbers; name one"));
    }
    Ok(Grammar { parts: 1..=1, options: OPTIONS, fragments: Fragments::Any })
}

/// Reads `label=COLUMN`, or `target=COLUMN` and `task=COLUMN`, joined by commas.
fn roles(spec: &Spec) -> Result<Roles, SpecError> {
    let mut roles = Roles::default();
    let Some(fragment) = spec.fragment() else { return Ok(roles) };
    for term in fragment.split(',') {
        let (key, column) = term.split_once('=').unwrap_or((term, ""));
        let role = match key {
            "label" => &mut roles.label,
            "target" => &mut roles.target,
            "task" => &mut roles.task,
            _ => {
                let known = ["label=COLUMN", "target=COLUMN", "task=COLUMN"];
                return Err(SpecError::unknown(&spec.to_string(), "fragment", term, known));
            }
        };
        if column.is_empty() {
            return Err(spec.unsuitable("the fragment names no column, as #label=COLUMN does"));
        }
        if role.replace(unescape(column)).is_some() {
            return Err(spec.unsuitable("a part of the fragment is given twice"));
        }
    }
    Ok(roles)
}

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let roles = roles(spec)?;
    if roles.target.is_some() {
        let problem = "`target=` makes numbers to be predicted, and classes are needed here; name \
                       their column by #label=COLUMN";
        return Err(spec.unsuitable(problem).into());
    }
    let Parsed { table, words } = parse(spec, roles.label.as_deref(), &[])?;
    let (labels, classes) = words.unzip();
    Dataset::new(spec.to_string(), table.values.into_dyn(), labels, classes.unwrap_or_default())
}

/// Reads the table that `csv:FILE#target=COLUMN[,task=COLUMN]` names: numbers to be predicted, from
/// the columns that are neither, perhaps in several tasks. It is called by its spec.
///
/// ```no_run
/// let spec = "csv:school.csv.gz#target=2,task=1".parse()?;
/// let school = datasets::readers::csv::load_regression(&spec)?;
/// println!("{} pupils of {} schools", school.len(), school.task_names.len());
/// # Ok::<(), datasets::DataError>(())
/// ```
///
/// # Errors
/// As [`read_table`]; [`SpecError::Unsuitable`] if the spec is of another scheme or names no target.
pub fn load_regression(spec: &Spec) -> Result<Regression, DataError> {
    if spec.scheme() != SCHEME.name {
        return Err(spec.unsuitable("a table is needed here, as csv:FILE#target=COLUMN is").into());
    }
    let roles = roles(spec)?;
    let Some(target) = roles.target else {
        return Err(spec
            .unsuitable("say which column is to be predicted, by #target=COLUMN")
            .into());
    };
    let Parsed { table, words } = parse(spec, roles.task.as_deref(), &[&target])?;
    let targets = table.column(&target)?.to_vec();
    let Table { columns, values, .. } = table.without(&[&target])?;
    let (tasks, task_names) = words.unzip();
    let task_names = task_names.unwrap_or_default();
    let all = Regression::new(spec.to_string(), values, columns, targets, tasks, task_names)?;
    let rows = spec.range(all.len());
    if rows.is_empty() || rows.end > all.len() {
        let (dataset, len) = (spec.to_string(), all.len());
        return Err(DataError::Rows { dataset, start: rows.start, end: rows.end, len });
    }
    let limit = spec.count("limit").unwrap_or(all.len());
    Ok(all.select(&rows.take(limit).collect::<Vec<_>>()))
}

/// Reads a table all of whose columns are numbers, with a first line of names or without.
///
/// # Errors
/// [`DataError::Line`] for every line that does not fit: cells that are no numbers or missing,
/// more or fewer cells than columns, names that stand twice, more than 65 536 columns;
/// [`DataError::Format`] where the file is damaged or too large; [`DataError::NotFound`],
/// [`DataError::Kind`], [`DataError::Io`].
pub fn read_table(path: &Path) -> Result<Table, DataError> {
    Ok(parse::read(path, &Form::default(), |_| Ok(None))?.table)
}

/// Reads the file of a spec, with one column apart as words, and some in which nothing is filled.
fn parse(spec: &Spec, words: Option<&str>, never_filled: &[&str]) -> Result<Parsed, DataError> {
    let fill = match spec.option("fill") {
        Some("mean") => Some(Fill::Mean),
        Some("zero") => Some(Fill::Zero),
        _ => None,
    };
    let header = spec.option("header").map(|value| value == "true");
    let form = Form { header, fill, never_filled };
    let find = |columns: &[String]| {
        let place = |name: &str| columns.iter().position(|column| column == name);
        let missing = |name: &str| {
            let known = columns.iter().map(String::as_str);
            DataError::Spec(SpecError::unknown(&spec.to_string(), "column", name, known))
        };
        if let Some(name) = never_filled.iter().find(|name| place(name).is_none()) {
            return Err(missing(name));
        }
        words.map(|name| place(name).ok_or_else(|| missing(name))).transpose()
    };
    parse::read(Path::new(&spec.parts()[0]), &form, find)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_folder(name: &str, text: &str, spec: &str) -> Result<Dataset, DataError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        crate::load(&spec.replace("DIR", &folder.path().display().to_string()).parse()?)
    }

    #[test]
    fn classes_are_the_words_of_a_column() {
        let text = "\u{feff}width,\"kind, of\",height\r\n1, b ,2\r\n\r\n3,a,-4e0\r\n5,\"b\",6\r\n";
        let data = in_folder("x.csv", text, "csv:DIR/x.csv#label=kind%2C of").unwrap();
        assert_eq!(data.classes(), ["a", "b"]);
        assert_eq!(data.labels().unwrap(), [1, 0, 1]);
        assert_eq!(data.inputs(), ndarray::arr2(&[[1., 2.], [3., -4.], [5., 6.]]).into_dyn());
    }

    #[test]
    fn tabs_numbers_as_names_and_filled_values() {
        let text = "10\t1\t\n9\tNA\t3\n10\t3\t5\n";
        let load =
            |fill: &str| in_folder("x.tsv", text, &format!("csv:DIR/x.tsv?fill={fill}#label=1"));
        let mean = load("mean").unwrap();
        assert_eq!(mean.classes(), ["9", "10"]);
        assert_eq!(mean.labels().unwrap(), [1, 0, 1]);
        assert_eq!(mean.inputs(), ndarray::arr2(&[[1., 4.], [2., 3.], [3., 5.]]).into_dyn());
        let zero = load("zero").unwrap();
        assert_eq!(zero.inputs(), ndarray::arr2(&[[1., 0.], [0., 3.], [3., 5.]]).into_dyn());
    }

    #[test]
    fn a_target_and_its_tasks_are_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        std::fs::write(&path, "2,7,1,0\n10,8,1,1\n2,9.5,0,1\n").unwrap();
        let load =
            |rest: &str| load_regression(&format!("csv:{}{rest}", path.display()).parse().unwrap());
        let data = load("#target=2,task=1").unwrap();
        assert_eq!(data.targets, [7.0, 8.0, 9.5]);
        assert_eq!(data.columns, ["3", "4"]);
        assert_eq!(data.inputs, ndarray::arr2(&[[1., 0.], [1., 1.], [0., 1.]]));
        assert_eq!(data.tasks.unwrap(), [0, 1, 0]);
        assert_eq!(data.task_names, ["2", "10"]);
        let part = load("#target=2[1..]?limit=1").unwrap();
        assert_eq!((part.targets, part.tasks, part.inputs.ncols()), (vec![8.0], None, 3));
        assert!(load("#target=5").unwrap_err().to_string().contains("no column `5`"));
        assert!(load("#label=1").unwrap_err().to_string().contains("#target=COLUMN"));
        assert!(matches!(load("#target=2[3..]"), Err(DataError::Rows { .. })));
        let table = read_table(&path).unwrap();
        assert_eq!(table.column("2").unwrap().to_vec(), [7.0, 8.0, 9.5]);
    }
}
