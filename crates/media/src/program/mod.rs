//! Owns the program: the picture and sound that are on air, as encoded packets.
//!
//! The program does not run on its inputs but on a clock of its own: for every place on the frame
//! grid one thread takes what the sources of the scene have for that moment (or the slate),
//! composes it and gives it to the encoder. Whatever fails, the stream has no gap.

mod access_unit;
mod apart;
mod av1;
mod blit;
mod compose;
mod control;
mod encode;
mod event;
mod frame_clock;
mod health;
mod inputs;
mod layout;
mod packet;
mod rate;
mod reading;
mod rendition;
mod renditions;
mod scale;
mod second;
mod slate;
mod spec;
mod stats;
mod strain;

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

pub use event::{EventSink, MediaEvent, OnAir};
pub use inputs::Inputs;
pub use packet::{
    AudioConfig, Encoded, EncodedPacket, EncodedSink, StreamConfig, Track, VideoConfig,
};
pub use rendition::RenditionStats;
pub use spec::{CanvasSpec, Crop, EncodeSpec, Placement, ProgramSpec, Scene, Transition};
pub use stats::ProgramStats;

use self::compose::Composer;
use self::control::{Control, Mailbox, check_kbps};
use self::encode::{EncodePipeline, EncodeSetup, Lookers};
use self::frame_clock::Beat;
use self::inputs::thread_error;
use self::packet::OutputGate;
use self::renditions::Renditions;
use self::slate::Backdrops;
use self::stats::Counters;
use crate::audio::Meters;
use crate::blend::Layer;
use crate::encoder;
use crate::error::MediaError;
use crate::input::{InputSpec, InputState, VideoWant};
use crate::platform::precedence;
use crate::preview::{Preview, PreviewWatch};
use crate::virtual_camera::{VirtualCamera, VirtualCameraState};

/// How long the end waits for the encoder to stop; some 20 ms are usual.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// A running program. Calls return at once unless they say otherwise; dropping it stops it.
pub struct Program {
    spec: ProgramSpec,
    beat: Arc<Beat>,
    mailbox: Arc<Mailbox>,
    preview: Arc<Preview>,
    virtual_camera: Arc<VirtualCamera>,
    renditions: Renditions,
    inputs: Arc<Inputs>,
    gate: Arc<OutputGate>,
    threads: Vec<JoinHandle<()>>,
}

impl Program {
    /// Starts a program with inputs of its own. See [`Program::start_with`].
    ///
    /// # Errors
    /// As [`Program::start_with`], and when the sound mix cannot start.
    pub fn start(
        spec: ProgramSpec,
        output: EncodedSink,
        events: mpsc::Sender<MediaEvent>,
    ) -> Result<Self, MediaError> {
        let events = EventSink::new(events);
        let inputs = Inputs::start(events.clone())?;
        Self::start_with(inputs, spec, output, events)
    }

    /// Starts a program on shared inputs. It shows the slate until a scene is set. May block for
    /// some seconds for the encoders' trial, unless [`encoder::probe`] has run before.
    ///
    /// # Errors
    /// When the specification is out of range, or no encoder works.
    pub fn start_with(
        inputs: Arc<Inputs>,
        spec: ProgramSpec,
        output: EncodedSink,
        events: EventSink,
    ) -> Result<Self, MediaError> {
        spec.check()?;
        let (kind, choice) = encoder::select(spec.encode.encoder.as_deref())?;
        tracing::info!(?choice, canvas = %spec.canvas.id, "encoder");
        events.send(MediaEvent::Encoder(choice));

        let mut composer = Composer::new(&spec.canvas)?;
        let info = composer.info().clone();
        let counters = Arc::new(Counters::default());
        let gate = Arc::new(OutputGate::new(output));
        let preview = Arc::new(Preview::new(info.clone()));
        let virtual_camera = Arc::new(VirtualCamera::new(info.clone()));
        let renditions = Renditions::default();
        let beat = Arc::new(Beat::new(
            spec.canvas.clone(),
            inputs.clone(),
            counters.clone(),
            events,
            Backdrops::new(&info, None)?,
        ));
        let setup = EncodeSetup {
            kind,
            info,
            kbps: spec.encode.video_kbps,
            keyframe_frames: spec.keyframe_frames(),
            fps: spec.canvas.fps,
            clock: inputs.clock().clone(),
            gate: gate.clone(),
            maker: 0,
            counters,
            lookers: Lookers {
                preview: Some(preview.clone()),
                virtual_camera: Some(virtual_camera.clone()),
                renditions: renditions.slots(),
            },
            keyframe_from: 0,
        };
        beat.swap_encode(Some(EncodePipeline::start(&setup)?));
        inputs.add_output(&gate);
        let want = VideoWant {
            max_fps: spec.canvas.fps,
            ..VideoWant::new(spec.canvas.width, spec.canvas.height)
        };
        inputs.set_default_want(&spec.canvas.id, want);

        let mailbox = Arc::new(Mailbox::default());
        let mut program = Self {
            spec,
            beat: beat.clone(),
            mailbox: mailbox.clone(),
            preview,
            virtual_camera,
            renditions,
            inputs,
            gate,
            threads: Vec::new(),
        };
        let control = Control::new(beat.clone(), mailbox, setup, &program.renditions);
        program.spawn("media-control", move || control.run())?;
        program.spawn("media-clock", move || {
            precedence::take();
            beat.run(&mut composer);
        })?;
        Ok(program)
    }

