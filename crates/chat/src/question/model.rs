//! Owns the shipped weights and the sum over them.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Read once at first use, some 2 ms.
pub(super) static SHIPPED: LazyLock<Model> =
    LazyLock::new(|| Model::read(include_str!("model.tsv")));

/// Weights by feature name.
pub(super) struct Model {
    weights: HashMap<&'static str, f32>,
    bias: f32,
}

impl Model {
    /// Lines of `weight<TAB>name`; the name `bias` is the constant term. The file is our own and a
    /// test reads it whole, so a line that does not fit is left out.
    fn read(text: &'static str) -> Self {
        let mut weights: HashMap<&str, f32> = text
            .lines()
            .filter_map(|line| {
                let (weight, name) = line.split_once('\t')?;
                Some((name, weight.parse().ok()?))
            })
            .collect();
        let bias = weights.remove("bias").unwrap_or(0.0);
        Self { weights, bias }
    }

    /// Above 0 = asks. The sum is divided by the root of the number of features, as in training:
    /// a long line has more of them and would always be sure.
    #[allow(clippy::cast_precision_loss)] // at most a few thousand features
    pub(super) fn score(&self, names: &[String]) -> f32 {
        let sum: f32 = names
            .iter()
            .filter_map(|name| self.weights.get(name.as_str()))
            .sum();
        self.bias + sum / (names.len().max(1) as f32).sqrt()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.weights.len() + 1
    }
}
