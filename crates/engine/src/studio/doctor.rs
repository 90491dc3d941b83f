//! The doctor, asked by the page: light while the show is live, and never two at a time.

use stallcast_overlay::Lang;
use stallcast_show::CardLang;
use stallcast_wire::{DoctorView, ErrorCode, SavedFile, WireError};

use super::Studio;
use crate::doctor::{self, Asked};

/// Name of the report below the recordings folder. The last one is enough.
const REPORT: &str = "stallcast-doctor.md";

impl Studio {
    /// Looks at this computer.
    ///
    /// # Errors
    /// [`ErrorCode::Busy`] while it is being looked at, and when the system does not say where this program is.
    pub(super) async fn examine(&self) -> Result<DoctorView, WireError> {
        let last = self.inner.doctor.try_lock();
        let mut last = last.map_err(|_| WireError::new(ErrorCode::Busy).retryable())?;
        let view = self.look_at_all().await?;
        *last = Some(view.clone());
        Ok(view)
    }

    /// Writes down what was found last.
    ///
    /// # Errors
    /// Those of [`Studio::examine`], and when the file cannot be written.
    pub(super) async fn save_doctor_report(&self, lang: CardLang) -> Result<SavedFile, WireError> {
        let last = self.inner.doctor.try_lock();
        let mut last = last.map_err(|_| WireError::new(ErrorCode::Busy).retryable())?;
        let view = match last.clone() {
            Some(view) => view,
            None => last.insert(self.look_at_all().await?).clone(),
        };
        let data = self.inner.folders.data().to_owned();
        let file = self.inner.folders.recordings().join(REPORT);
        let lang = match lang {
            CardLang::Zh => Lang::Zh,
            CardLang::En => Lang::En,
        };
        let written = move || doctor::write_report(&view, &data, &file, lang);
        let written = tokio::task::spawn_blocking(written).await;
        let written = written.map_err(|_| WireError::new(ErrorCode::Internal))?;
        written.map_err(|error| {
            tracing::error!(%error, "the doctor's report could not be written");
            WireError::new(ErrorCode::Internal).retryable()
        })?;
        let file = REPORT.to_owned();
        Ok(SavedFile { file })
    }

    /// In full, or light while live. A show that goes live meanwhile ends a full look, which starts anew as a light one.
    async fn look_at_all(&self) -> Result<DoctorView, WireError> {
        let mut published = self.inner.desk.published();
        let data = self.inner.folders.data().to_owned();
        let asked = |light| {
            Asked::own(data.clone(), light).map_err(|error| {
                tracing::error!(%error, "the doctor cannot be started");
                WireError::new(ErrorCode::Internal)
            })
        };
        if !published.borrow_and_update().show.is_live() {
            let full = asked(false)?;
            tokio::select! {
                view = doctor::examine(&full) => return Ok(view),
                // The show needs the machine now.
                Ok(_) = published.wait_for(|now| now.show.is_live()) => {}
            }
        }
        Ok(doctor::examine(&asked(true)?).await)
    }
}
