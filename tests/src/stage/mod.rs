//! What tests and benchmarks put on: a studio with an orchard to sell, its sources, scenes and destinations, and
//! waiting until the engine says that things are so.

mod booth;
mod orchard;
mod put;
mod told;

pub use booth::Booth;
pub use orchard::{assets, import_orchard, show_of, studio, studio_with};
pub use put::{
    destination, file, flashes, put_destination, put_destination_like, put_flashes_on_screen,
    put_full_screen, put_key, put_on_air, put_on_screen, put_scene, put_source, record,
    switch_canvases, switch_to,
};
pub use told::{
    all_live, destination_flows, destination_is, destination_live, encoder, encoder_chosen,
    end_show, go_live, health, input_live, late_pictures, nothing_recorded, notice, notice_after,
    prove_slate_in_time, recording_holds,
};
