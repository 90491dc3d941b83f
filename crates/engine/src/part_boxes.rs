//! What stands where on the pictures, as last drawn: the page lays its handles over it.

use std::sync::{Arc, Mutex, PoisonError};

use stallcast_overlay::{CanvasSize, PartAt};
use stallcast_show::{Canvas, PicturePart, PictureText};
use stallcast_wire::{PartBox, PicturePartsView, TextBox};

/// Shared by the thread that draws and those who ask. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct PartBoxes {
    drawn: Arc<Mutex<PicturePartsView>>,
}

impl PartBoxes {
    /// Notes what was drawn on a canvas and what is on but finds no room there. `words` are what was typed for a text; one
    /// without any cannot be changed.
    pub fn set(
        &self,
        canvas: Canvas,
        size: CanvasSize,
        parts: &[PartAt],
        waiting: &[PicturePart],
        words: impl Fn(PictureText) -> Option<String>,
    ) {
        let boxes = parts.iter().map(|part| in_shares(part, size, &words));
        let boxes = boxes.collect();
        let mut drawn = self.lock();
        drawn.canvases.insert(canvas, boxes);
        if waiting.is_empty() {
            drawn.waiting.remove(&canvas);
        } else {
            drawn.waiting.insert(canvas, waiting.to_vec());
        }
    }

    /// Forgets canvases that are off.
    pub fn keep(&self, is_on: impl Fn(Canvas) -> bool) {
        let mut drawn = self.lock();
        drawn.canvases.retain(|canvas, _| is_on(*canvas));
        drawn.waiting.retain(|canvas, _| is_on(*canvas));
    }

    /// What stands where.
    pub fn view(&self) -> PicturePartsView {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, PicturePartsView> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_shares(
    part: &PartAt,
    size: CanvasSize,
    words: impl Fn(PictureText) -> Option<String>,
) -> PartBox {
    let share = |pixels: i64, whole: u32| {
        let whole = i64::from(whole.max(1));
        i32::try_from((pixels * 10_000 + whole / 2) / whole).unwrap_or(i32::MAX)
    };
    let texts = part.texts.iter().filter_map(|at| {
        Some(TextBox {
            text: at.text,
            words: words(at.text)?,
            most: at.text.most(),
            x: share(at.x.into(), size.width),
            y: share(at.y.into(), size.height),
            width: share(at.width.into(), size.width),
            height: share(at.height.into(), size.height),
        })
    });
    PartBox {
        texts: texts.collect(),
        part: part.part,
        x: share(part.x.into(), size.width),
        y: share(part.y.into(), size.height),
        width: share(part.width.into(), size.width),
        height: share(part.height.into(), size.height),
        rim: share(part.rim.into(), size.width),
        size: part.size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stallcast_overlay::TextAt;

    #[test]
    fn a_part_is_told_in_shares_of_its_picture_and_forgotten_with_its_canvas() {
        let boxes = PartBoxes::default();
        let size = CanvasSize {
            width: 1920,
            height: 1080,
        };
        let at = |text| TextAt {
            text,
            x: 192,
            y: 594,
            width: 300,
            height: 54,
        };
        let part = PartAt {
            part: PicturePart::Card,
            x: 96,
            y: 540,
            width: 960,
            height: 270,
            rim: 32,
            size: 100,
            texts: vec![at(PictureText::Title), at(PictureText::Spec)],
        };
        let words = |text| (text == PictureText::Title).then(|| "Apples".to_owned());
        let waiting = [PicturePart::Next];
        boxes.set(Canvas::Landscape, size, &[part], &waiting, words);
        assert_eq!(boxes.view().waiting[&Canvas::Landscape], waiting);
        let said = boxes.view().canvases[&Canvas::Landscape][0].clone();
        let [title] = &said.texts[..] else {
            panic!("{:?}", said.texts);
        };
        assert_eq!((title.text, &*title.words), (PictureText::Title, "Apples"));
        assert_eq!((title.x, title.y, title.most), (1_000, 5_500, 100));
        let numbers = [said.x, said.y, said.width, said.height, said.rim];
        assert_eq!(numbers, [500, 5_000, 5_000, 2_500, 167]);
        boxes.keep(|canvas| canvas == Canvas::Portrait);
        assert_eq!(boxes.view(), PicturePartsView::default());
    }
}
