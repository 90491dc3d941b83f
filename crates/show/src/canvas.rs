//! The canvases: the shapes a show is made in, which of them are on, and when that may change.

use serde::{Deserialize, Serialize};

use crate::{CanvasId, Destination, Event, Refusal, Show};

/// The shape of a picture. Both show the same scene, card and clock; each has its own layout, encoder,
/// destinations and recording.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Canvas {
    /// 16:9.
    #[default]
    Landscape,
    /// 9:16.
    Portrait,
}

impl Canvas {
    /// All there are.
    pub const ALL: [Canvas; 2] = [Canvas::Landscape, Canvas::Portrait];

    /// Its name: the key of [`crate::Scene::layouts`].
    pub fn name(self) -> &'static str {
        match self {
            Canvas::Landscape => "landscape",
            Canvas::Portrait => "portrait",
        }
    }

    /// Its name as an id.
    pub fn id(self) -> CanvasId {
        CanvasId::from(self.name())
    }

    /// The canvas of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|canvas| canvas.name() == name)
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Canvas::Landscape => Canvas::Portrait,
            Canvas::Portrait => Canvas::Landscape,
        }
    }
}

/// Which canvases are on; one is always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Canvases {
    /// 16:9 alone.
    #[default]
    Landscape,
    /// 9:16 alone.
    Portrait,
    /// Both at once.
    Both,
}

impl Canvases {
    /// Whether this one is on.
    pub fn has(self, canvas: Canvas) -> bool {
        match self {
            Canvases::Landscape => canvas == Canvas::Landscape,
            Canvases::Portrait => canvas == Canvas::Portrait,
            Canvases::Both => true,
        }
    }

    /// Those that are on, landscape first.
    pub fn iter(self) -> impl Iterator<Item = Canvas> {
        Canvas::ALL.into_iter().filter(move |c| self.has(*c))
    }

    /// The one that a page shows first.
    pub fn first(self) -> Canvas {
        match self {
            Canvases::Landscape | Canvases::Both => Canvas::Landscape,
            Canvases::Portrait => Canvas::Portrait,
        }
    }
}

impl Show {
    /// While viewers look on, no canvas goes away under an enabled destination.
    pub(crate) fn decide_set_canvases(&self, canvases: Canvases) -> Result<Vec<Event>, Refusal> {
        if canvases == self.canvases {
            return Ok(Vec::new());
        }
        if self.is_live()
            && let Some(destination) = self.without_canvas(canvases)
        {
            return Err(Refusal::CanvasInUse {
                canvas: destination.canvas,
                destination: destination.id.clone(),
            });
        }
        Ok(vec![Event::CanvasesSet { canvases }])
    }

    /// Refuses what would send a canvas that is off.
    pub(crate) fn canvases_are_on(&self) -> Result<(), Refusal> {
        match self.without_canvas(self.canvases) {
            Some(destination) => Err(canvas_off(destination)),
            None => Ok(()),
        }
    }

    /// The first enabled destination whose canvas is not among these.
    fn without_canvas(&self, canvases: Canvases) -> Option<&Destination> {
        self.enabled_destinations()
            .find(|destination| !canvases.has(destination.canvas))
    }

    pub(crate) fn apply_canvases(&mut self, event: &Event) {
        if let Event::CanvasesSet { canvases } = event {
            self.canvases = *canvases;
        }
    }
}

/// Why this destination cannot be sent to.
pub(crate) fn canvas_off(destination: &Destination) -> Refusal {
    Refusal::CanvasOff {
        canvas: destination.canvas,
        destination: destination.id.clone(),
    }
}
