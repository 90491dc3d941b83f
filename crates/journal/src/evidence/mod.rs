//! The evidence of a show as a folder that anybody can check: files with their hashes in a manifest, among them the
//! show's entries with their chain. The studio's journal is not needed for it.

mod chain_file;
mod hashed;
mod manifest;
mod verify;

pub use chain_file::{ChainSpan, export_chain};
pub use hashed::{Hashed, hash_file};
pub use manifest::{
    CHAIN_FILE, EvidenceFile, EvidenceShow, MANIFEST_FILE, Manifest, SUM_FILE, read_manifest,
};
pub use verify::{Finding, Verified, VerifyError, verify_folder};
