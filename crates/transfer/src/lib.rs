//! Transfer learning, case by case.
//!
//! How data that is not the task's own can still help it. Two levels, one code:
//!
//! * **Parts**: each method's paper in one folder, to be read beside it and used in a training loop
//!   of one's own; see [`domain_adversarial::parts`].
//! * **Estimators**: [`DomainAdversarial`], [`FineTune`], [`Supervised`], [`ZeroShot`]. Hyper-parameters go into
//!   the constructor's methods and are validated by `fit`, which gives a [`Model`]. All of them run
//!   through the one loop of [`fit`].
//!
//! A method that may not see the target's labels takes [`datasets::Unlabelled`], which has none.
//! [`Study`] sets a method beside its baselines over several seeds.
//!
//! ```no_run
//! use tensor_autograd::Rng;
//! use transfer::{DomainAdversarial, fit::Progress};
//!
//! let source = datasets::load(&"mnist:data/mnist".parse()?)?.grey_to_rgb()?;
//! let target = datasets::load(&"idx:data/mnist-m/train-images-idx4-ubyte.gz".parse()?)?;
//! let test = datasets::load(&"idx:data/mnist-m/t10k-images-idx4-ubyte.gz,data/mnist-m/t10k-labels-idx1-ubyte.gz".parse()?)?;
//! let net = nn_layers::models::dann_mnist([3, 28, 28], 10, &mut Rng::seed(0));
//! let dann = DomainAdversarial::new(net).seed(0);
//! let model = dann.fit(&source, &target.without_labels(), &mut Progress::bar())?;
//! println!("{:.1} %", 100.0 * model.accuracy(&test)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

pub mod advise;
mod architecture;
mod backbone;
mod batches;
pub mod conservative;
mod counts;
mod depth;
pub mod description;
pub mod domain_adversarial;
mod error;
mod fine_tune;
pub mod fit;
mod input;
mod k_means;
pub mod layer_transfer;
mod lbfgs;
mod linear_classifier;
mod lr_range;
mod matrix;
pub mod measures;
mod model;
pub mod multi_task;
mod network;
mod parts;
pub mod pictures;
mod prefix;
pub mod progressive;
mod saved;
pub mod self_taught;
pub mod self_taught_clustering;
mod study;
mod supervised;
mod training;
mod validation;
pub mod zero_shot;

pub use architecture::Architecture;
pub use conservative::Conservative;
pub use counts::Counts;
pub use depth::{LayerGroup, layer_groups};
pub use description::Description;
pub use domain_adversarial::{DomainAdversarial, LambdaSchedule, alignment::Alignment};
pub use error::TransferError;
pub use fine_tune::{FineTune, copy_matching};
pub use fit::History;
pub use input::{Inputs, Normalize, Normalizer};
pub use k_means::{KMeans, KMeansModel};
pub use layer_transfer::{Copied, LayerStudy, LayerTransfer};
pub use linear_classifier::{LinearClassifier, LogisticRegression};
pub use lr_range::{LrCurve, LrPoint, LrRange};
pub use model::Model;
pub use multi_task::{MultiTask, MultiTaskModel, MultiTaskNet};
pub use network::{Network, normalises_by_batch};
pub use progressive::{Progressive, ProgressiveModel};
pub use saved::model_file;
pub use self_taught::{SelfTaught, SelfTaughtModel};
pub use self_taught_clustering::{Clusters, CoClustering, SelfTaughtClustering};
pub use study::{Outcome, Report, Score, Study, Trained, Watch};
pub use supervised::Supervised;
pub use training::{Decay, Training};
pub use zero_shot::{Signatures, ZeroShot, ZeroShotError, ZeroShotModel};
