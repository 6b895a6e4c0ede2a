//! `csv:FILE#label=COLUMN`: a table, one example a line.
//!
//! The first line names the columns if none of its cells is a number, and is data if all are; where
//! some are, `?header=true` or `?header=false` has to settle it. Without names the columns are
//! called `1`, `2`, ..., and a column is found by its number too. Cells are parted by commas, in a
//! file named `.tsv` or `.tsv.gz` by tabs, or by what `?delimiter=` says.
//!
//! What a column holds is told from all rows, and [`describe`](crate::describe) says it: numbers
//! stay numbers, words become an indicator for each word ("one-hot"), of which there may be 64. A
//! column of both is an error, unless `?words=COLUMN` takes all for words; so are codes that only
//! look like numbers. `?ignore=COLUMN,COLUMN` leaves columns out.
//!
//! A cell that is empty, `?`, `NA`, `N/A`, `NaN` or `null` is missing: an error, unless `?missing=`
//! says `mean` (of the column), `zero`, a number, or `drop` (the row). A missing word becomes no
//! indicator. Labels and targets are never made up.
//!
//! `#label=COLUMN` makes classes of a column. Their order is that of their numbers if all names are
//! numbers, else that of their bytes. `#target=COLUMN[,task=COLUMN]` is for [`load_regression`].
//!
//! Two files need not have the same words, and then their indicators and classes would not mean the
//! same. `?like=TRAIN.csv` takes types, words and classes from another file, and refuses what does
//! not occur there.

mod infer;
mod read;
mod records;
mod table;

pub use table::{Regression, Table};

use std::path::Path;

use super::columns::{Built, IGNORE, MISSING};
use crate::spec::{
    Fragments, Grammar, Kind, Loader, OptionHelp, Scheme, Spec, SpecError, unescape,
};
use crate::{DataError, Dataset};
use read::{Form, read, read_file};

pub(super) const SCHEME: Scheme = Scheme {
    name: "csv",
    usage: "csv:FILE[?missing=mean|zero|NUMBER|drop&ignore=COLUMN,..][#label=COLUMN]",
    help: "a table of numbers and words (.csv, .tsv, gzipped or not); classes are the words of one \
           column, columns without names are called 1, 2, ...",
    grammar,
    load: Loader::Dense(load),
};

