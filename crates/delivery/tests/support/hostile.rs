//! hostile owns peers that do what ingests should not.
