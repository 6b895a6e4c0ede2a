//! The method and its baselines, each measured in the same way.

use super::domains::{Domains, Tables};
use super::settings::Settings;
use crate::run::Session;
use std::collections::BTreeMap;
use std::fmt::Write;
use transfer::fit::Observer;
use transfer::measures::{
    adjusted_rand_index, cluster_entropy, clustering_accuracy, mean_agreement,
    normalized_mutual_information,
};
use transfer::self_taught_clustering::Partition;
use transfer::{
    Clusters, CoClustering, Counts, History, KMeans, SelfTaughtClustering, Trained, TransferError,
};

/// The agreement of restarts, as a figure, and as the score where there are no labels.
pub(super) const STABILITY: &str = "restart_stability";
const K_MEANS: &str = "k_means";
const TARGET: &str = "co_clustering_target";
const BOTH: &str = "co_clustering_both";
/// k-means on the target by tf-idf, co-clustering of the target, and co-clustering of target and
/// source as one table with as many clusters as the target has.
pub(super) const BASELINES: [&str; 3] = [K_MEANS, TARGET, BOTH];

/// What all arms have in common.
pub(super) struct Arms<'a> {
    settings: &'a Settings,
    domains: &'a Domains,
    session: &'a Session,
}

impl<'a> Arms<'a> {
    pub(super) fn new(settings: &'a Settings, domains: &'a Domains, session: &'a Session) -> Self {
        Arms { settings, domains, session }
    }

    pub(super) fn method(
        &self,
        seed: u64,
        observer: &mut dyn Observer,
    ) -> Result<Trained, TransferError> {
        let s = self.settings;
        let tables = self.domains.of(s, seed, observer)?;
        let method = SelfTaughtClustering::new(s.clusters, s.source_clusters, 1)
            .automatic_lambda(&s.lambdas())
            .automatic_feature_clusters(&s.feature_clusters(tables.target.cols()))
            .update(s.update)
            .iterations(s.iterations)
            .restarts(s.restarts)
            .seed(seed);
        let model = method.fit(&tables.target, &tables.source, observer)?;
        if self.session.keeps(seed) {
            let folder = &self.session.folder;
            let features: Vec<usize> = (0..model.features().of.len()).collect();
            folder.write("clusters.csv", &listed("row", &tables.rows, model.target()))?;
            folder
                .write("feature-clusters.csv", &listed("feature", &features, model.features()))?;
        }
        let mut trained = clustered(&model, &tables);
        trained.figures.insert("lambda".into(), model.lambda());
        Ok(trained)
    }

    pub(super) fn baseline(
        &self,
        arm: &str,
        seed: u64,
        observer: &mut dyn Observer,
    ) -> Result<Trained, TransferError> {
        let tables = self.domains.of(self.settings, seed, observer)?;
        let counts = match arm {
            K_MEANS => return self.k_means(&tables, seed, observer),
            TARGET => &tables.target,
            _ => &tables.target.stack(&tables.source)?,
        };
        self.co_clustering((counts, &tables), seed, observer)
    }

    fn co_clustering(
        &self,
        (counts, tables): (&Counts, &Tables),
        seed: u64,
        observer: &mut dyn Observer,
    ) -> Result<Trained, TransferError> {
        let s = self.settings;
        let model = CoClustering::new(s.clusters, 1)
            .automatic_feature_clusters(&s.feature_clusters(counts.cols()))
            .update(s.update)
            .iterations(s.iterations)
            .restarts(s.restarts)
            .seed(seed)
            .fit(counts, observer)?;
        Ok(clustered(&model, tables))
    }

    /// Each restart on its own, for their agreement; the smallest inertia is kept.
    fn k_means(
        &self,
        tables: &Tables,
        seed: u64,
        observer: &dyn Observer,
    ) -> Result<Trained, TransferError> {
        let points = tables.target.tf_idf();
        let mut models = Vec::new();
        for restart in 0..self.settings.restarts as u64 {
            if observer.interrupted() {
                let step = restart as usize;
                return Err(TransferError::Interrupted { step, checkpoint: None });
            }
            let seed = seed.wrapping_mul(self.settings.restarts as u64).wrapping_add(restart);
            let k_means = KMeans::new(self.settings.clusters).restarts(1).seed(seed);
            models.push(k_means.fit_sparse(&points)?);
        }
        let all: Vec<&[usize]> = models.iter().map(|m| m.assignments()).collect();
        let agreement = mean_agreement(&all);
        let best = models.iter().min_by(|a, b| a.inertia().total_cmp(&b.inertia()));
        let best = best.expect("there are at least two restarts");
        Ok(measured(tables, best.assignments(), agreement, History::default()))
    }
}

fn clustered(model: &Clusters, tables: &Tables) -> Trained {
    let rows = tables.target.rows();
    let mut trained =
        measured(tables, &model.target().of[..rows], model.agreement(), model.history());
    let last = model.objective().last().copied();
    trained.figures.insert("objective".into(), last.expect("the start's at least"));
    trained.figures.insert("feature_clusters".into(), model.features().clusters as f64);
    trained
}

/// The measures of the target's clusters. Labels are read here and nowhere else.
fn measured(
    tables: &Tables,
    clusters: &[usize],
    agreement: Option<f64>,
    history: History,
) -> Trained {
    let stability = agreement.expect("there are at least two restarts");
    let mut figures = BTreeMap::from([(STABILITY.to_owned(), stability)]);
    let mut score = stability;
    if let Some(labels) = &tables.labels {
        score = clustering_accuracy(clusters, labels);
        figures.insert("entropy_bits".into(), cluster_entropy(clusters, labels));
        figures.insert("nmi".into(), normalized_mutual_information(clusters, labels));
        figures.insert("ari".into(), adjusted_rand_index(clusters, labels));
    }
    Trained { score, figures, history }
}

/// A line for each thing with its cluster.
fn listed(what: &str, things: &[usize], partition: &Partition) -> String {
    let mut text = format!("{what},cluster\n");
    for (thing, cluster) in things.iter().zip(&partition.of) {
        let _ = writeln!(text, "{thing},{cluster}");
    }
    text
}