    fn spawn(
        &mut self,
        name: &str,
        body: impl FnOnce() + Send + 'static,
    ) -> Result<(), MediaError> {
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .map_err(thread_error)?;
        self.threads.push(thread);
        Ok(())
    }

    /// What it was started with; the bitrate may have changed since.
    #[must_use]
    pub fn spec(&self) -> &ProgramSpec {
        &self.spec
    }

    /// The inputs it shares.
    #[must_use]
    pub fn inputs(&self) -> &Arc<Inputs> {
        &self.inputs
    }

    /// Replaces the list of inputs whole: unchanged ones run on, gone ones stop, new ones start.
    pub fn set_inputs(&self, specs: Vec<InputSpec>) {
        self.inputs.set(specs);
    }

    /// State of every input, by name.
    #[must_use]
    pub fn input_states(&self) -> Vec<(String, InputState)> {
        self.inputs.states()
    }

    /// Replaces the scene whole, from the next frame on. Placements of unknown inputs count as
    /// missing sources: the slate shows where they were the main picture.
    pub fn set_scene(&self, scene: Scene, transition: Transition) {
        let fps = self.spec.canvas.fps;
        let wants: HashMap<String, VideoWant> = scene
            .placements
            .iter()
            .filter_map(|placement| {
                let want = layout::want(&scene, &placement.input, fps)?;
                Some((placement.input.clone(), want))
            })
            .collect();
        self.inputs.set_wants(&self.spec.canvas.id, wants);
        self.beat.set_scene(scene, transition);
    }

    /// Replaces all layers drawn over the picture, bottom first; on air two frames later at most.
    pub fn set_overlay(&self, layers: Vec<Layer>) {
        self.mailbox.layers(layers);
    }

    /// Sets what is drawn on the slate's dark background; `None` for the background alone.
    pub fn set_slate(&self, layer: Option<Layer>) {
        self.mailbox.slate(layer);
    }

    /// Gain of an input's sound in dB, kept for inputs that come later.
    ///
    /// # Errors
    /// When the gain is out of the mixer's range.
    pub fn set_gain_db(&self, input: &str, gain_db: f32) -> Result<(), MediaError> {
        self.inputs.mixer().set_gain_db(input, gain_db)
    }

    /// Mutes or unmutes an input's sound.
    pub fn set_mute(&self, input: &str, muted: bool) {
        self.inputs.mixer().set_mute(input, muted);
    }

    /// Sound levels, newest only.
    #[must_use]
    pub fn meters(&self) -> watch::Receiver<Meters> {
        self.inputs.mixer().meters()
    }

    /// Preview pictures, newest only; none come before [`Program::set_preview`].
    #[must_use]
    pub fn preview(&self) -> PreviewWatch {
        self.preview.watch()
    }

    /// Switches the preview; it costs nothing while it is off. `fps` is limited to 1..=30, `width`
    /// in pixels to 16..=the canvas's.
    ///
    /// # Errors
    /// When the preview's elements are missing.
    pub fn set_preview(&self, on: bool, fps: u32, width: u32) -> Result<(), MediaError> {
        self.preview.set(on, fps, width)
    }

    /// Offers the program to other programs as a camera, or no longer. Returns at once;
    /// [`Program::virtual_camera`] tells how it fares.
    pub fn set_virtual_camera(&self, on: bool) {
        self.virtual_camera.set(on);
    }

    /// What the virtual camera is doing.
    #[must_use]
    pub fn virtual_camera(&self) -> VirtualCameraState {
        self.virtual_camera.state()
    }

    /// Changes the video bitrate while playing.
    ///
    /// # Errors
    /// When it is outside 100..=100000 kbit/s.
    pub fn set_bitrate_kbps(&self, kbps: u32) -> Result<(), MediaError> {
        check_kbps(kbps)?;
        self.mailbox.kbps(kbps);
        Ok(())
    }

    /// Puts another encoder on air, between two pictures: the named one, also one that failed before, or the best
    /// by their trials. Blocks for its trial like [`encoder::choose`]; [`MediaEvent::Encoder`] or
    /// [`MediaEvent::EncoderFailed`] tells the outcome.
    ///
    /// # Errors
    /// When the named encoder is unknown or fails its trial, or none works.
    pub fn use_encoder(&self, name: Option<&str>) -> Result<(), MediaError> {
        let (kind, choice) = encoder::select(name)?;
        self.mailbox.encoder(kind, choice);
        Ok(())
    }

    /// What happened since the start.
    #[must_use]
    pub fn stats(&self) -> ProgramStats {
        self.beat.counters.read(self.beat.events.dropped())
    }

    /// Now, on the timeline of the packets.
    #[must_use]
    pub fn running_time(&self) -> Duration {
        Duration::from_nanos(self.inputs.clock().running_time().nseconds())
    }

    /// The configuration packets are decoded with, once it is known.
    #[must_use]
    pub fn stream_config(&self) -> Option<Arc<StreamConfig>> {
        self.gate.config()
    }

    /// Ends it: no packet comes after this returns. Takes up to about a tenth of a second.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.beat.stop();
        self.mailbox.stop();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the program panicked");
            }
        }
        self.inputs.forget_canvas(&self.spec.canvas.id);
        self.renditions.iter().for_each(|(_, slot)| slot.stop());
        self.gate.close();
        // A driver may not stop; nothing comes from it any more.
        if let Some(encode) = self.beat.swap_encode(None) {
            encode.stop(STOP_WITHIN);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod compose_tests;
#[cfg(test)]
mod replaced_tests;
#[cfg(test)]
mod tests;
