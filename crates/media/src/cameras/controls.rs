//! Owns a camera's controls in our own words, and what is to be written to make them as a person
//! set them. Pure: who reads and writes them is the platform's business.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A control that makes sense while selling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlName {
    /// Exposure time.
    Exposure,
    /// Colour temperature of the light.
    WhiteBalance,
    /// Distance of focus.
    Focus,
    /// Amplification.
    Gain,
    /// Zoom.
    Zoom,
    /// Frequency of the mains, against flicker of lamps.
    PowerLine,
    /// Brightness.
    Brightness,
}

impl ControlName {
    /// All of them, in the order of a page.
    pub const ALL: [Self; 7] = [
        Self::Exposure,
        Self::WhiteBalance,
        Self::Focus,
        Self::Gain,
        Self::Zoom,
        Self::PowerLine,
        Self::Brightness,
    ];

    /// Stable snake_case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exposure => "exposure",
            Self::WhiteBalance => "white_balance",
            Self::Focus => "focus",
            Self::Gain => "gain",
            Self::Zoom => "zoom",
            Self::PowerLine => "power_line",
            Self::Brightness => "brightness",
        }
    }

    /// The control of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}

/// What a control is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlSetting {
    /// The camera decides.
    Auto,
    /// This value, or the nearest the camera has.
    Fixed(i32),
}

/// A value with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The value.
    pub value: i32,
    /// A stable word: `off`, `hz50`, `hz60`, `auto`.
    pub name: &'static str,
}

/// A control as a camera has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Which.
    pub name: ControlName,
    /// Least value.
    pub min: i32,
    /// Greatest value.
    pub max: i32,
    /// Distance between values, at least 1.
    pub step: i32,
    /// The camera's own choice.
    pub default: i32,
    /// Value now.
    pub value: i32,
    /// Whether the camera decides now; none = it cannot.
    pub auto: Option<bool>,
    /// The values, when they are words; else empty.
    pub choices: Vec<Choice>,
}

impl Control {
    /// The nearest value it has.
    #[must_use]
    pub fn nearest(&self, wanted: i32) -> i32 {
        if !self.choices.is_empty() {
            let known = self.choices.iter().any(|choice| choice.value == wanted);
            return if known { wanted } else { self.default };
        }
        let (min, max) = (i64::from(self.min), i64::from(self.max.max(self.min)));
        let step = i64::from(self.step.max(1));
        let inside = i64::from(wanted).clamp(min, max);
        let steps = (inside - min + step / 2) / step;
        let value = (min + steps * step).min(min + (max - min) / step * step);
        i32::try_from(value).unwrap_or(self.min)
    }
}

/// Why a camera has no controls here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoControls {
    /// It has none.
    None,
    /// No way to them on this system.
    System,
    /// It did not answer.
    Busy,
}

impl NoControls {
    /// A stable code, in snake_case.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::System => "system",
            Self::Busy => "busy",
        }
    }
}

/// A camera's controls, or why there are none.
pub type Controls = Result<Vec<Control>, NoControls>;

/// Which half of a control is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// Whether the camera decides.
    Auto(bool),
    /// The value.
    Value(i32),
}

/// Something to write to a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// Which control.
    pub name: ControlName,
    /// What.
    pub what: Pair,
}