const OPTIONS: &[OptionHelp] = &[
    OptionHelp {
        name: "header",
        kind: Kind::OneOf(&["true", "false"]),
        help: "whether the first line names the columns; default: if none of its cells is a number",
    },
    OptionHelp {
        name: "delimiter",
        kind: Kind::OneOf(&["comma", "semicolon", "tab"]),
        help: "what parts the cells; default: a tab in files named .tsv, else a comma",
    },
    MISSING,
    IGNORE,
    OptionHelp {
        name: "words",
        kind: Kind::Names,
        help: "columns that are words, whatever they look like",
    },
    OptionHelp {
        name: "like",
        kind: Kind::Names,
        help: "another file, whose types, words and classes these are",
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
    let Built { values, labels, notes, .. } = read(Form::of(spec, roles.label, None)?, spec)?;
    let (labels, classes) = labels.unzip();
    let classes = classes.unwrap_or_default();
    Ok(Dataset::new(spec.to_string(), values.into_dyn(), labels, classes)?.with_notes(notes))
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
    let form = Form::of(spec, roles.task, Some(target.clone()))?;
    let Built { names: columns, values, labels, .. } = read(form, spec)?;
    let name = spec.to_string();
    let table = Table { name: name.clone(), columns, values };
    // A target that is given by its number has its name only now.
    let target = super::columns::find(&name, &table.columns, &target)?;
    let target = table.columns[target].clone();
    let targets = table.column(&target)?.to_vec();
    let Table { columns, values, .. } = table.without(&[&target])?;
    let (tasks, task_names) = labels.unzip();
    let task_names = task_names.unwrap_or_default();
    let all = Regression::new(name, values, columns, targets, tasks, task_names)?;
    let rows = spec.range(all.len());
    if rows.is_empty() || rows.end > all.len() {
        let (dataset, len) = (spec.to_string(), all.len());
        return Err(DataError::Rows { dataset, start: rows.start, end: rows.end, len });
    }
    let limit = spec.count("limit").unwrap_or(all.len());
    Ok(all.select(&rows.take(limit).collect::<Vec<_>>()))
}

/// Reads a table with a first line of names or without; columns of words become indicators, called
/// `column=word`.
///
/// # Errors
/// [`DataError::Line`] for every line that does not fit: values that are missing, columns of numbers
/// and words or of more than 64 words, more or fewer cells than columns, names that stand twice,
/// more than 65 536 columns; [`DataError::Format`] where the file is damaged or too large;
/// [`DataError::NotFound`], [`DataError::Kind`], [`DataError::Io`].
pub fn read_table(path: &Path) -> Result<Table, DataError> {
    let form = Form { spec: path.display().to_string(), ..Form::default() };
    let Built { names: columns, values, .. } = read_file(path, &form)?;
    Ok(Table { name: form.spec, columns, values })
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
            |fill: &str| in_folder("x.tsv", text, &format!("csv:DIR/x.tsv?missing={fill}#label=1"));
        let mean = load("mean").unwrap();
        assert_eq!(mean.classes(), ["9", "10"]);
        assert_eq!(mean.labels().unwrap(), [1, 0, 1]);
        assert_eq!(mean.inputs(), ndarray::arr2(&[[1., 4.], [2., 3.], [3., 5.]]).into_dyn());
        let zero = load("zero").unwrap();
        assert_eq!(zero.inputs(), ndarray::arr2(&[[1., 0.], [0., 3.], [3., 5.]]).into_dyn());
    }

    #[test]
    fn words_become_indicators_and_the_notes_say_so() {
        let text = "size,colour,id,kind\n1,red,x1,a\n2,,x2,b\n3,blue,x3,a\n";
        let load = |rest: &str| in_folder("x.csv", text, &format!("csv:DIR/x.csv{rest}"));
        let data = load("?missing=zero&ignore=id#label=4").unwrap();
        let expected = ndarray::arr2(&[[1., 0., 1.], [2., 0., 0.], [3., 1., 0.]]);
        assert_eq!(data.inputs(), expected.into_dyn());
        assert_eq!(
            data.notes(),
            [
                "columns: 1 of numbers (size); 1 of words as 2 indicators (colour: blue | red); \
                 the class: kind; left out: id",
                "1 missing value became 0"
            ]
        );
        assert_eq!(load("?missing=drop&ignore=id#label=kind").unwrap().shape(), [2, 3]);
        let codes = load("?words=size&missing=drop&ignore=id#label=kind").unwrap();
        assert_eq!(codes.inputs(), ndarray::arr2(&[[1., 0., 0., 1.], [0., 1., 1., 0.]]).into_dyn());
    }

    #[test]
    fn a_file_like_another_has_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().display();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("train.csv", "c,k\nred,a\nblue,b\ngreen,a\n");
        write("test.csv", "c,k\nred,b\n");
        write("other.csv", "c,k\nred,b\nyellow,b\n");
        let load = |name: &str| {
            let spec = format!("csv:{dir}/{name}.csv?like={dir}/train.csv#label=k");
            crate::load(&spec.parse().unwrap())
        };
        let test = load("test").unwrap();
        assert_eq!(test.inputs(), ndarray::arr2(&[[0., 0., 1.]]).into_dyn());
        assert_eq!((test.labels(), test.classes().len()), (Some(&[1][..]), 2));
        let error = load("other").unwrap_err().to_string();
        assert!(
            error.contains("line 3: column `c`: `yellow` is none of blue, green, red"),
            "{error}"
        );
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
        assert_eq!(load("?ignore=1,4#target=2").unwrap().columns, ["3"]);
        assert!(load("#label=1").unwrap_err().to_string().contains("#target=COLUMN"));
        assert!(matches!(load("#target=2[3..]"), Err(DataError::Rows { .. })));
        let table = read_table(&path).unwrap();
        assert_eq!(table.column("2").unwrap().to_vec(), [7.0, 8.0, 9.5]);
    }
}
