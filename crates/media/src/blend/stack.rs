//! Owns the cache between two lists of layers: what is unchanged is not converted again.

use std::sync::Arc;

use super::convert::{Matrix, YuvPicture};
use super::layer::Layer;
use super::motion::Motion;

/// Everything that decides a layer's converted pixels, and the result. An invisible layer is
/// remembered too (`None`), or it would be scanned again for every list.
struct Entry {
    id: String,
    version: u64,
    size: (u32, u32),
    opacity: u32,
    place: (i32, i32),
    picture: Option<YuvPicture>,
}

/// A picture with its way in or out.
#[derive(Debug, Clone)]
pub struct Shown {
    /// What is blended.
    pub picture: YuvPicture,
    pub(super) motion: Option<Motion>,
}

/// Converts lists of layers and remembers the last one.
pub struct LayerStack {
    matrix: Matrix,
    entries: Vec<Entry>,
    conversions: u64,
}

impl LayerStack {
    /// An empty stack for canvases of this matrix.
    #[must_use]
    pub fn new(matrix: Matrix) -> Self {
        Self {
            matrix,
            entries: Vec::new(),
            conversions: 0,
        }
    }

    /// The matrix the pictures are made for.
    #[must_use]
    pub fn matrix(&self) -> Matrix {
        self.matrix
    }

    /// How many layers have been converted since the start.
    #[must_use]
    pub fn conversions(&self) -> u64 {
        self.conversions
    }

    /// Replaces the list whole and returns the visible pictures, bottom first.
    pub fn replace(&mut self, layers: &[Layer]) -> Arc<[Shown]> {
        let mut old = std::mem::take(&mut self.entries);
        for layer in layers {
            let entry = old
                .iter()
                .position(|entry| entry.fits(layer))
                .map(|index| old.swap_remove(index))
                .and_then(|entry| entry.moved_to(layer))
                .unwrap_or_else(|| {
                    self.conversions += 1;
                    Entry::convert(layer, self.matrix)
                });
            self.entries.push(entry);
        }
        let shown = self
            .entries
            .iter()
            .zip(layers)
            .filter_map(|(entry, layer)| {
                let picture = entry.picture.clone()?;
                let motion = layer.motion;
                Some(Shown { picture, motion })
            });
        shown.collect()
    }
}

impl Entry {
    fn convert(layer: &Layer, matrix: Matrix) -> Self {
        if !layer.is_whole() {
            tracing::warn!(layer = %layer.id, width = layer.width, height = layer.height,
                bytes = layer.rgba.len(), "a layer's bytes do not match its size; not drawn");
        }
        Self {
            id: layer.id.clone(),
            version: layer.version,
            size: (layer.width, layer.height),
            opacity: layer.opacity_255(),
            place: (layer.x, layer.y),
            picture: YuvPicture::convert(layer, matrix),
        }
    }

    fn fits(&self, layer: &Layer) -> bool {
        self.version == layer.version
            && self.size == (layer.width, layer.height)
            && self.opacity == layer.opacity_255()
            && self.id == layer.id
    }

    fn moved_to(mut self, layer: &Layer) -> Option<Self> {
        if self.place == (layer.x, layer.y) {
            return Some(self);
        }
        if let Some(picture) = &self.picture {
            self.picture = Some(picture.moved_to(layer.x, layer.y)?);
        }
        self.place = (layer.x, layer.y);
        Some(self)
    }
}