/// What is to be written, in order, so that the controls are as set. What a person took their hands
/// off again goes back to the camera: automatic where it can be, else its own choice. `before` is what
/// was set last.
#[must_use]
pub fn plan(
    has: &[Control],
    before: &BTreeMap<ControlName, ControlSetting>,
    set: &BTreeMap<ControlName, ControlSetting>,
) -> Vec<Write> {
    let mut writes = Vec::new();
    for control in has {
        let name = control.name;
        let setting = match (set.get(&name), before.get(&name)) {
            (Some(setting), _) => *setting,
            (None, Some(_)) if control.auto.is_some() => ControlSetting::Auto,
            (None, Some(_)) => ControlSetting::Fixed(control.default),
            (None, None) => continue,
        };
        let mut write = |what| writes.push(Write { name, what });
        match setting {
            ControlSetting::Auto if control.auto == Some(false) => write(Pair::Auto(true)),
            ControlSetting::Auto => {}
            ControlSetting::Fixed(wanted) => {
                // A camera that decides refuses a value.
                if control.auto == Some(true) {
                    write(Pair::Auto(false));
                }
                let value = control.nearest(wanted);
                // Switched off, the automatic may leave any value behind.
                if value != control.value || control.auto == Some(true) {
                    write(Pair::Value(value));
                }
            }
        }
    }
    writes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn control(name: ControlName, auto: Option<bool>) -> Control {
        Control {
            name,
            min: 3,
            max: 2047,
            step: 1,
            default: 250,
            value: 250,
            auto,
            choices: Vec::new(),
        }
    }

    fn set(setting: ControlSetting) -> BTreeMap<ControlName, ControlSetting> {
        [(ControlName::Exposure, setting)].into()
    }

    fn write(what: Pair) -> Write {
        Write {
            name: ControlName::Exposure,
            what,
        }
    }

    #[test]
    fn a_value_first_switches_the_automatic_off() {
        let has = [control(ControlName::Exposure, Some(true))];
        let writes = plan(&has, &BTreeMap::new(), &set(ControlSetting::Fixed(100)));
        assert_eq!(writes, [write(Pair::Auto(false)), write(Pair::Value(100))]);
        let has = [control(ControlName::Exposure, Some(false))];
        let writes = plan(&has, &BTreeMap::new(), &set(ControlSetting::Fixed(100)));
        assert_eq!(writes, [write(Pair::Value(100))]);
    }

    #[test]
    fn what_is_as_it_should_be_is_not_written_and_what_is_not_there_neither() {
        let manual = [control(ControlName::Exposure, Some(false))];
        let none = BTreeMap::new();
        assert_eq!(plan(&manual, &none, &set(ControlSetting::Fixed(250))), []);
        let auto = [control(ControlName::Exposure, Some(true))];
        assert_eq!(plan(&auto, &none, &set(ControlSetting::Auto)), []);
        assert_eq!(plan(&[], &none, &set(ControlSetting::Fixed(1))), []);
        assert_eq!(plan(&manual, &none, &none), []);
    }

    #[test]
    fn what_a_person_takes_back_goes_back_to_the_camera() {
        let before = set(ControlSetting::Fixed(99));
        let none = BTreeMap::new();
        let mut has = [control(ControlName::Exposure, Some(false))];
        has[0].value = 99;
        assert_eq!(plan(&has, &before, &none), [write(Pair::Auto(true))]);
        has[0].auto = None;
        assert_eq!(plan(&has, &before, &none), [write(Pair::Value(250))]);
    }

    #[test]
    fn words_are_taken_as_they_are_or_not_at_all() {
        let mut mains = control(ControlName::PowerLine, None);
        mains.choices = [(0, "off"), (1, "hz50"), (2, "hz60")]
            .map(|(value, name)| Choice { value, name })
            .into();
        mains.default = 2;
        assert_eq!(mains.nearest(1), 1);
        assert_eq!(mains.nearest(7), 2);
    }

    #[test]
    fn every_name_is_found_again() {
        for name in ControlName::ALL {
            assert_eq!(ControlName::parse(name.as_str()), Some(name));
        }
        assert_eq!(ControlName::parse("iris"), None);
    }

    proptest! {
        #[test]
        fn the_nearest_value_is_always_one_the_camera_has(
            min in any::<i32>(), span in 0u32..100_000, step in -3i32..500, wanted in any::<i32>(),
        ) {
            let max = min.saturating_add_unsigned(span);
            let mut control = control(ControlName::Gain, None);
            (control.min, control.max, control.step) = (min, max, step);
            let value = control.nearest(wanted);
            prop_assert!((min..=max).contains(&value));
            prop_assert_eq!((i64::from(value) - i64::from(min)) % i64::from(step.max(1)), 0);
        }
    }
}
