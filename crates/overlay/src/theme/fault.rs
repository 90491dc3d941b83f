//! Why a theme is refused; every refusal names the file and the element.

/// What is wrong with one element of a theme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A box this part must have is not there.
    #[error("is missing")]
    Missing,
    /// The id starts with `slot-` or `when-` but this part knows no such box or condition.
    #[error("is not known to this part")]
    Unknown,
    /// A box is not a `rect`.
    #[error("must be a rect")]
    NotARect,
    /// A box lies outside the drawing or has no area.
    #[error("must lie inside the drawing and have an area")]
    Outside,
    /// A box or one of its parents is moved by `transform`.
    #[error("must not be transformed, nor its parents")]
    Transformed,
    /// An attribute is missing or cannot be read.
    #[error("has a bad attribute `{0}`")]
    Attribute(String),
    /// `over-photo` or a `defs` is not directly below the root.
    #[error("must stand directly below the root")]
    NotTopLevel,
    /// Text of the theme is empty in both languages.
    #[error("is empty in both languages")]
    EmptyWords,
    /// Nested too deep, repeated too often, or an effect without bounds.
    #[error("costs too much to draw")]
    TooMuch,
}

impl Fault {
    /// Stable snake_case code.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Missing => "missing",
            Fault::Unknown => "unknown",
            Fault::NotARect => "not_a_rect",
            Fault::Outside => "outside",
            Fault::Transformed => "transformed",
            Fault::Attribute(_) => "attribute",
            Fault::NotTopLevel => "not_top_level",
            Fault::EmptyWords => "empty_words",
            Fault::TooMuch => "too_much",
        }
    }
}

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// A file is missing or unreadable.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// File of the theme.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is larger than 1 MiB.
    #[error("{file}: larger than 1 MiB")]
    TooLarge {
        /// File of the theme.
        file: String,
    },
    /// A file is not XML or not an SVG drawing.
    #[error("{file}: not a drawing: {reason}")]
    NotSvg {
        /// File of the theme.
        file: String,
        /// What the parser said, with line and column.
        reason: String,
    },
    /// `theme.json` cannot be understood.
    #[error("{file}: {reason}")]
    Settings {
        /// Always `theme.json`.
        file: String,
        /// What the parser said, with the field.
        reason: String,
    },
    /// An element is not what the part needs.
    #[error("{file}: element `{element}` {fault}")]
    Element {
        /// File of the theme.
        file: String,
        /// Id of the element, or field of `theme.json`.
        element: String,
        /// What is wrong with it.
        fault: Fault,
    },
    /// No theme of that name is built in.
    #[error("no built-in theme is called {name}")]
    NoSuchTheme {
        /// The name asked for.
        name: String,
    },
}

impl ThemeError {
    /// Stable snake_case code.
    pub fn code(&self) -> &'static str {
        match self {
            ThemeError::Unreadable { .. } => "unreadable",
            ThemeError::TooLarge { .. } => "too_large",
            ThemeError::NotSvg { .. } => "not_svg",
            ThemeError::Settings { .. } => "settings",
            ThemeError::Element { fault, .. } => fault.code(),
            ThemeError::NoSuchTheme { .. } => "not_there",
        }
    }

    /// File of the theme, and the element or field in it; empty where there is none.
    pub fn place(&self) -> (&str, &str) {
        match self {
            ThemeError::Unreadable { file, .. }
            | ThemeError::TooLarge { file }
            | ThemeError::NotSvg { file, .. }
            | ThemeError::Settings { file, .. } => (file, ""),
            ThemeError::Element { file, element, .. } => (file, element),
            ThemeError::NoSuchTheme { .. } => ("", ""),
        }
    }

    /// What the system or the parser said, or which attribute; empty where the code says it all.
    pub fn detail(&self) -> String {
        match self {
            ThemeError::Unreadable { source, .. } => source.to_string(),
            ThemeError::NotSvg { reason, .. } | ThemeError::Settings { reason, .. } => {
                reason.clone()
            }
            ThemeError::Element {
                fault: Fault::Attribute(name),
                ..
            } => name.clone(),
            _ => String::new(),
        }
    }
}
